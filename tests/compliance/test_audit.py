"""Entries: canonical bytes by fixed vectors, what is refused, who may do what to the tables."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import canonical as leaf
from compliance.audit import entries as audit
from compliance.audit.entries import EntryOutcome
from compliance.audit.errors import InvalidEntry
from compliance.shared.tables import audit_content, audit_entry
from tests.compliance.conftest import ADA, DREW, NOW, VISIT, Log, an_entry

# The worked example of docs/log.md; a test of the document compares them. Changing a byte here breaks every old proof.
EXAMPLE = {
    "entry_id": "48214",
    "transaction_id": "90123",
    "occurred_at": "2026-11-24T15:21:44.000000Z",
    "recorded_at": "2026-11-24T15:21:44.018250Z",
    "actor_id": "00000000-0000-4000-8000-00000000d0c1",
    "actor_role": "prescriber",
    "action": "prescription.decide",
    "outcome": "blocked",
    "rule": "remote-controlled",
    "subject_type": "decision",
    "subject_id": "7f2c19a0-0000-4000-8000-000000000007",
    "patient_id": "00000000-0000-4000-8000-00000000ada1",
    "visit_id": None,
    "digest": "ab" * 32,
}
EXAMPLE_BYTES = (
    '{"action":"prescription.decide","actor_id":"00000000-0000-4000-8000-00000000d0c1","actor_role":"prescriber",'
    f'"digest":"{"ab" * 32}","entry_id":"48214","format":"titrate-entry/1",'
    '"occurred_at":"2026-11-24T15:21:44.000000Z","outcome":"blocked","patient_id":"00000000-0000-4000-8000-00000000ada1",'
    '"recorded_at":"2026-11-24T15:21:44.018250Z","rule":"remote-controlled",'
    '"subject_id":"7f2c19a0-0000-4000-8000-000000000007","subject_type":"decision","transaction_id":"90123",'
    '"visit_id":null}'
)
EXAMPLE_SALT = bytes(range(16))
EXAMPLE_CONTENT = {"schedule": "IV", "modality": "video"}
EXAMPLE_CONTENT_DIGEST = "ab87dd6f0381cae7eb81ffce3b8370b39cf178775c72eae0198bbf886dce6361"
EXAMPLE_LEAF = "bdd85834941af278353dc98e528353d9eeb4a7c1af2abb3be40caa6bfa6ef5a2"


def test_the_metadata_of_the_example_has_these_bytes() -> None:
    assert leaf.metadata_bytes(EXAMPLE) == EXAMPLE_BYTES.encode()


def test_the_content_of_the_example_has_this_digest() -> None:
    assert leaf.content_digest(EXAMPLE_SALT, EXAMPLE_CONTENT).hex() == EXAMPLE_CONTENT_DIGEST


def test_the_example_has_this_leaf() -> None:
    assert leaf.leaf_hash(EXAMPLE, bytes.fromhex(EXAMPLE_CONTENT_DIGEST)).hex() == EXAMPLE_LEAF


def test_text_is_written_as_rfc_8785_writes_it() -> None:
    assert (
        leaf.canonical({"b": "é\u2028\x7f/", "a": '"\\\n\x0f'})
        == '{"a":"\\"\\\\\\n\\u000f","b":"é\u2028\x7f/"}'.encode()
    )


def test_a_time_is_written_in_utc_with_six_decimals() -> None:
    florida = timezone(timedelta(hours=-5))
    assert leaf.instant(datetime(2026, 11, 24, 10, 21, 44, 7, florida)) == "2026-11-24T15:21:44.000007Z"
    with pytest.raises(ValueError, match="zone"):
        leaf.instant(datetime(2026, 11, 24))  # noqa: DTZ001 - a naive time is the point


@given(st.sampled_from(leaf.METADATA_FIELDS), st.one_of(st.none(), st.text(st.characters(codec="utf-8"))))
def test_no_two_values_of_a_field_share_a_leaf(name: str, value: str | None) -> None:
    same = EXAMPLE[name] == value
    digest = bytes(32)
    assert (leaf.leaf_hash({**EXAMPLE, name: value}, digest) == leaf.leaf_hash(EXAMPLE, digest)) is same


async def test_entries_written_together_are_stored_as_each_alone(conn: AsyncConnection) -> None:
    entries = [an_entry(subject_id=uuid4(), details={"item": f"q{n}"}) for n in range(1, 25)]
    numbers = await audit.append_all(conn, entries)
    assert list(numbers) == sorted(set(numbers))
    rows = (await conn.execute(select(audit_entry).order_by(audit_entry.c.id))).all()
    assert [row.subject_id for row in rows] == [str(one.subject_id) for one in entries]
    kept = {row.entry_id: row for row in await conn.execute(select(audit_content))}
    for row, entry in zip(rows, entries, strict=True):
        content = kept[row.id]
        assert content.content == entry.details
        assert leaf.content_digest(content.salt, content.content) == row.content_digest


async def test_one_bad_entry_among_several_writes_none(conn: AsyncConnection) -> None:
    with pytest.raises(InvalidEntry):
        await audit.append_all(conn, [an_entry(), an_entry(action="nonsense")])
    assert not (await conn.execute(select(audit_entry))).all()
    assert await audit.append_all(conn, []) == ()


async def test_an_entry_is_stored_with_its_content_apart(conn: AsyncConnection) -> None:
    number = await audit.append(conn, an_entry(digest="0f" * 32))
    row = (await conn.execute(select(audit_entry).where(audit_entry.c.id == number))).one()
    assert (row.actor_id, row.patient_id, row.visit_id, row.subject_id) == (DREW, ADA, VISIT, str(VISIT))
    assert (row.action, row.outcome, row.rule, row.digest) == ("visit.admit", "allowed", "own-patient", "0f" * 32)
    assert row.occurred_at == NOW
    content = (await conn.execute(select(audit_content).where(audit_content.c.entry_id == number))).one()
    assert content.content == {"status": "in_progress"}
    assert row.content_digest == leaf.content_digest(content.salt, content.content)


async def test_the_database_writes_metadata_as_python_does(conn: AsyncConnection) -> None:
    await conn.execute(text("SET LOCAL TimeZone = 'Asia/Kolkata'"))
    number = await audit.append(conn, an_entry(occurred_at=datetime(1900, 1, 2, 3, 4, 5, 6, UTC), subject_id="Größe"))
    row = (await conn.execute(select(*audit.metadata_columns()).where(audit_entry.c.id == number))).one()._mapping
    assert row["occurred_at"] == "1900-01-02T03:04:05.000006Z"
    assert row["entry_id"] == str(number)
    assert row["actor_id"] == str(DREW)
    assert row["subject_id"] == "Größe"
    assert row["digest"] is None


OF_THE_DATABASE = ("id", "transaction_id", "epoch", "recorded_at")


@pytest.mark.parametrize("column", OF_THE_DATABASE)
async def test_number_order_and_time_of_recording_are_not_the_writers_to_say(
    conn: AsyncConnection, column: str
) -> None:
    told = "now()" if column == "recorded_at" else "1"
    statement = (
        "INSERT INTO audit_entry ({}occurred_at, actor_role, action, outcome, rule, subject_type, content_digest)"
        " {}VALUES ({}now(), 'x', 'x.y', 'allowed', 'r', 's', sha256(''))"
    )
    await conn.execute(text(statement.format("", "", "")))
    overriding = "OVERRIDING SYSTEM VALUE " if column == "id" else ""
    with pytest.raises(DBAPIError, match="permission denied"):
        await conn.execute(text(statement.format(f"{column}, ", overriding, f"{told}, ")))


async def test_the_database_stamps_them_whatever_even_its_owner_says(owner_conn: AsyncConnection) -> None:
    statement = (
        "INSERT INTO audit_entry (transaction_id, epoch, occurred_at, recorded_at, actor_role, action, outcome, rule,"
        " subject_type, content_digest) VALUES"
        " (1, 7, now(), '1999-01-01Z', 'x', 'x.y', 'allowed', 'r', 's', sha256(''))"
        " RETURNING transaction_id = pg_current_xact_id()::text::bigint, epoch, recorded_at > '2020-01-01Z'"
    )
    assert tuple((await owner_conn.execute(text(statement))).one()) == (True, 0, True)


async def test_an_entry_rolled_back_leaves_nothing(log: Log) -> None:
    async with log.app.connect() as conn:
        await audit.append(conn, an_entry())
        await conn.rollback()
    assert await log.rows("SELECT 1 FROM audit_entry UNION ALL SELECT 1 FROM audit_content") == []


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("occurred_at", {"occurred_at": datetime(2026, 1, 1)}),  # noqa: DTZ001 - a naive time is the point
        ("action", {"action": "Admit the patient"}),
        ("actor_role", {"actor_role": ""}),
        ("rule", {"rule": "x" * 121}),
        ("subject_id", {"subject_id": "a\x00b"}),
        ("subject_type", {"subject_type": "a\ud800b"}),
        ("digest", {"digest": "not a digest"}),
        ("details", {"details": {"A Key": "x"}}),
        ("details[note]", {"details": {"note": "She says that " + "she sleeps badly, " * 10}}),
    ],
)
async def test_what_cannot_be_an_entry_is_refused_by_field(
    conn: AsyncConnection, field: str, changes: dict[str, object]
) -> None:
    with pytest.raises(InvalidEntry) as refused:
        await audit.append(conn, an_entry(**changes))
    assert refused.value.field == field
    assert (await conn.execute(text("SELECT count(*) FROM audit_entry"))).scalar() == 0


async def test_nobody_acting_and_nothing_to_add_is_an_entry_too(conn: AsyncConnection) -> None:
    entry = an_entry(actor_id=None, subject_id=None, patient_id=None, visit_id=None, details={})
    assert await audit.append(conn, entry) > 0


TABLES = ("audit_entry", "audit_content", "audit_leaf", "checkpoint", "decision")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_the_application_may_not_change_what_is_written(conn: AsyncConnection, table: str, verb: str) -> None:
    column = {"audit_entry": "rule", "audit_content": "salt", "audit_leaf": "sealed_at", "checkpoint": "note"}.get(
        table, "rule"
    )
    with pytest.raises(DBAPIError, match="permission denied"):
        await conn.execute(text(verb.format(table, column, column)))


@pytest.mark.parametrize("table", TABLES)
async def test_even_the_owner_is_refused_while_the_guards_are_on(log: Log, table: str) -> None:
    await log.decide()
    await log.sign()
    for verb in ("DELETE FROM {}", "TRUNCATE {} CASCADE"):
        with pytest.raises(DBAPIError, match="written once"):
            async with log.owner() as conn:
                await conn.execute(text(verb.format(table)))


@pytest.mark.parametrize("table", TABLES)
async def test_the_guards_stay_on_in_a_replica_session(conn: AsyncConnection, table: str) -> None:
    always = (
        "SELECT count(*) >= 2 AND bool_and(tgenabled = 'A') FROM pg_trigger"
        f" WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal"
    )
    assert await conn.scalar(text(always))


def test_the_outcomes_are_the_three_of_the_log() -> None:
    assert {one.value for one in EntryOutcome} == {"allowed", "refused", "blocked"}


async def test_two_equal_entries_have_different_salts(log: Log) -> None:
    same = an_entry(subject_id=uuid4())
    async with log.app.begin() as conn:
        await audit.append(conn, same)
        await audit.append(conn, same)
    digests = await log.rows("SELECT content_digest FROM audit_entry")
    assert len(set(digests)) == 2
