"""One log, exported once for all tests of this folder, and another one of which they know the export too."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from compliance.audit import entries as audit
from compliance.audit.bundle.files import kept_in
from compliance.audit.bundle.lines import written
from compliance.audit.checkpoint import Signer, VerifierKey
from compliance.audit.coverage.values import CoveredRecord, RecordRef
from compliance.audit.export import bundle_lines
from compliance.audit.store import Kept
from compliance.prescribing import policy_packs
from tests.compliance.conftest import ADA, ORIGIN, Log, a_block, a_decision, a_log, an_entry, open_clinic
from tests.conftest import Engines

PERSON = "Johanna Featherstonehaugh"
"""Somebody typed this person's name where the name of a medicine was asked for."""

PACK = policy_packs.load().by_id["strict-block"]
NAMES_PACK = {"pack_id": PACK.id, "pack_version": PACK.version, "pack_sha256": PACK.sha256}

AS_OF_OLD = (
    "ALTER TABLE decision DROP CONSTRAINT ck_decision_format, DROP CONSTRAINT ck_decision_recognized",
    f"UPDATE decision SET format = 'titrate-decision/2', product = '{PERSON} 50 mg tablet' WHERE audit_entry_id = 7",
)
"""An earlier version kept the name in the decision, as it was typed."""

BORN = '{"birth_date":"1990-01-01","code":"P-1"}'
"""What an entry covers of a patient: a few thousand guesses would find the day."""

ENTRIES = 8
Row = dict[str, Any]  # a line of JSON, as a tamperer sees it


@dataclass(frozen=True, slots=True)
class Exported:
    """Eight entries (`lines`) under checkpoints of 3, 6 and 8; the last two entries are of a second epoch.

    Entries 3, 6 and 7 are decisions, the last two of a name that nobody knows, the last as an earlier version kept it.
    Entry 8 covers a row of the record.
    `folder` is what was kept outside at that time, the checkpoints of 3 and 8; `newer` has one of ten entries.
    `another` is another log's export.
    """

    lines: tuple[str, ...]
    key: VerifierKey
    signer: Signer
    folder: Path
    newer: Path
    another: tuple[str, ...]

    def rows(self) -> list[Row]:
        """The lines as values: changed and `rewritten`, each is again written in the one form."""
        return [json.loads(line) for line in self.lines]

    def kept(self) -> list[Kept]:
        """The checkpoints of that time."""
        return kept_in(self.folder)


def rewritten(rows: list[Row]) -> list[str]:
    """Lines as a careful tamperer writes them."""
    return [written(row) for row in rows]


def find(rows: list[Row], holds: Callable[[Row], object]) -> Row:
    """The first row of which something holds."""
    return next(row for row in rows if holds(row))


def leaf_of(rows: list[Row], entry: int) -> Row:
    """The line of an entry."""
    return find(rows, lambda row: "leaf_index" in row and row["entry_id"] == entry)


def decision_of(rows: list[Row], entry: int) -> Row:
    """The line of an entry's decision."""
    return find(rows, lambda row: "leaf_index" not in row and row.get("entry_id") == entry)


async def lines_of(log: Log) -> tuple[str, ...]:
    """The export as the application's login writes it."""
    async with log.app.connect() as conn:
        return tuple([line async for line in bundle_lines(conn)])


async def _fill(log: Log, then: Path) -> tuple[str, ...]:
    async with log.app.begin() as conn:
        await open_clinic(conn)
    await log.append(2)
    await log.decide(a_decision(**NAMES_PACK))
    await log.sign()
    await log.append(2)
    unknown = a_block(schedule=None, ingredients=(), **NAMES_PACK)
    await log.decide(unknown, product=f"{PERSON} 20 mg tablet")
    await log.sign()
    await log.as_attacker("INSERT INTO log_epoch VALUES (1, clock_timestamp())")
    await log.decide(unknown, product=f"{PERSON} 50 mg tablet")
    await log.as_attacker(*AS_OF_OLD)
    async with log.app.begin() as conn:
        await audit.append(conn, an_entry(records=(CoveredRecord(RecordRef("patient/1", str(ADA)), BORN),)))
    await log.sign()
    lines = await lines_of(log)
    shutil.copytree(log.folder, then)
    await log.append(2)
    await log.sign()
    return lines


async def _another(log: Log) -> tuple[str, ...]:
    async with log.app.begin() as conn:
        await open_clinic(conn)
    await log.append(ENTRIES)
    await log.sign()
    return await lines_of(log)


@pytest.fixture(scope="session")
def exported(engines: Engines, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    """Made once; no test changes it."""
    place = tmp_path_factory.mktemp("exported")
    signer = Signer.generate(ORIGIN)

    async def make() -> Exported:
        async with a_log(engines, template, place / "newer", signer) as log:
            lines = await _fill(log, place / "then")
        async with a_log(engines, template, place / "another", Signer.generate("elsewhere.example/log")) as log:
            another = await _another(log)
        return Exported(lines, signer.verifier, signer, place / "then", place / "newer", another)

    with asyncio.Runner() as runner:
        yield runner.run(make())
