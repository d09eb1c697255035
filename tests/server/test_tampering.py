"""The tampering table: web login, worker's login, owner, superuser and thief of the key, over log, record and copies.

One clinic with a row of every kind, sealed and signed; each attempt is made in a transaction that is verified and
rolled back. Of exports: `tests/compliance/bundle/test_tampering.py`.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import merkle
from compliance.audit.checkpoint import Checkpoint, Signer
from compliance.audit.findings import FindingCode, VerificationReport
from compliance.audit.store import DirectoryStore
from compliance.audit.verify import verify_log
from compliance.shared.tables import metadata as log_tables
from emr.coverage.forms import TABLES
from server.application import audit_coverage as coverage
from server.migrations.names import OWNER_ROLE
from server.platform import database
from tests.compliance.conftest import ORIGIN, Log, a_log
from tests.conftest import Engines
from tests.server import covered_clinic, tampering
from tests.server.tampering import ATTEMPTS, OWNER, SUPERUSER, WEB, WORKER, Attempt

GUARDED = (*log_tables.tables, *TABLES, "medication_current")
# Keys between tables, which an owner may drop: all of them, so that a row can be removed or renamed alone.
LOOSE = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conrelid::regclass AS owner, conname FROM pg_constraint
               WHERE contype IN ('f', 'c', 'u') AND connamespace = 'public'::regnamespace
               ORDER BY contype <> 'f' LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', one.owner, one.conname);
    END LOOP;
END $$
"""
REFUSALS = ("42501", "23001")  # insufficient_privilege, restrict_violation


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """The loop in which the module's clinic lives."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def clinic(
    engines: Engines, template: str, runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Log]:
    """A clinic with a row of every kind, under two checkpoints."""
    opening = a_log(engines, template, tmp_path_factory.mktemp("outside"), Signer.generate(ORIGIN))
    log = runner.run(opening.__aenter__())

    async def live() -> None:
        await coverage.begin(log.owner_url, datetime.now(UTC))
        async with log.app.begin() as conn:
            await covered_clinic.live(conn)
        await log.sign()
        await log.append(3)
        await log.sign()
        # The second has waited for its copy long enough, should it turn out not to be there.
        async with log.owner() as conn:
            await conn.execute(text("ALTER TABLE checkpoint DISABLE TRIGGER checkpoint_written_once"))
            await conn.execute(text("UPDATE checkpoint SET at = at - interval '5 minutes'"))
            await conn.execute(text("ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER checkpoint_written_once"))

    runner.run(live())
    yield log
    runner.run(opening.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def owner(clinic: Log, engines: Engines, runner: asyncio.Runner) -> Iterator[AsyncConnection]:
    """The owner's transaction in a copy of the clinic, with the keys between tables and the guards taken away."""
    opening = a_log(engines, clinic.name, clinic.folder, clinic.signer)
    copy = runner.run(opening.__aenter__())

    async def loosen() -> AsyncConnection:
        conn = await copy.owning.connect()
        await conn.execute(text(f"SET ROLE {OWNER_ROLE}"))
        await conn.execute(text(LOOSE))
        for table in GUARDED:
            await conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return conn

    conn = runner.run(loosen())
    yield conn
    runner.run(conn.close())
    runner.run(opening.__aexit__(None, None, None))


@asynccontextmanager
async def acting(log: Log, engines: Engines, who: str) -> AsyncIterator[AsyncConnection]:
    """A transaction of that login, rolled back at the end."""
    superuser = database.with_database(engines.superuser_url or "", log.name) if who == SUPERUSER else ""
    engine = database.one_shot_engine(superuser) if superuser else {WEB: log.app, WORKER: log.worker}[who]
    async with engine.connect() as conn:
        try:
            yield conn
        finally:
            await conn.rollback()
    if superuser:
        await engine.dispose()


@asynccontextmanager
async def rolled_back(conn: AsyncConnection) -> AsyncIterator[AsyncConnection]:
    """The same connection; what is done meanwhile is undone."""
    savepoint = await conn.begin_nested()
    try:
        yield conn
    finally:
        await savepoint.rollback()


async def verified(conn: AsyncConnection, log: Log, folder: Path | None = None) -> VerificationReport:
    store = DirectoryStore(folder or log.folder)
    return await verify_log(conn, store, log.signer.verifier, observers=[coverage.COMPARISON])


def named(report: VerificationReport) -> set[FindingCode]:
    return {one.code for one in report.findings}


async def attempt(conn: AsyncConnection, log: Log, one: Attempt) -> set[FindingCode] | None:
    """What is named after it; None: the database refused it."""
    try:
        done = [(await conn.execute(text(statement))).rowcount for statement in one.sql]
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in REFUSALS:
            return None
        raise
    if done[-1] == 0:
        raise AssertionError("it changed nothing")
    return named(await verified(conn, log))


def test_the_clinic_is_whole_before_anybody_touches_it(
    clinic: Log, engines: Engines, runner: asyncio.Runner, owner: AsyncConnection
) -> None:
    async def untouched() -> list[set[FindingCode]]:
        async with acting(clinic, engines, WEB) as conn:
            return [named(await verified(one, clinic)) for one in (conn, owner)]

    assert runner.run(untouched()) == [set(), set()]


BY_SQL = (*tampering.LOG_ATTEMPTS, *tampering.RECORD_ATTEMPTS)


@pytest.mark.parametrize("one", [one for one in BY_SQL if one.who != OWNER], ids=lambda one: f"{one.who} {one.what}")
def test_by_a_login(clinic: Log, engines: Engines, runner: asyncio.Runner, one: Attempt) -> None:
    if one.who == SUPERUSER and engines.superuser_url is None:
        pytest.skip("the engines given have no superuser's login")

    async def trying() -> set[FindingCode] | None:
        async with acting(clinic, engines, one.who) as conn:
            return await attempt(conn, clinic, one)

    found = runner.run(trying())
    assert found is None if one.named is None else found is not None and one.named in found, found


@pytest.mark.parametrize("one", [one for one in BY_SQL if one.who == OWNER], ids=lambda one: one.what)
def test_by_the_owner(clinic: Log, runner: asyncio.Runner, owner: AsyncConnection, one: Attempt) -> None:
    async def trying() -> set[FindingCode] | None:
        async with rolled_back(owner) as conn:
            return await attempt(conn, clinic, one)

    assert one.named in (runner.run(trying()) or set())


@pytest.mark.parametrize("one", tampering.FOLDER_ATTEMPTS, ids=lambda one: one.what)
def test_over_the_copies_outside(
    clinic: Log, engines: Engines, runner: asyncio.Runner, one: Attempt, tmp_path: Path
) -> None:
    folder = tmp_path / "copied"
    shutil.copytree(clinic.folder, folder)
    older = next(folder.glob("*.checkpoint")).read_bytes()
    foreign = Checkpoint(ORIGIN, 3, bytes(32)).signed([Signer.generate(ORIGIN)]).encode()
    for path in folder.glob(one.file):
        path.unlink()
        if one.of is not None:
            path.write_bytes({"older": older, "foreign": foreign, "noise": b"\xff\x00"}[one.of])

    async def look() -> set[FindingCode]:
        async with acting(clinic, engines, WEB) as conn:
            return named(await verified(conn, clinic, folder))

    assert one.named in runner.run(look())


async def _sign_anew(conn: AsyncConnection, signer: Signer) -> None:
    """Leaves, tree and checkpoints that fit one another and the signature, whatever they were before."""
    hashes = "SELECT leaf_hash FROM audit_leaf ORDER BY leaf_index"
    leaves = [bytes(one) for one in (await conn.execute(text(hashes))).scalars()]
    for size in (await conn.execute(text("SELECT size FROM checkpoint"))).scalars().all():
        tree = merkle.CompactRange().extend(leaves[:size])
        note = Checkpoint(signer.name, size, tree.root(), datetime.now(UTC)).signed([signer])
        values = {"size": size, "root": tree.root(), "peaks": b"".join(tree.peaks), "note": note}
        statement = "UPDATE checkpoint SET root = :root, peaks = :peaks, note = :note WHERE size = :size"
        await conn.execute(text(statement), values)


@pytest.mark.parametrize("one", tampering.THIEF_ATTEMPTS, ids=lambda one: one.what)
def test_by_who_holds_the_key_and_the_database(
    clinic: Log, runner: asyncio.Runner, owner: AsyncConnection, one: Attempt
) -> None:
    async def sign_anew() -> set[FindingCode]:
        async with rolled_back(owner) as conn:
            for statement in one.sql:
                await conn.execute(text(statement))
            await _sign_anew(conn, clinic.signer)
            return named(await verified(conn, clinic))

    assert one.named in runner.run(sign_anew())


def test_the_document_lists_every_attempt_and_what_is_named() -> None:
    told = (Path(__file__).parents[2] / "docs" / "tampering.md").read_text("utf-8")
    for of, attempts in ATTEMPTS.items():
        for one in attempts:
            answer = "refused" if one.named is None else f"`{one.named.value}`"
            assert f"| {of} | {one.who} | {one.what} | {answer} |" in told
