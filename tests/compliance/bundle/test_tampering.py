"""Every way of tampering with an exported log that we could think of is found and named, by who has the public key and
the checkpoints of that time. The tamperer writes each line as an export would, unless the writing is what was changed.
"""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from compliance.audit import canonical as leaf
from compliance.audit import merkle
from compliance.audit.bundle import verify_bundle
from compliance.audit.checkpoint import unverified
from compliance.audit.findings import FindingCode
from compliance.shared.errors import UnusableInput
from tests.compliance.bundle.conftest import Exported, Row, decision_of, find, leaf_of, rewritten

Code = FindingCode
Change = Callable[[list[Row]], object]


def _move(rows: list[Row], one: Row, to: int) -> None:
    rows.remove(one)
    rows.insert(to, one)


def _swap_leaves(rows: list[Row]) -> None:
    """Entries 4 and 5 change their places, and their numbers with it."""
    first, second = (rows.index(leaf_of(rows, entry)) for entry in (4, 5))
    rows[first], rows[second] = rows[second], rows[first]
    rows[first]["leaf_index"], rows[second]["leaf_index"] = 3, 4


def _duplicate(rows: list[Row], one: Row) -> None:
    rows.insert(rows.index(one), dict(one))


def _cut(rows: list[Row], size: int) -> None:
    """As if the log had ended at an older checkpoint: every line agrees."""
    older = find(rows[1:], lambda row: row.get("checkpoint", "").split("\n")[1:2] == [str(size)])
    rows[0] |= {"size": size, "checkpoint": older["checkpoint"], "checkpoints": rows.index(older) - 1}
    kept = [row for row in rows[1:] if "checkpoint" not in row and row.get("leaf_index", 0) < size]
    rows[1:] = [*rows[1 : rows.index(older)], *(row for row in kept if row.get("entry_id", 0) <= size)]


def _reseal(rows: list[Row]) -> None:
    """An entry is changed and its leaf hash computed anew."""
    row = leaf_of(rows, 4)
    row["metadata"]["outcome"] = "refused"
    covered = leaf.canonical(row["metadata"]) + bytes.fromhex(row["content_digest"])
    row["leaf_hash"] = sha256(b"\x00" + covered).hexdigest()


def _replace_pack(rows: list[Row]) -> None:
    """Another text under its own digest, which no decision names."""
    pack = find(rows, lambda row: "pack" in row)["pack"]
    pack["text"] += "# softer\n"
    pack["sha256"] = sha256(pack["text"].encode()).hexdigest()


CHANGES: dict[str, tuple[Change, set[Code]]] = {
    "the last lines are dropped": (lambda rows: rows.__delitem__(slice(-2, None)), {Code.TAIL_MISSING}),
    "the last line is dropped": (lambda rows: rows.pop(), {Code.TAIL_MISSING}),
    "the header holds no checkpoint": (lambda rows: rows[0].update(checkpoint=None), {Code.EXPORT_ALTERED}),
    "the header has no place for one": (lambda rows: rows[0].pop("checkpoint"), {Code.EXPORT_ALTERED}),
    "the header's checkpoint is an older one": (
        lambda rows: rows[0].update(checkpoint=rows[1]["checkpoint"]),
        {Code.EXPORT_ALTERED},
    ),
    "the header's checkpoint is not signed": (
        lambda rows: rows[0].update(checkpoint=rows[0]["checkpoint"].rpartition("— ")[0] + "— x AAAAAAAA\n"),
        {Code.KEY_UNKNOWN},
    ),
    "the header counts fewer entries": (lambda rows: rows[0].update(size=6), {Code.EXPORT_ALTERED}),
    "the header counts more entries": (lambda rows: rows[0].update(size=9), {Code.EXPORT_ALTERED}),
    "the file is cut to an older checkpoint": (lambda rows: _cut(rows, 6), {Code.EXPORT_SHORTER}),
    "an older checkpoint is dropped": (lambda rows: rows.pop(1), {Code.EXPORT_ALTERED}),
    "an older checkpoint is replaced": (
        lambda rows: rows[2].update(checkpoint=rows[1]["checkpoint"]),
        {Code.EXPORT_ALTERED},
    ),
    "two entries are swapped": (_swap_leaves, {Code.ENTRY_ADDED, Code.LOG_REWRITTEN}),
    "two lines are swapped": (
        lambda rows: _move(rows, leaf_of(rows, 5), rows.index(leaf_of(rows, 4))),
        {Code.LEAF_MISSING, Code.ENTRY_ADDED},
    ),
    "an entry is there twice": (lambda rows: _duplicate(rows, leaf_of(rows, 4)), {Code.ENTRY_ADDED}),
    "an entry is dropped": (lambda rows: rows.remove(leaf_of(rows, 4)), {Code.LEAF_MISSING}),
    "a decision is there twice": (lambda rows: _duplicate(rows, decision_of(rows, 3)), {Code.EXPORT_ALTERED}),
    "a decision is dropped": (lambda rows: rows.remove(decision_of(rows, 3)), {Code.DECISION_MISSING}),
    "a decision is moved to another entry": (
        lambda rows: decision_of(rows, 3).update(entry_id=4),
        {Code.EXPORT_ALTERED, Code.DECISION_UNPROVEN, Code.DECISION_MISSING},
    ),
    "two decisions are exchanged": (
        lambda rows: (
            decision_of(rows, 6).update(entry_id=0),
            decision_of(rows, 3).update(entry_id=6),
            decision_of(rows, 0).update(entry_id=3),
        ),
        {Code.DECISION_UNPROVEN},
    ),
    "decisions stand at the end": (
        lambda rows: _move(rows, decision_of(rows, 3), len(rows)),
        {Code.EXPORT_ALTERED, Code.DECISION_MISSING},
    ),
    "a decision is called withheld": (
        lambda rows: rows.__setitem__(rows.index(decision_of(rows, 3)), {"entry_id": 3, "withheld": True}),
        {Code.EXPORT_ALTERED},
    ),
    "a decision says something else": (
        lambda rows: decision_of(rows, 3)["decision"].update(product="Valium"),
        {Code.DECISION_ALTERED},
    ),
    "a decision is of an older format": (
        lambda rows: decision_of(rows, 3)["decision"].update(format="titrate-decision/1"),
        {Code.EXPORT_ALTERED},
    ),
    "the header has a further key": (lambda rows: rows[0].update(note="x"), {Code.EXPORT_ALTERED}),
    "an entry has a further key": (lambda rows: leaf_of(rows, 4).update(note="x"), {Code.EXPORT_ALTERED}),
    "metadata has a further key": (lambda rows: leaf_of(rows, 4)["metadata"].update(note="x"), {Code.EXPORT_ALTERED}),
    "a decision has a further key": (
        lambda rows: decision_of(rows, 3)["decision"].update(note="x"),
        {Code.EXPORT_ALTERED},
    ),
    "a decision's line has a further key": (lambda rows: decision_of(rows, 3).update(note="x"), {Code.EXPORT_ALTERED}),
    "an entry lacks a key": (lambda rows: leaf_of(rows, 4).pop("salt"), {Code.EXPORT_ALTERED}),
    "an entry's number is another": (lambda rows: leaf_of(rows, 4).update(entry_id=44), {Code.EXPORT_ALTERED}),
    "an entry's place is another": (lambda rows: leaf_of(rows, 4).update(leaf_index=5), {Code.LEAF_MISSING}),
    "a salt is another": (lambda rows: leaf_of(rows, 4).update(salt="00" * 16), {Code.CONTENT_ALTERED}),
    "content is another": (lambda rows: leaf_of(rows, 4).update(content={"status": "ended"}), {Code.CONTENT_ALTERED}),
    "content is text": (
        lambda rows: leaf_of(rows, 4).update(content='{"status":"in_progress"}'),
        {Code.CONTENT_ALTERED},
    ),
    "bytes are in capitals": (
        lambda rows: leaf_of(rows, 4).update(leaf_hash=leaf_of(rows, 4)["leaf_hash"].upper()),
        {Code.EXPORT_ALTERED},
    ),
    "content without a salt": (lambda rows: leaf_of(rows, 4).update(salt=None), {Code.EXPORT_ALTERED}),
    "a content digest is another": (
        lambda rows: leaf_of(rows, 4).update(content_digest="00" * 32),
        {Code.ENTRY_ALTERED},
    ),
    "metadata is another": (lambda rows: leaf_of(rows, 4)["metadata"].update(outcome="refused"), {Code.ENTRY_ALTERED}),
    "an epoch is left out": (lambda rows: leaf_of(rows, 8)["metadata"].pop("epoch"), {Code.EXPORT_ALTERED}),
    "an epoch is added": (
        lambda rows: leaf_of(rows, 4)["metadata"].update(epoch="1", format="titrate-entry/2"),
        {Code.ENTRY_ALTERED},
    ),
    "a leaf hash is another": (lambda rows: leaf_of(rows, 4).update(leaf_hash="00" * 32), {Code.ENTRY_ALTERED}),
    "an entry is sealed anew": (_reseal, {Code.LOG_REWRITTEN}),
    "a pack's text is another": (lambda rows: rows[3]["pack"].update(text="allow = true"), {Code.PACK_ALTERED}),
    "a pack is another": (_replace_pack, {Code.PACK_ALTERED}),
    "a pack has another name": (lambda rows: rows[3]["pack"].update(version="9.9"), {Code.PACK_ALTERED}),
    "a pack is dropped": (lambda rows: rows.pop(3), {Code.EXPORT_ALTERED}),
    "a second header is appended": (lambda rows: rows.append(dict(rows[0])), {Code.EXPORT_ALTERED}),
    "a line of another kind is appended": (lambda rows: rows.append({"comment": "x"}), {Code.EXPORT_ALTERED}),
    "a checkpoint stands at the end": (lambda rows: _move(rows, rows[1], len(rows)), {Code.EXPORT_ALTERED}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_export_is_called_so_and_what_was_changed_is_named(exported: Exported, name: str) -> None:
    change, expected = CHANGES[name]
    rows = exported.rows()
    assert verify_bundle(rewritten(rows), [exported.key], exported.kept()).ok
    change(rows)
    verdict = verify_bundle(rewritten(rows), [exported.key], exported.kept())
    assert verdict.exit_status == 3
    assert expected <= {one.code for one in verdict.findings}, verdict.findings


WRITINGS: dict[str, Callable[[str], str]] = {
    "a space": lambda line: line.replace(":", ": ", 1),
    "a space at the end": lambda line: line.replace("\n", " \n"),
    "bytes at the end": lambda line: line.replace("\n", "\x00\n"),
    "a second object": lambda line: line.replace("\n", "{}\n"),
    "keys in another order": lambda line: (
        '{"salt"' + line.split('"salt"')[1][:-2] + "," + line.split(',"salt"')[0][1:] + "}\n"
    ),
    "a key twice": lambda line: line.replace('"leaf_index":3', '"leaf_index":3,"leaf_index":3'),
    "a key twice inside": lambda line: line.replace('"status"', '"status":"ended","status"'),
    "an escape": lambda line: line.replace("visit.admit", "visit\\u002eadmit"),
    "a number in another way": lambda line: line.replace('"leaf_index":3', '"leaf_index":3.0'),
    "a byte that is no UTF-8": lambda line: line.replace("visit.admit", "visit.adm\udcefit"),
    "an empty line before it": lambda line: "\n" + line,
    "nothing that is JSON": lambda line: "}" + line,
}


@pytest.mark.parametrize("name", WRITINGS)
def test_a_line_that_is_written_otherwise_is_another_line(exported: Exported, name: str) -> None:
    """Entry 4, of which every value stays what it was."""
    lines = rewritten(exported.rows())
    at = next(i for i, line in enumerate(lines) if '"leaf_index":3,' in line)
    changed = WRITINGS[name](lines[at])
    assert changed != lines[at]
    altered = "".join([*lines[:at], changed, *lines[at + 1 :]])
    verdict = verify_bundle(altered.split("\n"), [exported.key], exported.kept())
    assert Code.EXPORT_ALTERED in {one.code for one in verdict.findings}


def test_a_cut_file_says_where_it_ends_and_what_is_kept(exported: Exported) -> None:
    rows = exported.rows()
    _cut(rows, 6)
    verdict = verify_bundle(rewritten(rows), [exported.key], exported.kept())
    assert [one.sentence for one in verdict.findings] == [
        "The file ends at 6 entries; a checkpoint of 8 is kept elsewhere."
    ]
    assert verdict.words() == "SHORTER than the log"
    without = verify_bundle(rewritten(rows), [exported.key])
    assert without.ok
    assert "only the key is trusted" in " ".join(without.not_compared())


def test_lines_beyond_what_the_first_line_counts_are_named_once(exported: Exported) -> None:
    rows = exported.rows()
    rows[0]["size"] = 6
    beyond = rows.index(leaf_of(rows, 7)) + 1
    said = [one.sentence for one in verify_bundle(rewritten(rows), [exported.key]).findings]
    assert f"Line {beyond} is beyond the 6 entries that the first line counts." in said
    assert sum("is beyond" in one for one in said) == 1


def test_a_thief_of_the_key_who_dates_an_entry_back_is_seen(exported: Exported) -> None:
    """Who has the private key writes the log anew, and the checkpoints; those signed before say when they were."""
    rows = exported.rows()
    row = leaf_of(rows, 8)
    row["metadata"]["recorded_at"] = "2026-01-01T00:00:00.000000Z"
    covered = leaf.canonical(row["metadata"]) + bytes.fromhex(row["content_digest"])
    row["leaf_hash"] = merkle.leaf_hash(covered).hex()
    tree = merkle.root([bytes.fromhex(one["leaf_hash"]) for one in rows if "leaf_index" in one])
    rows[0]["checkpoint"] = replace(unverified(rows[0]["checkpoint"]), root=tree).signed([exported.signer])
    verdict = verify_bundle(rewritten(rows), [exported.key])
    assert {one.code for one in verdict.findings} == {Code.TIME_OUT_OF_BOUNDS}
    assert {Code.LOG_REWRITTEN} <= {
        one.code for one in verify_bundle(rewritten(rows), [exported.key], exported.kept()).findings
    }


def test_the_export_of_another_log_is_not_this_ones(exported: Exported) -> None:
    for kept in ((), exported.kept()):
        verdict = verify_bundle(exported.another, [exported.key], kept)
        assert Code.KEY_UNKNOWN in {one.code for one in verdict.findings}


def test_without_its_first_line_a_file_is_no_export(exported: Exported) -> None:
    with pytest.raises(UnusableInput, match="not an exported log"):
        verify_bundle(exported.lines[1:], [exported.key])
