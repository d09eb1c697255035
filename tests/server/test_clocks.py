"""Whose clock holds: the database's. A machine whose clock jumped changes nothing, in the web and in the worker."""

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from starlette.applications import Starlette

from compliance.audit.pace import Fault
from compliance.audit.store import DirectoryStore
from emr.shared.context import UseCaseContext
from emr.shared.ids import VisitId
from emr.visits import booking
from emr.visits.booking import NewVisit
from server.audit import keys as log_keys
from server.audit.health.faults import faults
from server.audit.sealer import Sealer
from server.calls import events as call_events
from server.http.app import make_app
from server.platform import database_clock as clocks
from server.processes.resources import open_app_context
from tests.ports import free_port
from tests.server.web_process import Running, begin_visit, serving, transaction

TOMORROW = timedelta(days=1)


@pytest.fixture(scope="module")
def another(served: Running) -> Iterator[tuple[Running, Starlette]]:
    """Another web process of the same clinic."""
    port = free_port()
    settings = replace(served.settings, port=port, public_url=f"http://localhost:{port}")
    app = make_app(settings)
    with serving(settings, app=app):
        yield Running(settings, f"http://localhost:{port}", served.clinic), app


@pytest.fixture
async def jumping(another: tuple[Running, Starlette]) -> AsyncIterator[tuple[Running, Starlette]]:
    """That process, whose clock the test sets."""
    running, app = another
    yield another
    jump(app, 0)
    for client in running.clients:
        await client.aclose()
    running.clients.clear()


def jump(app: Starlette, seconds: float) -> None:
    app.state.app_context = replace(app.state.app_context, clock=lambda: datetime.now(UTC) + timedelta(seconds=seconds))


async def asked(running: Running, statement: str, **values: object) -> object:
    async with transaction(running.settings.database_url) as conn:
        return (await conn.execute(text(statement), values)).scalar_one()


async def a_visit(running: Running, ahead: timedelta) -> VisitId:
    now, clinic = datetime.now(UTC), running.clinic
    async with transaction(running.settings.database_url) as conn:
        new = NewVisit(patient=clinic["marcus"], prescriber=clinic["drew"], start=now + ahead)
        return (await booking.book(UseCaseContext(conn, clinic["drew"], now), new)).id


@pytest.mark.parametrize("seconds", [300, -300])
async def test_a_web_process_whose_clock_jumped_changes_nothing_and_says_why_once_a_minute(
    jumping: tuple[Running, Starlette], caplog: pytest.LogCaptureFixture, seconds: int
) -> None:
    running, app = jumping
    visit = await a_visit(running, TOMORROW)
    drew = await running.as_("drew")
    jump(app, seconds)
    clocks._said_at.clear()
    entries = await asked(running, "SELECT count(*) FROM audit_entry")
    with caplog.at_level(logging.ERROR, "titrate"):
        for _ in range(3):
            answer = await drew.post(f"/visits/{visit}/cancel", running.clinic["marcus"])
            assert answer.status_code == 503
            assert "The server&#39;s clock is wrong" in answer.text
            assert "Nothing was changed." in answer.text
    assert await asked(running, "SELECT status FROM visit WHERE id = :id", id=visit) == "scheduled"
    assert await asked(running, "SELECT count(*) FROM audit_entry") == entries
    said = [one.getMessage() for one in caplog.records if "clock" in one.getMessage()]
    assert len(said) == 1, said
    assert ("ahead of" if seconds > 0 else "behind") in said[0]


@pytest.mark.parametrize("seconds", [20, -20])
async def test_a_small_difference_is_no_matter_and_the_databases_time_is_written(
    jumping: tuple[Running, Starlette], seconds: int
) -> None:
    running, app = jumping
    visit = await a_visit(running, timedelta())
    drew, marcus = await running.as_("drew"), running.clinic["marcus"]
    where = {"line": "Home", "city": "Tampa", "state": "FL", "postal": "33605", "call_back": "(813) 555-0142"}
    jump(app, seconds)
    assert (await (await running.as_("marcus")).post(f"/visits/{visit}/arrive", marcus, **where)).status_code == 303
    assert (await drew.post(f"/visits/{visit}/admit", marcus)).status_code == 303
    jump(app, 0)
    assert (await drew.post(f"/visits/{visit}/end", marcus)).status_code == 303
    in_order = "SELECT arrived_at <= admitted_at AND admitted_at <= ended_at AND ended_at <= now() FROM visit"
    assert await asked(running, f"{in_order} WHERE id = :id", id=visit) is True


async def test_a_worker_three_days_ahead_marks_no_visit_of_tomorrow_as_missed(running: Running) -> None:
    visit = await a_visit(running, TOMORROW)
    async with open_app_context(running.settings, demo=False, seals=True) as app_context:
        ahead = replace(app_context, clock=lambda: datetime.now(UTC) + timedelta(days=3))
        for job in (call_events.close_missed, call_events.end_abandoned):
            with pytest.raises(clocks.ClockWrong):
                await job(ahead)
        assert await asked(running, "SELECT status FROM visit WHERE id = :id", id=visit) == "scheduled"
        await call_events.close_missed(app_context)
        assert await asked(running, "SELECT status FROM visit WHERE id = :id", id=visit) == "scheduled"


async def test_such_a_worker_still_seals_by_the_databases_clock_and_the_log_says_what_is_wrong(
    running: Running,
) -> None:
    await (await running.as_("drew")).get("/patients/" + str(running.clinic["ada"]))
    async with open_app_context(running.settings, demo=False, seals=True) as app_context:
        ahead = replace(app_context, clock=lambda: datetime.now(UTC) + timedelta(days=3))
        store = DirectoryStore(running.settings.checkpoint_folder)
        await Sealer(ahead, log_keys.signer(running.settings), store).round()
        assert await asked(running, "SELECT bool_and(sealed_at <= now()) FROM audit_leaf") is True
        async with app_context.database.connect() as conn:
            found = await faults(conn, app_context.redis, datetime.now(UTC))
        assert "259,200 s ahead of the database's" in found[Fault.WORKER_REFUSES]
        await Sealer(app_context, log_keys.signer(running.settings), store).round()
        async with app_context.database.connect() as conn:
            assert Fault.WORKER_REFUSES not in await faults(conn, app_context.redis, datetime.now(UTC))


async def test_the_database_keeps_no_visit_that_ends_before_it_began(running: Running) -> None:
    visit = await a_visit(running, timedelta())
    async with transaction(running.settings.database_url) as conn:
        await begin_visit(conn, replace(running.clinic, visits={"marcus": visit}), "marcus", "drew", datetime.now(UTC))
    with pytest.raises(IntegrityError, match="ended_after_beginning"):
        async with transaction(running.settings.database_url) as conn:
            await conn.execute(
                text("UPDATE visit SET status = 'ended', ended_at = admitted_at - interval '4 minutes' WHERE id = :id"),
                {"id": visit},
            )
