"""Who tampers with what, and what is then named. The table itself; docs/tampering.md lists it, a test compares."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from compliance.audit.findings import FindingCode as Code

WEB, WORKER, OWNER, SUPERUSER, THIEF = "web login", "worker's login", "owner", "superuser", "thief of the key"
LOG, RECORD, FOLDER = "log", "record", "folder"


@dataclass(frozen=True, slots=True)
class Attempt:
    """`sql` is done by `who` (of the folder: `file` is written with the bytes of `of`, None: removed).

    `named`: the codes that the verification finds, among others; None: the database refuses it.
    """

    what: str
    who: str
    sql: tuple[str, ...] = ()
    named: Code | None = None
    file: str = ""
    of: str | None = None


def _sql(what: str, who: str, named: Code | None, *sql: str) -> Attempt:
    return Attempt(what, who, sql, named)


_LAST: Final = "(SELECT max(leaf_index) FROM audit_leaf)"
_LEAF: Final = (
    "INSERT INTO audit_leaf (leaf_index, entry_id, leaf_hash, sealed_at)"
    f" SELECT {_LAST} + 1, max(id), sha256('x'), now() FROM audit_entry"
)
_ENTRY: Final = (
    "INSERT INTO audit_entry (occurred_at, actor_role, action, outcome, rule, subject_type, content_digest)"
    " VALUES (now(), 'officer', 'log.read', 'allowed', 'officer', 'clinic', sha256('x'))"
)
_CHECKPOINT: Final = (
    "INSERT INTO checkpoint SELECT size + 1, root, sha256('x'), note, now() FROM checkpoint ORDER BY size DESC LIMIT 1"
)
_RULE: Final = "UPDATE audit_entry SET rule = 'administrator' WHERE id = 5"
_ALIKE: Final = (
    "INSERT INTO audit_entry (transaction_id, occurred_at, recorded_at, actor_role, action, outcome, rule,"
    " subject_type, content_digest) SELECT transaction_id, occurred_at, recorded_at, actor_role, action, outcome,"
    " rule, subject_type, content_digest FROM audit_entry WHERE id = 3"
)
_REPLACED: Final = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
)

LOG_ATTEMPTS: Final = (
    _sql("alters an entry", WEB, None, _RULE),
    _sql("removes an entry's content", WEB, None, "DELETE FROM audit_content WHERE entry_id = 5"),
    _sql("empties the log", WEB, None, "TRUNCATE audit_entry CASCADE"),
    _sql("writes an entry of an earlier time", WEB, None, _ALIKE),
    _sql("takes the next entry's number", WEB, None, _ALIKE.replace("(transaction_id", "(id, transaction_id").replace(
        "SELECT transaction_id", "OVERRIDING SYSTEM VALUE SELECT 999999, transaction_id")),
    _sql("writes a leaf", WEB, None, _LEAF),
    _sql("writes a checkpoint", WEB, None, _CHECKPOINT),
    _sql("begins an epoch", WEB, None, "INSERT INTO log_epoch VALUES (1, now())"),
    _sql("puts a pack into the archive", WEB, None,
         "INSERT INTO archived_source VALUES (repeat('a', 64), 'pack', 'x', '1', 'x', now())"),
    _sql("switches the guards off", WEB, None, "ALTER TABLE audit_entry DISABLE TRIGGER USER", _RULE),
    _sql("alters an entry", WORKER, None, _RULE),
    _sql("alters a checkpoint", WORKER, None, "UPDATE checkpoint SET root = sha256('x')"),
    _sql("begins an epoch", WORKER, None, "INSERT INTO log_epoch VALUES (1, now())"),
    _sql("writes a leaf that is not the entry's", WORKER, Code.ENTRY_ALTERED, _ENTRY, _LEAF),
    _sql("writes a checkpoint that nobody signed", WORKER, Code.CHECKPOINT_ALTERED, _CHECKPOINT),
    _sql("alters an entry", OWNER, Code.ENTRY_ALTERED, _RULE),
    _sql("gives an entry to somebody else", OWNER, Code.ENTRY_ALTERED,
         "UPDATE audit_entry SET actor_id = gen_random_uuid() WHERE id = 5"),
    _sql("alters an entry and its leaf", OWNER, Code.TREE_ALTERED, _RULE,
         "UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE entry_id = 5"),
    _sql("alters content", OWNER, Code.CONTENT_ALTERED, "UPDATE audit_content SET content = '{}' WHERE entry_id = 5"),
    _sql("alters a salt", OWNER, Code.CONTENT_ALTERED,
         "UPDATE audit_content SET salt = decode(repeat('00', 16), 'hex') WHERE entry_id = 5"),
    _sql("removes content", OWNER, Code.CONTENT_MISSING, "DELETE FROM audit_content WHERE entry_id = 5"),
    _sql("removes an entry", OWNER, Code.ENTRY_MISSING, "DELETE FROM audit_content WHERE entry_id = 5",
         "DELETE FROM audit_entry WHERE id = 5"),
    _sql("adds an entry in the past", OWNER, Code.ENTRY_ADDED, _ALIKE),
    _sql("exchanges two leaves", OWNER, Code.ENTRY_ADDED,
         "UPDATE audit_leaf a SET leaf_hash = b.leaf_hash, entry_id = b.entry_id + 1000000 FROM audit_leaf b"
         " WHERE (a.leaf_index, b.leaf_index) IN ((3, 4), (4, 3))",
         "UPDATE audit_leaf SET entry_id = entry_id - 1000000 WHERE leaf_index IN (3, 4)"),
    _sql("removes a leaf", OWNER, Code.LEAF_MISSING, "DELETE FROM audit_leaf WHERE leaf_index = 4"),
    _sql("cuts the tail off", OWNER, Code.TAIL_MISSING, f"DELETE FROM audit_leaf WHERE leaf_index = {_LAST}"),
    _sql("cuts the tail off, with its checkpoint", OWNER, Code.TAIL_MISSING,
         f"DELETE FROM audit_leaf WHERE leaf_index = {_LAST}",
         "DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)"),
    _sql("removes the checkpoints", OWNER, Code.CHECKPOINT_MISSING, "DELETE FROM checkpoint"),
    _sql("alters a checkpoint's root", OWNER, Code.CHECKPOINT_ALTERED, "UPDATE checkpoint SET root = sha256('x')"),
    _sql("alters a checkpoint's note", OWNER, Code.CHECKPOINT_UNREADABLE, "UPDATE checkpoint SET note = 'x'"),
    _sql("alters a decision", OWNER, Code.DECISION_ALTERED, "UPDATE decision SET reasons = '[]'"),
    _sql("removes a decision", OWNER, Code.DECISION_MISSING, "DELETE FROM prescription", "DELETE FROM decision"),
    _sql("begins an epoch by hand", OWNER, Code.EPOCH_UNEXPLAINED, "INSERT INTO log_epoch VALUES (1, now())"),
    _sql("alters an entry as a replica", SUPERUSER, None, "SET session_replication_role = replica", _RULE),
    _sql("alters an entry with every trigger off", SUPERUSER, Code.ENTRY_ALTERED,
         "ALTER TABLE audit_entry DISABLE TRIGGER ALL", _RULE),
    _sql("alters an entry past a guard of their own", SUPERUSER, Code.ENTRY_ALTERED, _REPLACED, _RULE),
    _sql("drops a table", SUPERUSER, Code.TABLE_UNREADABLE, "DROP TABLE audit_content CASCADE"),
)  # fmt: skip

RECORD_ATTEMPTS: Final = (
    _sql("alters a prescription", WEB, None, "UPDATE prescription SET days_supply = 90"),
    _sql("alters an order", WEB, None, "UPDATE medication_order SET sentence = 'Take ten'"),
    _sql("alters a signed note", WEB, None, "UPDATE note_seal SET content = '{}'"),
    _sql("alters a visit that was held", WEB, None, "UPDATE visit SET modality = 'in_person' WHERE status = 'ended'"),
    _sql("gives a prescription another supply", OWNER, Code.RECORD_ALTERED,
         "UPDATE prescription SET days_supply = days_supply + 1"),
    _sql("gives an order another dose", OWNER, Code.RECORD_ALTERED,
         "UPDATE medication_order SET daily_total = daily_total * 2 WHERE daily_total > 0"),
    _sql("gives an order other directions", OWNER, Code.RECORD_ALTERED, "UPDATE medication_order SET sig = sig || '.'"),
    _sql("alters a signed note", OWNER, Code.RECORD_ALTERED, "UPDATE note_seal SET content = content || ' '"),
    _sql("alters a signed note and its digest", OWNER, Code.RECORD_ALTERED,
         "UPDATE note_seal SET content = '{}', sha256 = encode(sha256('{}'), 'hex')"),
    _sql("makes a video visit one in person", OWNER, Code.RECORD_ALTERED,
         "UPDATE visit SET modality = 'in_person' WHERE status = 'ended' AND modality = 'video'"),
    _sql("removes an addendum", OWNER, Code.RECORD_MISSING, "DELETE FROM note_addendum"),
    _sql("removes an allergy", OWNER, Code.RECORD_MISSING, "DELETE FROM allergy"),
    _sql("adds an allergy", OWNER, Code.RECORD_ADDED,
         "INSERT INTO allergy SELECT gen_random_uuid(), patient_id, 'lithium', reaction, recorded_at, recorded_by"
         " FROM allergy LIMIT 1"),
    _sql("shows an earlier order as current", OWNER, Code.RECORD_CONTRADICTS,
         "UPDATE medication_current c SET order_id = o.replaces FROM medication_order o"
         " WHERE o.id = c.order_id AND o.replaces IS NOT NULL"),
    _sql("opens an ended visit again", OWNER, Code.RECORD_CONTRADICTS,
         "UPDATE visit SET status = 'cancelled', admitted_at = NULL, ended_at = NULL WHERE status = 'ended'"),
)  # fmt: skip

FILE = "*.checkpoint"
FOLDER_ATTEMPTS: Final = (
    Attempt("removes the newest copy", OWNER, named=Code.LATEST_DIFFERS, file="latest"),
    Attempt("sets the newest copy back", OWNER, named=Code.STORE_BEHIND, file="latest", of="older"),
    Attempt("removes the copies", OWNER, named=Code.STORE_EMPTY, file="*"),
    Attempt("damages a copy", OWNER, named=Code.CHECKPOINT_UNREADABLE, file=FILE, of="noise"),
    Attempt("puts another log's checkpoint there", OWNER, named=Code.KEY_UNKNOWN, file=FILE, of="foreign"),
)

THIEF_ATTEMPTS: Final = (
    _sql("alters an entry and signs the tree anew", THIEF, Code.LOG_REWRITTEN, _RULE,
         "UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE entry_id = 5"),
    _sql("signs another tree of the same size", THIEF, Code.CHECKPOINT_DISAGREES,
         f"UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE leaf_index = {_LAST}"),
    _sql("cuts the tail off and its checkpoint, and signs what is left", THIEF, Code.TAIL_MISSING,
         f"DELETE FROM audit_leaf WHERE leaf_index = {_LAST}",
         "DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)"),
)  # fmt: skip

ATTEMPTS: Final[Mapping[str, tuple[Attempt, ...]]] = {
    LOG: (*LOG_ATTEMPTS, *THIEF_ATTEMPTS),
    RECORD: RECORD_ATTEMPTS,
    FOLDER: FOLDER_ATTEMPTS,
}
