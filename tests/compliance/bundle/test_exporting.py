"""An export holds what a stranger needs, no name that somebody typed, and says what it cannot be compared with."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.audit import canonical as leaf
from compliance.audit.bundle import verify_bundle
from compliance.audit.bundle.files import kept_in
from compliance.audit.bundle.lines import decision_line, leaf_line, parse, read_decision, read_leaf
from compliance.audit.bundle.verdict import Verdict
from compliance.audit.checkpoint import Signer
from compliance.audit.findings import FindingCode
from compliance.audit.store import DirectoryStore
from compliance.audit.verification.rows import DecisionRow, LeafRow
from compliance.shared.errors import UnusableInput
from tests.compliance.bundle.conftest import (
    ENTRIES,
    PACK,
    PERSON,
    Exported,
    decision_of,
    find,
    leaf_of,
    lines_of,
    rewritten,
)
from tests.compliance.conftest import BEGIN_ANEW, ORIGIN, Log

KEY = Signer.generate(ORIGIN).verifier


def counts(verdict: Verdict) -> tuple[int, int, int, int]:
    """Entries, those vouched for, decisions, checkpoints."""
    one = verdict.report
    return one.size, one.anchored_size, one.decisions, one.checkpoints


def test_an_export_verifies_with_nothing_but_the_public_key(exported: Exported) -> None:
    verdict = verify_bundle(exported.lines, [exported.key])
    assert (verdict.findings, verdict.exit_status, verdict.words()) == ((), 0, "intact")
    assert counts(verdict) == (ENTRIES, ENTRIES, 2, 3)


def test_the_first_line_says_how_much_of_which_log_follows(exported: Exported) -> None:
    head = exported.rows()[0]
    assert head.keys() == {"format", "origin", "size", "checkpoint", "checkpoints", "packs"}
    assert (head["format"], head["origin"], head["size"]) == ("titrate-log/2", ORIGIN, ENTRIES)
    assert head["checkpoint"] == exported.kept()[-1].note


def test_what_is_not_compared_is_named(exported: Exported) -> None:
    """A decision, content about the record, erased content, a pack that was taken out; later a larger checkpoint."""
    rows = exported.rows()
    for entry in (1, 6):
        leaf_of(rows, entry).update(salt=None, content=None)
    rows.remove(find(rows, lambda row: "pack" in row))
    rows[0]["packs"] = 0
    verdict = verify_bundle(rewritten(rows), [exported.key], exported.kept())
    assert verdict.ok
    assert (verdict.content_lacking, verdict.withheld, verdict.packs_lacking, verdict.beyond, verdict.kept) == (
        3,
        1,
        1,
        0,
        2,
    )
    said = " ".join(verdict.not_compared())
    assert [part in said for part in ("3 entries", "1 decision ", "1 policy pack", "kept")] == [True] * 3 + [False]
    newer = verify_bundle(rewritten(rows), [exported.key], kept_in(exported.newer))
    assert {one.code for one in newer.findings} == {FindingCode.EXPORT_SHORTER}
    assert newer.beyond == 1


def test_the_text_of_the_packs_that_decisions_name_is_inside(exported: Exported) -> None:
    (pack,) = [row["pack"] for row in exported.rows() if "pack" in row]
    assert (pack["id"], pack["version"], pack["sha256"]) == (PACK.id, PACK.version, PACK.sha256)
    assert "[[rules]]" in pack["text"]


def test_a_name_that_somebody_typed_is_nowhere_in_an_export(exported: Exported) -> None:
    everything = "".join(exported.lines)
    for word in PERSON.split():
        assert word.casefold() not in everything.casefold()
    assert decision_of(exported.rows(), 6)["decision"]["product"] == "unrecognized"
    assert decision_of(exported.rows(), 7) == {"entry_id": 7, "withheld": True}


def test_no_row_of_the_record_can_be_guessed_from_an_export(exported: Exported) -> None:
    """Whoever had salt and digests would find a birth date by trying them all; so neither is inside."""
    row = leaf_of(exported.rows(), 8)
    assert (row["salt"], row["content"]) == (None, None)
    assert not [line for line in exported.lines if "patient/1" in line or '"records"' in line]
    assert verify_bundle(exported.lines, [exported.key]).content_lacking == 1


async def test_a_log_begun_anew_is_seen_by_who_kept_checkpoints(log: Log) -> None:
    await log.append(3)
    await log.sign()
    kept = list(log.store.kept())
    await log.as_attacker(*BEGIN_ANEW)
    log.store = DirectoryStore(log.folder / "another")
    await log.append(4)
    await log.sign()
    await log.append(2)
    await log.sign()
    lines = await lines_of(log)
    assert verify_bundle(lines, [log.signer.verifier]).ok
    verdict = verify_bundle(lines, [log.signer.verifier], kept)
    assert {one.code for one in verdict.findings} == {FindingCode.LOG_REWRITTEN}


async def test_an_export_of_a_log_that_nothing_is_signed_of_has_nothing_to_verify(log: Log) -> None:
    await log.append(2)
    await log.seal_all()
    lines = await lines_of(log)
    verdict = verify_bundle(lines, [log.signer.verifier])
    assert (len(lines), verdict.findings, verdict.exit_status, verdict.words()) == (1, (), 2, "nothing to verify")


def test_an_entry_of_a_later_epoch_says_so_and_others_do_not(exported: Exported) -> None:
    rows = exported.rows()
    told = {entry: leaf_of(rows, entry)["metadata"] for entry in (6, 8)}
    assert ("epoch" in told[6], told[6]["format"]) == (False, leaf.ENTRY_FORMAT)
    assert (told[8]["epoch"], told[8]["format"]) == ("1", leaf.EPOCH_FORMAT)


def test_what_is_written_is_read_again(exported: Exported) -> None:
    for line in exported.lines:
        parsed = parse(line[:-1])
        assert parsed is not None
        if parsed.kind == "leaf_index":
            assert leaf_line(read_leaf(parsed.value)[0].slow()) == line
        if parsed.kind == "decision":
            entry, fields = read_decision(parsed.value)
            assert decision_line(DecisionRow(fields, entry, True, None, None)) == line


def test_an_entry_that_is_gone_has_a_line_that_says_so() -> None:
    gone = LeafRow(3, 4, bytes(32), None, None, None, None)
    parsed = parse(leaf_line(gone)[:-1])
    assert parsed is not None
    assert (parsed.strict, read_leaf(parsed.value)[0].slow()) == (True, gone)


@given(
    st.lists(
        st.one_of(st.text(), st.sampled_from(['{"leaf_index":0}', '{"checkpoint":"x"}', "[]", '{"entry_id":1}'])),
        min_size=1,
    ).filter(lambda lines: any(line.removesuffix("\n").removesuffix("\r") for line in lines))
)
def test_any_lines_after_the_first_give_a_verdict(lines: list[str]) -> None:
    head = '{"checkpoint":null,"checkpoints":0,"format":"titrate-log/2","origin":null,"packs":0,"size":0}'
    assert verify_bundle([head, *lines], [KEY]).exit_status == 3


@pytest.mark.parametrize(
    "first", ["", "{}", "\x00", '{"format":"titrate-log/3"}', "[]", '{"format":["titrate-log/2"]}']
)
def test_a_file_that_is_no_export_is_unusable(first: str) -> None:
    with pytest.raises(UnusableInput, match="not an exported log"):
        verify_bundle([first] if first else [], [KEY])


def test_the_document_says_what_a_line_holds() -> None:
    document = (Path(__file__).parents[3] / "docs" / "log.md").read_text(encoding="utf-8")
    told = document.split("## Exported bundle")[1].split("\n## ")[0]
    for word in ("titrate-log/2", "withheld", "checkpoints", "packs", "origin", "leaf_hash", "content_digest"):
        assert f"`{word}`" in told
