"""While nothing happens little is asked, and what is written then waits no longer; no dead connection is used."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from compliance.audit import entries as audit
from compliance.audit.store import DirectoryStore
from server.application.context import AppContext
from server.application.effects import outbox
from server.application.effects.doing import Repeating
from server.audit import keys as log_keys
from server.audit.sealer import Sealer
from server.calls.lost_leaves import LostLeaves
from server.platform import connections
from server.platform import database as databases
from server.processes.resources import open_app_context
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.a_log import an_entry
from tests.server.counting import counting
from tests.server.web_process import settings_for


@pytest.fixture
async def app_context(engines: Engines, database: Database, tmp_path: Path) -> AsyncIterator[AppContext]:
    settings = settings_for(database.app_url, engines.redis(8), free_port(), tmp_path, worker=database.worker_url)
    async with open_app_context(settings, demo=False, seals=True) as opened:
        await opened.redis.flushdb()
        yield opened


async def sealed(app_context: AppContext) -> int:
    async with app_context.database.connect() as conn:
        return int((await conn.execute(text("SELECT count(*) FROM audit_leaf"))).scalar_one())


async def test_an_idle_round_is_a_statement_or_two_and_what_is_written_then_is_done_at_the_next(
    app_context: AppContext,
) -> None:
    sealer = Sealer(
        app_context, log_keys.signer(app_context.settings), DirectoryStore(app_context.settings.checkpoint_folder)
    )
    effects, leaves = Repeating(app_context), LostLeaves(app_context)
    async with app_context.database.begin() as conn:
        await audit.append(conn, an_entry(1))
    await sealer.look()
    before = await sealed(app_context)
    asked = {}
    with counting() as counter:
        for name, job in {"sealing": sealer.look, "effects": effects.round, "leaves": leaves.round}.items():
            counter.take()
            await job()
            asked[name] = counter.take()
    assert asked == {"sealing": 1, "effects": 1, "leaves": 2}
    async with app_context.database.begin() as conn:
        await audit.append(conn, an_entry(2))
        await outbox.write(conn, [outbox.end_room("room")])
        await conn.execute(text("UPDATE effect SET again_at = now()"))
    await sealer.look()
    await effects.round()
    assert await sealed(app_context) == before + 1
    async with app_context.database.connect() as conn:
        assert (await outbox.waiting(conn)).count == 0


@pytest.mark.parametrize("asked_after_s", [connections.ASKED_AFTER_S, -1.0])
async def test_a_connection_that_the_server_ended_is_not_handed_out_again(
    database: Database, asked_after_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ASKED_AFTER_S", asked_after_s)
    engine, ended = databases.engine(database.app_url, pool_size=2, overflow=0), asyncio.Event()
    try:
        async with engine.connect() as conn:
            pid = (await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            driver = (await conn.get_raw_connection()).driver_connection
            assert driver is not None
            driver.add_termination_listener(lambda _: ended.set())
        async with engine.connect() as conn:
            assert (await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one() == pid
        other = databases.one_shot_engine(database.app_url)
        async with other.connect() as conn:
            await conn.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        await other.dispose()
        async with asyncio.timeout(10):
            await ended.wait()
        async with engine.connect() as conn:
            assert (await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one() != pid
    finally:
        await engine.dispose()
