"""Every joining and every leave of a call is on record once, whatever the rooms, Redis and the worker lose."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from emr.presence import joining
from emr.shared.context import UseCaseContext
from emr.shared.ids import PersonId
from emr.visits import repository as visit_records
from emr.visits import use_cases as visiting
from emr.visits.model import Visit
from server.application.actors import person_key, visit_key
from server.application.context import AppContext
from server.calls import events as call_events
from server.calls import lost_leaves
from server.calls.lost_leaves import LostLeaves
from server.platform import database as databases
from server.processes.resources import open_app_context
from signaling.bus.envelopes import Presence, RoomEvent
from signaling.ids import ParticipantId, RoomId
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.test_jobs import until
from tests.server.web_process import Clinic, begin_visit, found, settings_for, transaction


@dataclass(frozen=True, slots=True)
class Calls:
    """A worker's house, and a visit in progress; what a media process would say is said here, on the real bus."""

    app_context: AppContext
    clinic: Clinic
    visit: Visit

    async def come(self, name: str, at: datetime) -> None:
        """The joining as the web process writes it."""
        async with self.app_context.database.begin() as conn:
            context = UseCaseContext(conn, self.clinic[name], at)
            await joining.join_call(context, self.visit)
            await call_events.write(context, "call.test")

    async def told(self, what: str, name: str, at: datetime | str, person: str | None = None) -> None:
        """An event of the room reaches the worker."""
        who = person or str(self.clinic[name])
        when = at if isinstance(at, str) else at.isoformat()
        event = RoomEvent(RoomId(self.visit.room), str(self.visit.id), ParticipantId(who), "guest", what, when)
        await call_events.record(self.app_context, event)

    async def in_the_room(self, *names: str) -> None:
        """Who a media process says is in the room."""
        here = [Presence(ParticipantId(str(self.clinic[one])), "guest", True, True, False) for one in names]
        await self.app_context.bus.set_presence(RoomId(self.visit.room), here)

    async def of(self, name: str) -> list[tuple[str, datetime, str | None]]:
        """What the record says of that person's coming and going, in order of time."""
        async with self.app_context.database.connect() as conn:
            said = await visiting.events(conn, self.visit.id)
        who = self.clinic[name]
        return [
            (one.what.value, one.at, one.detail) for one in said if one.person == who and one.what in ("joined", "left")
        ]

    async def entries(self, name: str, action: str, how: str) -> int:
        """How many sealed-to-be entries say so."""
        asked = (
            "SELECT count(*) FROM audit_entry e JOIN audit_content c ON c.entry_id = e.id WHERE e.action = :action"
            " AND e.subject_id = :who AND e.visit_id = :visit AND c.content ->> 'outcome' = :how"
        )
        values = {"action": action, "who": str(self.clinic[name]), "visit": self.visit.id, "how": how}
        async with self.app_context.database.connect() as conn:
            found: int = (await conn.execute(text(asked), values)).scalar_one()
        return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calls")


@pytest.fixture
async def calls(engines: Engines, database: Database, folder: Path) -> AsyncIterator[Calls]:
    redis_url, now = engines.redis(6), datetime.now(UTC) - timedelta(minutes=5)
    async with Redis.from_url(redis_url) as client:
        await client.flushdb()
    async with transaction(database.app_url) as conn:
        known = await conn.execute(text("SELECT lower(given_name) AS name, id FROM person"))
        clinic = Clinic({row.name: PersonId(row.id) for row in known})
        if clinic.people:
            open_now = await visit_records.in_progress_of(conn, clinic["ada"])
            assert open_now is not None
            clinic.visits["ada"] = open_now.id
        else:
            clinic = await found(conn, now)
            await begin_visit(conn, clinic, "ada", "drew", now)
        visit = await visit_records.get(conn, clinic.visits["ada"])
    assert visit is not None
    settings = settings_for(database.app_url, redis_url, free_port(), folder, worker=database.worker_url)
    async with open_app_context(settings, demo=False, seals=True) as app_context:
        yield Calls(app_context, clinic, visit)


def moments(count: int) -> list[datetime]:
    """Times of now, a second apart, the last one a minute ago."""
    last = datetime.now(UTC) - timedelta(minutes=1)
    return [last - timedelta(seconds=count - 1 - place) for place in range(count)]


async def test_what_the_room_tells_is_written_once_though_it_comes_twice_and_late(calls: Calls) -> None:
    """A worker that dies after it wrote reads the event again; by then Ilse may have been taken off the visit."""
    came, left = moments(2)
    await calls.come("ilse", came)
    async with calls.app_context.database.begin() as conn:
        withdrawn = text("UPDATE visit_participant SET withdrawn_at = now() WHERE person_id = :who")
        await conn.execute(withdrawn, {"who": calls.clinic["ilse"]})
    keys = (visit_key(calls.visit.id), person_key(calls.clinic["ilse"]))
    before = await calls.app_context.bus.announced(keys)
    for _ in range(2):
        await calls.told("joined", "ilse", came)
    for _ in range(2):
        await calls.told("left", "ilse", left)
    told = [now - was for was, now in zip(before, await calls.app_context.bus.announced(keys), strict=True)]
    assert told[0] == told[1] > 0, "the visit's pages, and their own: in a call they admit nobody to another"
    assert await calls.of("ilse") == [("joined", came, None), ("left", left, None)]
    assert await calls.entries("ilse", "visit.leave", "told") == 1


async def test_a_leave_that_nobody_told_is_made_good_with_the_time_last_seen(
    calls: Calls, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The media process is killed and Redis loses what it had said; the worker knows when it saw Drew last."""
    (came,) = moments(1)
    await calls.come("drew", came)
    await calls.told("joined", "drew", came)
    await calls.in_the_room("drew")
    seconds = 0.0
    monkeypatch.setattr(lost_leaves, "monotonic", lambda: seconds)
    worker = LostLeaves(calls.app_context)
    before = calls.app_context.clock()
    await worker.round()
    seen_until = calls.app_context.clock()
    await calls.app_context.redis.flushdb()
    await worker.round()
    assert [what for what, _, _ in await calls.of("drew")] == ["joined"], "missing for a moment is not gone"
    seconds += lost_leaves.ABSENT_FOR_S
    for _ in range(2):
        await worker.round()
    (_, (what, at, how)) = await calls.of("drew")
    assert (what, how, before <= at <= seen_until) == ("left", "lost", True)
    assert await calls.entries("drew", "visit.leave", "lost") == 1
    assert "a leave was made good" in caplog.text


async def test_a_worker_that_begins_anew_knows_from_redis_and_else_from_the_joining(calls: Calls) -> None:
    came = moments(2)
    for name, at in zip(("ada", "sofia"), came, strict=True):
        await calls.come(name, at)
    await calls.in_the_room("ada")
    first = LostLeaves(calls.app_context, absent_for_s=60)
    await first.round()
    await calls.in_the_room()
    second = LostLeaves(calls.app_context, absent_for_s=0)
    await second.round()
    ((_, adas, _),), ((_, sofias, _),) = await calls.of("ada"), await calls.of("sofia")
    assert adas > came[0]
    assert sofias == came[1], "nobody ever saw her there"


async def test_who_comes_back_by_another_media_process_had_left_the_first(calls: Calls) -> None:
    first, again = moments(2)
    await calls.told("joined", "marcus", first)
    await calls.told("joined", "marcus", again)
    assert await calls.of("marcus") == [("joined", first, None), ("left", first, "lost"), ("joined", again, None)]


async def test_what_no_record_can_hold_is_said_and_stops_nothing(
    calls: Calls, caplog: pytest.LogCaptureFixture
) -> None:
    (at,) = moments(1)
    await calls.told("left", "noor", at, person=str(uuid4()))
    await calls.told("left", "noor", at, person="nobody")
    await calls.told("left", "noor", "2026-11-28T10:00:00")
    assert caplog.text.count("an event of a room cannot be kept") == 3
    await calls.told("left", "noor", at)
    assert await calls.of("noor") == [("left", at, None)]


async def test_what_cannot_be_written_now_is_told_again(calls: Calls) -> None:
    """The database is away: the event is not acknowledged, and the next reading finds it."""
    (at,) = moments(1)
    event = RoomEvent(
        RoomId(calls.visit.room),
        str(calls.visit.id),
        ParticipantId(str(calls.clinic["tomas"])),
        "guest",
        "left",
        at.isoformat(),
    )
    await calls.app_context.bus.record(event)
    nowhere = databases.engine(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    with pytest.raises(databases.UNREACHABLE):
        await call_events.follow(replace(calls.app_context, database=nowhere))
    following = asyncio.create_task(call_events.follow(calls.app_context))

    async def is_written() -> bool:
        return bool(await calls.of("tomas"))

    await until(is_written)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert await calls.of("tomas") == [("left", at, None)]
