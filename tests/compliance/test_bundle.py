"""An exported log is verified by a stranger who has a file, a public key and perhaps a folder of checkpoints."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.__main__ import main
from compliance.bundle import verify_bundle
from compliance.checkpoint import Signer
from compliance.errors import UnusableInput
from compliance.export import bundle_lines
from compliance.findings import FindingCode
from tests.compliance.conftest import BEGIN_ANEW, Log, a_block

KEY = Signer.generate("titrate.example/log").verifier


async def export(log: Log) -> list[str]:
    """Six entries, two of them decisions, under two checkpoints, and one entry that is not signed yet."""
    await log.append(2)
    await log.decide()
    await log.sign()
    await log.append(2)
    await log.decide(a_block(), product="Xanax")
    await log.sign()
    await log.append()
    await log.seal_all()
    async with log.app.connect() as conn:
        return [line async for line in bundle_lines(conn)]


async def test_an_export_verifies_with_nothing_but_the_public_key(log: Log) -> None:
    lines = await export(log)
    report = verify_bundle(lines, [log.signer.verifier])
    assert report.findings == ()
    assert (report.size, report.anchored_size, report.decisions, report.checkpoints) == (6, 6, 2, 2)


Change = Callable[[list[dict[str, Any]]], object]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows[4]["metadata"].update(outcome="refused"), FindingCode.ENTRY_ALTERED),
        (lambda rows: rows[4].update(content='{"status":"ended"}'), FindingCode.CONTENT_ALTERED),
        (lambda rows: rows.pop(4), FindingCode.LEAF_MISSING),
        (lambda rows: rows.pop(8), FindingCode.TAIL_MISSING),
        (lambda rows: rows[4].update(leaf_hash="00" * 32), FindingCode.LOG_REWRITTEN),
        (lambda rows: rows[9]["decision"].update(product="Valium"), FindingCode.DECISION_ALTERED),
        (lambda rows: rows.pop(9), FindingCode.DECISION_MISSING),
        (lambda rows: rows[9].update(entry_id=1), FindingCode.DECISION_UNPROVEN),
        (lambda rows: rows[2].update(checkpoint="nothing"), FindingCode.CHECKPOINT_UNREADABLE),
        (lambda rows: rows[4].update(leaf_index="four"), FindingCode.ROW_UNREADABLE),
        (lambda rows: rows[9].update(decision=None), FindingCode.ROW_UNREADABLE),
    ],
)
async def test_a_changed_export_says_what_was_changed(log: Log, change: Change, code: FindingCode) -> None:
    rows = [json.loads(line) for line in await export(log)]
    assert verify_bundle([json.dumps(row) for row in rows], [log.signer.verifier]).ok
    change(rows)
    report = verify_bundle([json.dumps(row) for row in rows], [log.signer.verifier])
    assert code in {one.code for one in report.findings}


async def test_a_log_begun_anew_is_seen_by_who_kept_checkpoints(log: Log) -> None:
    await log.append(3)
    await log.sign()
    kept = list(log.store.kept())
    await log.as_attacker(*BEGIN_ANEW)
    log.store = type(log.store)(log.folder / "another")
    lines = await export(log)
    assert verify_bundle(lines, [log.signer.verifier]).ok
    report = verify_bundle(lines, [log.signer.verifier], kept)
    assert {one.code for one in report.findings} == {FindingCode.CHECKPOINT_DISAGREES, FindingCode.LOG_REWRITTEN}


async def test_the_command_answers_by_its_exit_status(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, key = tmp_path / "export.jsonl", tmp_path / "log.key"
    lines = await export(log)
    file.write_text("".join(lines))
    key.write_text(str(log.signer.verifier))
    assert main(["verify", str(file), "--key", str(key), "--checkpoints", str(log.folder)]) == 0
    assert capsys.readouterr().out.startswith("6 entries, 2 decisions, 3 checkpoints: intact")
    file.write_text("".join(lines[:5]))
    assert main(["verify", str(file), "--key", str(log.signer.verifier)]) == 3
    assert capsys.readouterr().out.startswith("tail_missing: ")
    file.write_text("something else\n")
    assert main(["verify", str(file), "--key", str(key)]) == 2
    assert main(["verify", str(tmp_path / "nowhere"), "--key", str(key)]) == 2
    assert main(["verify", str(file), "--key", "not a key"]) == 2
    file.write_text("".join(lines))
    assert main(["verify", str(file), "--key", str(key), "--checkpoints", str(tmp_path / "empty")]) == 2


@given(
    st.lists(st.one_of(st.text(), st.sampled_from(['{"leaf_index":0}', '{"checkpoint":"x"}', "[]", '{"entry_id":1}'])))
)
def test_any_lines_after_the_first_give_a_report(lines: list[str]) -> None:
    report = verify_bundle(['{"format":"titrate-log/1"}', *lines], [KEY])
    assert report.ok == (not lines)


def test_a_file_that_is_no_bundle_is_unusable() -> None:
    for lines in ([], ["{}"], ["\x00"]):
        with pytest.raises(UnusableInput):
            verify_bundle(lines, [KEY])
