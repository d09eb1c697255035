"""The live stream: topic names to those who may hear them, at once, and to nobody else for longer than they may."""

import asyncio
import html
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx2
import pytest
from redis.asyncio import Redis
from sqlalchemy import text

import visit_ui
from server.application.actors import person_key, visit_key
from server.application.unit_of_work import UnitOfWork
from server.auth.sessions import key_of
from server.http.endpoint import Ask
from server.live import announcing
from server.live import stream as live
from server.live.pending import Pending
from server.presenters.visit_parts import VisitPeople, people_present
from server.routes.shared import visit_page
from signaling.bus import announcements
from tests.server.row_cases import UNKNOWN, WHERE, refused_entries
from tests.server.web_process import Person, Running, transaction
from visit_ui.pages.visit.panels import PeoplePresent

SOON_S = 1.0


@dataclass
class Stream:
    """One open stream."""

    answer: httpx2.Response
    lines: AsyncIterator[str]

    async def topic(self, within_s: float = SOON_S) -> str | None:
        """The next topic; None when the stream ended."""
        async with asyncio.timeout(within_s):
            async for line in self.lines:
                if line.startswith("data: "):
                    return line.removeprefix("data: ")
        return None

    async def topics_until(self, last: str, within_s: float = SOON_S) -> list[str]:
        """Topics up to and including this one."""
        heard: list[str] = []
        while not heard or heard[-1] != last:
            topic = await self.topic(within_s)
            assert topic is not None, f"ended after {heard}"
            heard.append(topic)
        return heard


@asynccontextmanager
async def listening(person: Person, path: str = "/live", *, settled: bool = True) -> AsyncIterator[Stream]:
    """A stream that has begun. ``settled``: what is announced from now on is heard."""
    timeout = httpx2.Timeout(5, read=20)
    async with person.client.stream("GET", path, timeout=timeout) as answer:
        assert answer.status_code == 200
        async with aclosing(cast(AsyncGenerator[str, None], answer.aiter_lines())) as lines:
            async with asyncio.timeout(5):
                assert (await anext(lines)).startswith("retry: "), "how soon the browser comes back after a loss"
            if settled:
                async with asyncio.timeout(5):
                    async for line in lines:
                        if line == ": still here":
                            break
            yield Stream(answer, lines)


@pytest.fixture
async def redis(running: Running) -> AsyncIterator[Redis]:
    async with Redis.from_url(running.settings.redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def quick_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heart that beats four times a second instead of every ten."""
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.25)


async def until(true: Callable[[], Awaitable[bool]], within_s: float = 5) -> None:
    """Wait for what nobody announces."""
    async with asyncio.timeout(within_s):
        while True:
            if await true():
                return
            await asyncio.sleep(0.01)


async def announced(redis: Redis, key: str, topic: str) -> None:
    """As a process of this release announces it."""
    await announcements.announce(redis, f"titrate:announced:{key}", f"titrate:topic:{key}", topic)


async def live_url(person: Person, path: str) -> str:
    """Where the page listens."""
    page = await person.get(path)
    found = re.search(r'data-live-url="([^"]+)"|name="live-url" content="([^"]+)"', page.text)
    assert found, page.text[:500]
    return html.unescape(found.group(1) or found.group(2))


def test_a_stream_without_a_reason_lives_for_seconds_only() -> None:
    assert live.HEARTBEAT_S <= 10


@pytest.mark.parametrize("name", ["marcus", "noor", "ruth", "jonah", "tomas", "sofia", "olu", "carla"])
async def test_who_takes_no_part_in_a_visit_cannot_listen_to_it(running: Running, name: str) -> None:
    person, visit = await running.as_(name), running.clinic.visits["ada"]
    async with transaction(running.settings.database_url) as conn:
        before = await refused_entries(conn)
        answer = await person.get(f"/live?visit={visit}")
        unknown = await person.get(f"/live?visit={UNKNOWN}")
        assert (answer.status_code, answer.text) == (404, unknown.text)
        assert await refused_entries(conn) == before + 1
    async with listening(await running.as_("ilse"), f"/live?visit={visit}") as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert stream.answer.headers["cache-control"] == "no-store"


async def test_nobody_signed_in_is_told_to_stop_asking(running: Running) -> None:
    """204 ends an EventSource for good (HTML, 9.2.3), whatever page it was opened by."""
    nobody = await running.nobody()
    for path in ("/live", f"/live?visit={running.clinic.visits['ada']}", "/live?desk=1"):
        answer = await nobody.get(path, headers={"Accept": "text/event-stream"})
        assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (204, "", "no-store")


async def test_a_change_is_heard_by_both_sides_within_a_second_and_only_by_name(running: Running) -> None:
    ada, drew, visit = await running.as_("ada"), await running.as_("drew"), running.clinic.visits["ada"]
    patient = running.clinic["ada"]
    async with (
        listening(await running.as_("ilse"), f"/live?visit={visit}") as guest,
        listening(await running.as_("drew")) as day,
    ):
        await ada.post(f"/visits/{visit}/arrive", patient, **WHERE)
        assert await day.topic() == "queue"
        assert await guest.topic() == "visit"
        await drew.post(f"/visits/{visit}/admit", patient)
        assert await guest.topic() == "visit"
        assert await day.topic() == "queue"
        async with listening(ada, f"/live?visit={visit}") as mine:
            told = {"name": "Melatonin", "sentence": "3 mg at night", "source": "self_reported", "since": ""}
            await drew.post(f"/visits/{visit}/medicines/report", patient, **told)
            assert await mine.topic() == "medications"
        assert await guest.topic() == "medications"


async def test_nothing_of_marcus_is_heard_in_adas_visit(running: Running, redis: Redis) -> None:
    ada, visit = await running.as_("ada"), running.clinic.visits["ada"]
    async with listening(ada, f"/live?visit={visit}") as stream:
        for key, topic in (
            (person_key(running.clinic["marcus"]), "medications"),
            (visit_key(running.clinic.visits["marcus"]), "symptoms"),
            (person_key(running.clinic["drew"]), "alerts"),
            (visit_key(visit), "notes"),
        ):
            await redis.publish(f"titrate:topic:{key}", topic)
        assert await stream.topic() == "notes"


async def test_what_was_announced_between_rendering_and_listening_is_made_good(running: Running) -> None:
    ada, drew, visit = await running.as_("ada"), await running.as_("drew"), running.clinic.visits["ada"]
    url = await live_url(drew, f"/visits/{visit}")
    assert f"visit={visit}" in url
    async with listening(drew, url) as stream:  # the premise: when nothing was announced, nothing is said again
        assert stream.answer.status_code == 200
    await ada.post(f"/visits/{visit}/medicines/report", running.clinic["ada"], name="Zinc", sentence="1", source="x")
    async with listening(drew, url, settled=False) as stream:
        heard = await stream.topics_until(announcing.TOPICS[-1])
        assert heard == list(announcing.TOPICS)
    again = await live_url(drew, f"/visits/{visit}")
    assert again != url
    async with listening(drew, again) as stream:
        assert stream.answer.status_code == 200


async def test_what_was_announced_while_the_page_was_being_read_is_made_good(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something changes after the page has read it, and before the page is written out."""
    drew, visit = await running.as_("drew"), running.clinic.visits["ada"]
    present = people_present

    async def present_then_changed(ask: Ask, work: UnitOfWork, those: VisitPeople, zone: str) -> PeoplePresent:
        async with Redis.from_url(running.settings.redis_url) as client:  # in the server's own loop
            await client.incr(f"titrate:announced:{visit_key(visit)}")
            await client.publish(f"titrate:topic:{visit_key(visit)}", "notes")
        return await present(ask, work, those, zone)

    monkeypatch.setattr(visit_page, "people_present", present_then_changed)
    url = await live_url(drew, f"/visits/{visit}")
    async with listening(drew, url, settled=False) as stream:
        assert await stream.topics_until(announcing.TOPICS[-1]) == list(announcing.TOPICS)


async def test_when_the_line_to_redis_breaks_every_page_reads_everything_again_and_none_is_closed(
    running: Running, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(await running.as_("drew")) as drew, listening(await running.as_("ada")) as ada:
        await redis.client_kill_filter(_type="pubsub")
        for page in (drew, ada):
            assert await page.topics_until(announcing.TOPICS[-1], 5) == list(announcing.TOPICS)
        await redis.publish(f"titrate:topic:{person_key(running.clinic['ada'])}", "notes")
        assert await ada.topic() == "notes"
    assert "Traceback" not in caplog.text


async def test_an_announcement_that_was_counted_and_not_heard_is_made_good(running: Running, redis: Redis) -> None:
    name = person_key(running.clinic["drew"])
    async with listening(await running.as_("drew")) as stream:
        for _ in range(2):  # the first says how many there have been
            await announced(redis, name, "queue")
            assert await stream.topic() == "queue"
        await redis.incr(f"titrate:announced:{name}")
        await announced(redis, name, "notes")
        assert set(await stream.topics_until(announcing.TOPICS[-1])) == set(announcing.TOPICS)


async def test_an_ended_session_hears_not_one_topic_more(running: Running, redis: Redis) -> None:
    """The page's own clock may be slow; the stream must not tell a person who has left what goes on."""
    drew = await running.as_("drew")
    async with listening(drew) as stream:
        await redis.delete(f"titrate:session:{key_of(drew.session_id)}")
        await redis.publish(f"titrate:topic:{person_key(running.clinic['drew'])}", "queue")
        assert await stream.topic() is None


@pytest.mark.usefixtures("quick_heartbeat")
async def test_signing_out_ends_the_stream_though_nothing_happens(running: Running) -> None:
    drew = await running.as_("drew")
    async with listening(drew) as stream:
        assert (await drew.post("/sign-out")).status_code == 303
        assert await stream.topic(5) is None


@pytest.mark.usefixtures("quick_heartbeat")
async def test_somebody_taken_off_a_visit_stops_hearing_of_it(running: Running) -> None:
    visit = running.clinic.visits["ada"]
    async with listening(await running.as_("ilse"), f"/live?visit={visit}") as stream:
        async with transaction(running.settings.database_url) as conn:
            withdrawn = "UPDATE visit_participant SET withdrawn_at = now() WHERE person_id = :id"
            await conn.execute(text(withdrawn), {"id": running.clinic["ilse"]})
        assert await stream.topic(5) is None


async def test_listening_is_no_activity(running: Running, redis: Redis) -> None:
    drew = await running.as_("drew")
    key = f"titrate:session:{key_of(drew.session_id)}"
    before = await redis.hget(key, "seen")
    async with listening(drew) as stream:
        await redis.publish(f"titrate:topic:{person_key(running.clinic['drew'])}", "queue")
        assert await stream.topic() == "queue"
    assert await redis.hget(key, "seen") == before


async def test_a_page_that_vanishes_leaves_no_subscription(running: Running, redis: Redis) -> None:
    name = f"titrate:topic:{person_key(running.clinic['olu'])}"
    olu = await running.as_("olu")

    async def is_heard() -> bool:
        return bool(await redis.publish(name, "queue"))

    async def is_unheard() -> bool:
        return not await redis.publish(name, "queue")

    for _ in range(5):
        async with listening(olu, settled=False) as stream:
            await until(is_heard)
            assert stream.answer.status_code == 200
    await until(is_unheard)


async def test_one_session_cannot_hold_streams_without_end(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_STREAMS", 2)
    drew, ada = await running.as_("drew"), await running.as_("ada")
    async with listening(drew), listening(drew):
        refused = await drew.get("/live")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
        async with listening(ada) as stream:  # nobody else is held up by it
            assert stream.answer.status_code == 200

    async def may_listen_again() -> bool:
        async with drew.client.stream("GET", "/live") as answer:
            return answer.status_code == 200

    await until(may_listen_again)


async def test_a_slow_page_hears_each_topic_once_and_loses_none() -> None:
    pending = Pending()
    for topic in ("queue", *["symptoms"] * 1000, "medications", "queue"):
        pending.add(topic)
    assert await pending.take(0) == ("queue", "symptoms", "medications")
    assert await pending.take(0) == ()
    pending.add("notes")
    assert await pending.take(5) == ("notes",)


def test_the_pages_know_the_same_topics() -> None:
    script = (Path(visit_ui.__file__).parent / "static" / "js" / "shell" / "live.js").read_text(encoding="utf-8")
    listed = re.search(r"TOPICS = Object\.freeze\(\[(.*?)\]\)", script)
    assert listed
    assert tuple(re.findall(r'"([a-z]+)"', listed.group(1))) == announcing.TOPICS
