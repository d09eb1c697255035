"""docs/log.md says what the code does: its example, its findings, and its program for strangers."""

import asyncio
import re
import sys
from pathlib import Path

from compliance.audit import canonical as leaf
from compliance.audit.export import bundle_lines
from compliance.audit.findings import FindingCode
from compliance.prescribing.decision_row import FORMATS
from tests.compliance.conftest import Log, a_block
from tests.compliance.test_audit import EXAMPLE_BYTES, EXAMPLE_CONTENT_DIGEST, EXAMPLE_LEAF, EXAMPLE_SALT

DOCUMENT = (Path(__file__).parents[2] / "docs" / "log.md").read_text(encoding="utf-8")


def test_the_worked_example_is_the_tested_one() -> None:
    for part in (EXAMPLE_BYTES, EXAMPLE_SALT.hex(), EXAMPLE_CONTENT_DIGEST, EXAMPLE_LEAF):
        assert part in DOCUMENT


def test_every_finding_is_explained_and_no_other() -> None:
    assert re.findall(r"^\| `(\w+)` \| (?=\w)", DOCUMENT.split("## What the verification finds")[1], re.M) == [
        code.value for code in FindingCode
    ]


def test_every_field_of_the_leaf_is_named() -> None:
    named = DOCUMENT.split("**Metadata**")[1].split("**Content digest**")[0]
    assert [name for name in re.findall(r"`(\w+)`", named) if name in leaf.METADATA_FIELDS][:14] == list(
        leaf.METADATA_FIELDS
    )


def test_the_columns_that_each_format_of_a_decision_covers_are_named() -> None:
    rows = dict(re.findall(r"^\| `(titrate-decision/\d)` \| (.*?) \|", DOCUMENT, re.M))
    assert rows.keys() == FORMATS.keys()
    named: list[str] = []
    for name, words in rows.items():  # each says what it adds to the one before
        named += re.findall(r"`(\w+)`", words)
        assert tuple(named) == FORMATS[name]


async def _run(program: Path, export: Path) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(program),
        str(export),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_the_strangers_program_agrees_with_an_export_and_sees_a_change(log: Log, tmp_path: Path) -> None:
    await log.append(3)
    await log.decide(a_block(), product="Größe ‰ “Xanax”")
    await log.sign()
    await log.append(2)
    await log.sign()
    async with log.app.connect() as conn:
        lines = [line async for line in bundle_lines(conn)]
    program, export = tmp_path / "check.py", tmp_path / "export.jsonl"
    program.write_text(DOCUMENT.split("```python\n")[1].split("```")[0], encoding="utf-8")
    export.write_text("".join(lines), encoding="utf-8")
    assert await _run(program, export) == (0, "6 entries agree with 2 checkpoints\n")
    for old, new, says in (
        ('"action":"visit.admit"', '"action":"visit.leave"', "entry 1 is altered"),
        ('"product":"', '"product":"no ', "the decision of entry 4 is altered"),
        ('"leaf_index":3', '"leaf_index": 3', "is not written as an export writes it"),
        ("\n" + lines[-1], "\n", "the end is missing"),
    ):
        changed = "".join(lines).replace(old, new, 1)
        assert changed != "".join(lines)
        export.write_text(changed, encoding="utf-8")
        status, output = await _run(program, export)
        assert (status, says in output) == (1, True), output
