"""What must happen after a change happens, whatever breaks in between; and no change that was written is denied."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from server.application.context import AppContext
from server.application.effects import doing, outbox
from server.application.effects.doing import Repeating
from server.live import announcing
from server.platform.engines.valkey import Valkey, start_valkey
from server.processes.resources import open_app_context
from signaling.bus.bus import Bus
from signaling.ids import RoomId
from tests.conftest import Database
from tests.ports import free_port
from tests.server.web_process import Running, begin_visit, serving, settings_for, transaction, write_clinic

NOW = "UPDATE effect SET again_at = now()"


@dataclass
class Breakable:
    """A Redis that a test may kill and bring back."""

    folder: Path
    now: Valkey

    def kill(self) -> None:
        self.now.process.kill()
        self.now.process.wait()

    def back(self) -> None:
        self.now = start_valkey(self.folder)


@pytest.fixture(scope="module")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Breakable]:
    made = Breakable(folder := tmp_path_factory.mktemp("r"), start_valkey(folder))
    yield made
    made.now.stop()


@pytest.fixture(scope="module")
def served(database: Database, breakable: Breakable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    port = free_port()
    folder = tmp_path_factory.mktemp("house")
    settings = settings_for(database.app_url, breakable.now.url(), port, folder, worker=database.worker_url)
    clinic = write_clinic(database.app_url, datetime.now(UTC))
    with serving(settings):
        yield Running(settings, f"http://localhost:{port}", clinic)


@pytest.fixture
async def running(served: Running) -> AsyncIterator[Running]:
    yield served
    for client in served.clients:
        await client.aclose()
    served.clients.clear()


async def room_of(running: Running, name: str) -> RoomId:
    async with transaction(running.settings.database_url) as conn:
        found = await conn.execute(text("SELECT room FROM visit WHERE id = :id"), {"id": running.clinic.visits[name]})
        return RoomId(found.scalar_one())


async def waiting(running: Running) -> int:
    async with transaction(running.settings.database_url) as conn:
        return (await outbox.waiting(conn)).count


@contextmanager
def broken_after_commit(monkeypatch: pytest.MonkeyPatch, breakable: Breakable) -> Iterator[None]:
    """Redis is killed when the change is committed and its effect has not happened yet."""
    ending = doing.DOING[outbox.EffectKind.END_ROOM]

    async def killed_first(app_context: AppContext, room: str) -> None:
        breakable.kill()
        await ending(app_context, room)

    with monkeypatch.context() as patch:
        patch.setattr(doing, "DOING", {outbox.EffectKind.END_ROOM: killed_first})
        yield


async def test_a_room_is_ended_though_redis_is_killed_between_the_change_and_its_effect(
    running: Running, breakable: Breakable, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit, room = running.clinic.visits["ada"], await room_of(running, "ada")
    async with transaction(running.settings.database_url) as conn:
        await begin_visit(conn, running.clinic, "ada", "drew", datetime.now(UTC))
    drew = await running.as_("drew")
    with broken_after_commit(monkeypatch, breakable):
        answer = await drew.post(f"/visits/{visit}/end", running.clinic["ada"])
    assert (answer.status_code, answer.headers["location"]) == (303, f"/visits/{visit}")
    assert await waiting(running) == 1

    breakable.back()
    async with open_app_context(running.settings, demo=False, seals=True) as worker:
        repeating = Repeating(worker)
        await repeating.round()
        assert await waiting(running) == 1, "the process that made the change has its chance first"
        async with transaction(running.settings.database_url) as conn:
            await conn.execute(text(NOW))
        breakable.kill()
        await repeating.round()
        assert await waiting(running) == 1, "tried in vain, and kept"
        breakable.back()
        async with transaction(running.settings.database_url) as conn:
            assert (await conn.execute(text("SELECT attempts FROM effect"))).scalar_one() == 1
            await conn.execute(text(NOW))
        await repeating.round()
        assert await waiting(running) == 0
    async with Bus.open(running.settings.redis_url) as bus:
        assert await bus.has_ended(room)


@pytest.mark.parametrize("error", [OSError("away"), RuntimeError("nobody foresaw it")], ids=["engine", "unforeseen"])
async def test_what_fails_after_a_change_is_no_failure_of_the_change(
    running: Running, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(announcing, "announce", fail)
    drew, told = await running.as_("drew"), {"name": "Zinc", "sentence": "1", "source": "self_reported", "since": ""}
    visit = running.clinic.visits["marcus"]
    answer = await drew.post(f"/visits/{visit}/medicines/report", running.clinic["marcus"], **told)
    assert answer.status_code == 200, answer.text
    assert "Zinc" in answer.text


async def test_a_visit_that_is_called_off_has_its_room_ended_at_once(running: Running) -> None:
    visit, room = running.clinic.visits["marcus"], await room_of(running, "marcus")
    drew = await running.as_("drew")
    assert (await drew.post(f"/visits/{visit}/cancel", running.clinic["marcus"])).status_code == 303
    assert await waiting(running) == 0
    async with Bus.open(running.settings.redis_url) as bus:
        assert await bus.has_ended(room)


async def test_two_workers_never_take_the_same_effect(database: Database) -> None:
    wanted = [outbox.end_room(f"room {number}") for number in range(3)]
    async with transaction(database.worker_url) as conn:
        await outbox.write(conn, wanted)
        await conn.execute(text(NOW))
    async with transaction(database.worker_url) as one, transaction(database.worker_url) as other:
        assert {each.about for each in await outbox.due(one)} == {each.about for each in wanted}
        assert await outbox.due(other) == ()
    async with transaction(database.app_url) as conn:
        for each in wanted:
            await outbox.done(conn, each.id)
