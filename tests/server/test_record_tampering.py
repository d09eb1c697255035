"""What is changed, removed or added in the record behind the application's back is named by the verification.

One clinic with a row of every kind; each tampering is the owner's, with the guards off, in a transaction of its own.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Date, DateTime, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.canonical import canonical
from compliance.audit.checkpoint import Signer
from compliance.audit.coverage.values import Coverage, kind_of
from compliance.audit.findings import FindingCode, VerificationReport
from compliance.audit.verify import verify_log
from emr.coverage.forms import FORMS, TABLES
from server.application import audit_coverage as coverage
from tests.compliance.conftest import ORIGIN, Log, a_log
from tests.conftest import Engines
from tests.server import covered_clinic

ALTERED, MISSING = FindingCode.RECORD_ALTERED, FindingCode.RECORD_MISSING
ADDED, CONTRADICTS = FindingCode.RECORD_ADDED, FindingCode.RECORD_CONTRADICTS
# Constraints of a table and of those that name it: an owner can drop what he cannot switch off.
FREE = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conrelid::regclass AS owner, conname FROM pg_constraint
               WHERE contype IN ('f', 'c', 'u') AND (conrelid = '{0}'::regclass OR confrelid = '{0}'::regclass)
               ORDER BY contype = 'f' DESC LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', one.owner, one.conname);
    END LOOP;
    FOR one IN SELECT indexrelid::regclass AS index FROM pg_index
               WHERE indrelid = '{0}'::regclass AND indisunique AND NOT indisprimary LOOP
        EXECUTE format('DROP INDEX %s', one.index);
    END LOOP;
END $$
"""


@dataclass(frozen=True, slots=True)
class Tampered:
    """A sealed clinic, and the owner's transaction in it, in which the guards of every row are off."""

    log: Log
    owner: AsyncConnection
    runner: asyncio.Runner

    async def verify(self) -> VerificationReport:
        return await verify_log(self.owner, self.log.store, self.log.signer.verifier, observers=(coverage.COMPARISON,))

    @asynccontextmanager
    async def tampering(self, *statements: str) -> AsyncIterator[AsyncConnection]:
        """Within, the statements have been done; afterwards they are rolled back."""
        savepoint = await self.owner.begin_nested()
        try:
            for statement in statements:
                await self.owner.execute(text(statement))
            yield self.owner
        finally:
            await savepoint.rollback()

    def found(self, *statements: str) -> VerificationReport:
        """What the verification says then."""

        async def tamper() -> VerificationReport:
            async with self.tampering(*statements):
                return await self.verify()

        return self.runner.run(tamper())


async def _clinic(stack: AsyncExitStack, log: Log, runner: asyncio.Runner) -> Tampered:
    await coverage.begin(log.owner_url, datetime.now(UTC))
    async with log.app.begin() as conn:
        await covered_clinic.live(conn)
    await log.sign()
    owner = await stack.enter_async_context(log.owning.connect())
    await owner.execute(text("SET ROLE titrate_owner"))
    for table in (*TABLES, "medication_current"):
        await owner.execute(text(FREE.format(table)))
        await owner.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    return Tampered(log, owner, runner)


@pytest.fixture(scope="module")
def clinic(engines: Engines, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tampered]:
    """Written once for the module; its loop is the fixture's own, in which the tests run too."""
    folder: Path = tmp_path_factory.mktemp("covered")

    async def opening(stack: AsyncExitStack) -> Tampered:
        log = await stack.enter_async_context(a_log(engines, template, folder, Signer.generate(ORIGIN)))
        return await _clinic(stack, log, runner)

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield runner.run(opening(stack))
        runner.run(stack.aclose())


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row of each kind, of which an entry speaks in `form`. `column`: one that the format covers."""

    kind: str
    form: str
    id: str
    speaking: frozenset[int]
    covering: frozenset[int]

    @property
    def column(self) -> str:
        return FORMS[self.form][0]

    @property
    def words(self) -> str:
        return self.kind.replace("_", " ")

    @property
    def key(self) -> str:
        return key_of(TABLES[self.kind])

    @property
    def this(self) -> str:
        return f"WHERE {self.key}::text = '{self.id}'"


@pytest.fixture(scope="module")
def chosen(clinic: Tampered) -> Mapping[str, Chosen]:
    async def choosing() -> Mapping[str, Chosen]:
        found = {}
        for kind in TABLES:
            form = next(form for form in FORMS if kind_of(form) == kind)
            id = await a_row(clinic.owner, kind, form)
            speaking = await speaking_of(clinic.owner, kind, id)
            covering = await speaking_of(clinic.owner, kind, id, FORMS[form][0])
            found[kind] = Chosen(kind, form, id, speaking, covering)
        return found

    return clinic.runner.run(choosing())


@pytest.fixture(scope="module")
def altered(clinic: Tampered, chosen: Mapping[str, Chosen]) -> VerificationReport:
    """One column of each chosen row is another."""
    return clinic.found(
        *(
            f"UPDATE {one.kind} SET {one.column} = {another(TABLES[one.kind].c[one.column])} {one.this}"
            for one in chosen.values()
        )
    )


@pytest.fixture(scope="module")
def removed(clinic: Tampered, chosen: Mapping[str, Chosen]) -> VerificationReport:
    """Each chosen row is gone."""
    return clinic.found(*(f"DELETE FROM {one.kind} {one.this}" for one in chosen.values()))


@pytest.fixture(scope="module")
def added(clinic: Tampered, chosen: Mapping[str, Chosen]) -> VerificationReport:
    """Beside each chosen row stands a copy of it under another key."""

    def copy(one: Chosen) -> str:
        table = TABLES[one.kind]
        rest = ", ".join(column.name for column in table.c if column.name != one.key)
        new = "gen_random_uuid()" if isinstance(table.c[one.key].type, Uuid) else f"{one.key} + 1000000"
        columns = f"({one.key}, {rest}) OVERRIDING SYSTEM VALUE"
        return f"INSERT INTO {one.kind} {columns} SELECT {new}, {rest} FROM {one.kind} {one.this}"

    return clinic.found(*map(copy, chosen.values()))


def key_of(table: Table) -> str:
    (key,) = table.primary_key.columns
    return key.name


async def a_row(conn: AsyncConnection, kind: str, form: str) -> str:
    """The id of the first row of which an entry speaks in that format."""
    found = (
        "SELECT split_part(r.key, '/', 2) FROM audit_content c, jsonb_each_text(c.content -> 'records') r"
        " WHERE r.key LIKE :kind AND r.value LIKE :form ORDER BY c.entry_id LIMIT 1"
    )
    id: str = (await conn.execute(text(found), {"kind": f"{kind}/%", "form": f"{form} %"})).scalar_one()
    return id


async def speaking_of(conn: AsyncConnection, kind: str, id: str, column: str | None = None) -> frozenset[int]:
    """The entries that speak of a row; with `column`, in a format that covers it."""
    forms = [form for form, columns in FORMS.items() if kind_of(form) == kind and (column is None or column in columns)]
    found = (
        "SELECT entry_id FROM audit_content WHERE content ? 'records' AND"
        " split_part(content -> 'records' ->> :key, ' ', 1) = ANY(:forms)"
    )
    return frozenset((await conn.execute(text(found), {"key": f"{kind}/{id}", "forms": forms})).scalars())


def another(column: Column[Any]) -> str:
    """An SQL expression for a value that the column does not hold."""
    name = column.name
    if isinstance(column.type, Uuid):
        return "gen_random_uuid()"
    if isinstance(column.type, DateTime):
        return f"coalesce({name}, now()) + interval '1 second'"
    if isinstance(column.type, Date):
        return f"coalesce({name}, current_date) + 1"
    if isinstance(column.type, JSONB):
        return """'{"another": 1}'"""
    python = column.type.python_type
    if python is bool:
        return f"NOT {name}"
    return f"coalesce({name}, '') || 'x'" if python is str else f"coalesce({name}, 0) + 1"


async def texts(conn: AsyncConnection, form: str, id: str) -> dict[str, str | None]:
    """The columns of a row as they are hashed; PostgreSQL writes them as the canonical form would."""
    row = (await coverage.ROWS.read(conn, form, [id]))[id]
    found: dict[str, str | None] = json.loads(row)
    assert canonical(found).decode() == row
    return found


def named(report: VerificationReport, code: FindingCode, words: str = "") -> frozenset[int | None]:
    """The entries named for that; with `words`, about that kind of row."""
    return frozenset(one.entry_id for one in report.findings if one.code is code and words in one.sentence)


def test_a_clinic_that_nobody_touched_is_whole_and_every_row_is_compared(clinic: Tampered) -> None:
    report = clinic.found()
    assert report.findings == ()
    seen = Coverage.of(report.counts)
    assert seen is not None
    assert (seen.entries_before, seen.rows_before, seen.rows_purged) == (0, 0, 0)
    assert seen.compared > seen.rows > 80


@pytest.mark.parametrize("kind", TABLES)
def test_an_altered_row_is_named_by_each_entry_that_covers_the_column(
    kind: str, altered: VerificationReport, chosen: Mapping[str, Chosen]
) -> None:
    one = chosen[kind]
    assert one.covering
    assert named(altered, ALTERED, f": the {one.words} that it records is not the one that was written") == one.covering
    assert {finding.code for finding in altered.findings} <= {ALTERED, CONTRADICTS}


@pytest.mark.parametrize("kind", TABLES)
def test_a_removed_row_is_named_by_each_entry_that_speaks_of_it(
    kind: str, removed: VerificationReport, chosen: Mapping[str, Chosen]
) -> None:
    one = chosen[kind]
    assert named(removed, MISSING, f" records a {one.words} that is gone") == one.speaking
    assert {finding.code for finding in removed.findings} <= {MISSING, CONTRADICTS}


@pytest.mark.parametrize("kind", TABLES)
def test_an_added_row_is_named_as_one_that_no_entry_speaks_of(kind: str, added: VerificationReport) -> None:
    said = [one.sentence for one in added.findings if one.code is ADDED]
    assert len([one for one in said if one.startswith(f"No entry speaks of {kind.replace('_', ' ')} ")]) >= 1
    assert len(said) == len(TABLES)
    assert {finding.code for finding in added.findings} <= {ADDED, CONTRADICTS}


@pytest.mark.parametrize("form", FORMS)
def test_each_column_of_a_format_is_in_what_is_compared(clinic: Tampered, form: str) -> None:
    kind = kind_of(form)

    async def tamper() -> None:
        id = await a_row(clinic.owner, kind, form)
        there = await texts(clinic.owner, form, id)
        for column in FORMS[form]:
            value = another(TABLES[kind].c[column])
            this = f"WHERE {key_of(TABLES[kind])}::text = '{id}'"
            async with clinic.tampering(f"UPDATE {kind} SET {column} = {value} {this}") as conn:
                now = await texts(conn, form, id)
            assert {name for name in there if there[name] != now[name]} == {column}

    clinic.runner.run(tamper())


SCHEDULED = "UPDATE visit SET status = 'scheduled' WHERE status = 'waiting'"
EARLIER = (
    "UPDATE medication_current SET order_id = (SELECT id FROM medication_order o"
    " WHERE o.chain_id = medication_current.chain_id AND o.replaces IS NULL)"
    " WHERE order_id IN (SELECT id FROM medication_order WHERE act = 'held')"
)
HIDDEN = "DELETE FROM medication_current WHERE order_id IN (SELECT id FROM medication_order WHERE act = 'held')"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (SCHEDULED, "another status than its last event"),
        (EARLIER, "is shown as current"),
        (HIDDEN, "is shown as current"),
    ],
    ids=["status", "earlier order", "no order"],
)
def test_what_may_change_is_held_against_what_may_not(clinic: Tampered, statement: str, said: str) -> None:
    (found,) = clinic.found(statement).findings
    assert (found.code, said in found.sentence) == (CONTRADICTS, True), found


WHOSE = "(SELECT person_id FROM patient ORDER BY birth_date DESC LIMIT 1)"
PURGE = (
    "INSERT INTO audit_entry (occurred_at, actor_role, action, outcome, rule, subject_type, patient_id,"
    " content_digest) VALUES (now(), 'operator', 'content.purge', 'allowed', 'command.audit', 'patient',"
    f" {WHOSE}, decode(repeat('00', 32), 'hex'))"
)
ERASE = f"DELETE FROM audit_content USING audit_entry e WHERE e.id = entry_id AND e.patient_id = {WHOSE}"


def test_erasing_a_patients_content_leaves_their_rows_counted_and_none_called_added(clinic: Tampered) -> None:
    report = clinic.found(PURGE, ERASE)
    assert not named(report, ADDED) | named(report, MISSING) | named(report, ALTERED)
    seen = Coverage.of(report.counts)
    assert seen is not None
    assert seen.rows_purged > 20


def test_a_table_that_cannot_be_read_is_named_and_the_rest_compared(clinic: Tampered) -> None:
    report = clinic.found("ALTER TABLE allergy RENAME COLUMN reaction TO told")
    assert [one.code for one in report.findings] == [FindingCode.TABLE_UNREADABLE]
    assert "allergy" in report.findings[0].sentence


def test_what_is_rolled_back_leaves_no_entry(clinic: Tampered) -> None:
    async def rolled_back() -> None:
        count = text("SELECT count(*) FROM audit_content")
        before = await clinic.owner.scalar(count)
        async with clinic.tampering() as conn:
            await covered_clinic.live(conn)
            assert await conn.scalar(count) > before
        assert await clinic.owner.scalar(count) == before

    clinic.runner.run(rolled_back())
