"""The call's WebSocket: opened for who takes part, by a page of ours, with a ticket of their own, while that holds."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from queue import Queue

import pytest
import websockets
from redis.asyncio import Redis
from sqlalchemy import text
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from emr.shared.context import UseCaseContext
from emr.visits import booking
from emr.visits.booking import NewVisit
from emr.visits.model import Modality
from server.auth.actor import SESSION_COOKIE
from server.auth.sessions import key_of
from server.calls.line import CallConnection
from server.http.app import make_app
from signaling import protocol, tickets, wire
from signaling.bus.bus import Bus
from signaling.errors import CloseCode, RefusalCode
from signaling.ids import PeerId, RoomId
from signaling.node import media
from signaling.node.media import MediaSettings
from signaling.protocol import (
    ClientMessage,
    Goodbye,
    Hello,
    Leave,
    Ping,
    Pong,
    Refused,
    Roster,
    Sending,
    ServerMessage,
    Welcome,
)
from signaling.tickets import FULL_RIGHTS, SELF_TEST_RIGHTS, Right
from signaling.web import connection
from tests.conftest import Database
from tests.fuzz.exploring import Effort
from tests.fuzz.texts import ANY_TEXT, SAID
from tests.ports import free_port
from tests.server.row_cases import UNKNOWN, WHERE, refused_entries
from tests.server.web_process import Person, Running, away, serving, transaction

OWN = "own"
HANDSHAKE_REFUSED = 403


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def opened(
    running: Running, person: Person | None, visit: object, *, origin: str | None = OWN
) -> AsyncIterator[ClientConnection]:
    """A socket as a page of ``origin`` opens it, with the person's cookie."""
    url = f"{running.base.replace('http', 'ws')}/visits/{visit}/call"
    headers = {"Cookie": f"{SESSION_COOKIE}={person.session_id}"} if person else {}
    sent = Origin(running.base if origin == OWN else origin) if origin else None
    async with connect(url, origin=sent, additional_headers=headers, proxy=None) as line:
        yield line


async def refused_at_the_door(
    running: Running, person: Person | None, visit: object, *, origin: str | None = OWN
) -> int:
    """The status that the handshake was answered with."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with opened(running, person, visit, origin=origin):
            raise AssertionError("opened")
    return refused.value.response.status_code


async def say(line: ClientConnection, message: ClientMessage) -> None:
    await line.send(protocol.serialize(message))


async def hear(line: ClientConnection, kind: type[ServerMessage], within_s: float = 10) -> ServerMessage:
    """The next message of this kind."""
    async with asyncio.timeout(within_s):
        while True:
            received = await line.recv()
            assert isinstance(received, str)
            message = protocol.parse_server(received)
            if isinstance(message, kind):
                return message


async def closed(line: ClientConnection, within_s: float = 10) -> CloseCode:
    """How the server closed the line, goodbye said first."""
    goodbye = await hear(line, Goodbye, within_s)
    async with asyncio.timeout(within_s):
        await line.wait_closed()
    assert isinstance(goodbye, Goodbye)
    assert line.close_code == goodbye.code
    return CloseCode(goodbye.code)


def attribute(page: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]+)"', page)
    assert found, page[:300]
    return found.group(1)


async def hello(person: Person, visit: object) -> Hello:
    """What the person's own page says first."""
    page = (await person.get(f"/visits/{visit}")).text
    return Hello(protocol.VERSION, attribute(page, "data-ticket"), RoomId(attribute(page, "data-room")))


@pytest.fixture
async def visit(running: Running) -> str:
    """Ada's visit, in progress."""
    visit, ada = running.clinic.visits["ada"], running.clinic["ada"]
    arrived = await (await running.as_("ada")).post(f"/visits/{visit}/arrive", ada, **WHERE)
    admitted = await (await running.as_("drew")).post(f"/visits/{visit}/admit", ada)
    assert {arrived.status_code, admitted.status_code} <= {303, 409}
    return str(visit)


@pytest.fixture
async def relay(running: Running) -> AsyncIterator[None]:
    """A media process in this loop, on a port of its own."""
    ready = asyncio.Event()
    async with Bus.open(running.settings.redis_url) as bus:
        settings = MediaSettings(hosts=("127.0.0.1",), port=0)
        running_media = asyncio.create_task(media.run(settings, bus, clock=now, ready=lambda port: ready.set()))
        async with asyncio.timeout(10):
            await ready.wait()
        yield
        running_media.cancel()
        await asyncio.gather(running_media, return_exceptions=True)


@pytest.fixture
async def redis(running: Running) -> AsyncIterator[Redis]:
    async with Redis.from_url(running.settings.redis_url, decode_responses=True) as client:
        yield client


# At the door


async def test_nobody_signed_in_is_let_through_the_door(running: Running, visit: str, redis: Redis) -> None:
    for key in await redis.keys("titrate:limit:*"):
        await redis.delete(key)
    assert await refused_at_the_door(running, None, visit) == HANDSHAKE_REFUSED
    forged = Person((await running.as_("ada")).client, "", "an-invented-session-id")
    assert await refused_at_the_door(running, forged, visit) == HANDSHAKE_REFUSED
    counted = [await redis.get(key) for key in await redis.keys("titrate:limit:socket:*")]
    assert sorted(int(count or 0) for count in counted) == [1, 1, 1], "an address, a browser, its address"


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://localhost", "{base}.evil.example"])
async def test_only_a_page_of_ours_opens_a_line(running: Running, visit: str, origin: str | None) -> None:
    ada = await running.as_("ada")
    async with opened(running, ada, visit):
        pass  # the premise
    said = origin.format(base=running.base) if origin else None
    assert await refused_at_the_door(running, ada, visit, origin=said) == HANDSHAKE_REFUSED


@pytest.mark.parametrize("name", ["marcus", "noor", "ruth", "jonah", "tomas", "sofia", "olu", "carla"])
async def test_who_takes_no_part_is_refused_like_at_a_visit_that_is_not_there(
    running: Running, visit: str, name: str
) -> None:
    person = await running.as_(name)
    async with transaction(running.settings.database_url) as conn:
        before = await refused_entries(conn)
        assert await refused_at_the_door(running, person, visit) == HANDSHAKE_REFUSED
        assert await refused_entries(conn) == before + 1
        assert await refused_at_the_door(running, person, UNKNOWN) == HANDSHAKE_REFUSED
        assert await refused_at_the_door(running, person, "nobodys") == HANDSHAKE_REFUSED


# At hello


async def test_the_ticket_must_be_ones_own(running: Running, visit: str) -> None:
    ada, drew = await running.as_("ada"), await running.as_("drew")
    drews = await hello(drew, visit)
    async with opened(running, ada, visit) as line:
        await say(line, drews)
        assert await closed(line) is CloseCode.TICKET_REFUSED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"visit": UNKNOWN}, CloseCode.TICKET_REFUSED),
        ({"participant": UNKNOWN}, CloseCode.TICKET_REFUSED),
        ({"key": b"another key of forty characters and more"}, CloseCode.TICKET_REFUSED),
        ({"now": now() - timedelta(hours=7)}, CloseCode.TICKET_REFUSED),
    ],
    ids=["another visit", "another person", "another key", "expired"],
)
async def test_a_ticket_that_is_not_for_this_line(
    running: Running, visit: str, change: dict[str, object], code: CloseCode
) -> None:
    ada = await running.as_("ada")
    right = await hello(ada, visit)
    minted: dict[str, object] = {
        "key": running.settings.ticket_key.encode(),
        "visit": visit,
        "room": right.room,
        "participant": str(running.clinic["ada"]),
        "part": "patient",
        "rights": FULL_RIGHTS,
        "now": now(),
    }
    values = minted | change
    ticket = tickets.mint(values.pop("key"), **values)  # type: ignore[arg-type]  # a test's keyword arguments
    async with opened(running, ada, visit) as line:
        await say(line, Hello(protocol.VERSION, ticket, right.room))
        assert await closed(line) is code


async def test_a_ticket_opens_its_own_room_only(running: Running, visit: str) -> None:
    ada = await running.as_("ada")
    right = await hello(ada, visit)
    async with opened(running, ada, visit) as line:
        await say(line, Hello(protocol.VERSION, right.ticket, RoomId("another-room")))
        assert await closed(line) is CloseCode.UNKNOWN_ROOM


async def test_what_is_no_hello_closes_the_line(running: Running, visit: str) -> None:
    ada = await running.as_("ada")
    for first in ("", "{}", "[" * 60_000, '{"type": "hello"}', protocol.serialize(Leave(1)), "\0"):
        async with opened(running, ada, visit) as line:
            await line.send(first)
            assert await closed(line) is CloseCode.BAD_MESSAGE, first[:20]
    right = protocol.serialize(replace(await hello(ada, visit), resume=PeerId("peer")))
    for old, new in (('"ticket":"', '"ticket":"\\ud800'), ('"peer"', '"\\udfff"')):
        async with opened(running, ada, visit) as line:
            await line.send(right.replace(old, new))
            assert await closed(line) is CloseCode.BAD_MESSAGE, new
    async with opened(running, ada, visit) as line:
        await line.send(b"\x00\x01")
        async with asyncio.timeout(10):
            await line.wait_closed()
    for length, code in ((100_000, CloseCode.TOO_LARGE), (200_000, websockets.CloseCode.MESSAGE_TOO_BIG)):
        async with opened(running, ada, visit) as line:
            await line.send("x" * length)
            async with asyncio.timeout(10):
                await line.wait_closed()
            assert line.close_code == code


async def test_whatever_is_said_first_closes_with_a_reason_of_ours(running: Running, visit: str) -> None:
    ada, loop = await running.as_("ada"), asyncio.get_running_loop()
    right = wire.encode(await hello(ada, visit))

    async def first(text: str) -> None:
        async with opened(running, ada, visit) as line:
            await line.send(text)
            assert await closed(line) in {CloseCode.BAD_MESSAGE, CloseCode.TICKET_REFUSED, CloseCode.VERSION}

    def check(text: str) -> None:
        asyncio.run_coroutine_threadsafe(first(text), loop).result()

    greetings = ANY_TEXT.map(lambda text: json.dumps({"type": "hello", **right, "ticket": text}))
    sendable = SAID.filter(lambda text: len(text) < protocol.MAX_MESSAGE_BYTES // 4 and text.isascii())
    await asyncio.to_thread(Effort(20, fixed=True).explore, check, greetings | sendable)


async def test_without_a_media_process_the_page_is_told_to_come_back(running: Running, visit: str) -> None:
    ada = await running.as_("ada")
    async with opened(running, ada, visit) as line:
        await say(line, await hello(ada, visit))
        goodbye = await hear(line, Goodbye)
        assert isinstance(goodbye, Goodbye)
        assert (goodbye.code, goodbye.retry_s is not None) == (CloseCode.NO_MEDIA, True)


# In the call


@pytest.mark.usefixtures("relay")
async def test_patient_prescriber_and_guest_meet_and_no_name_is_on_the_line(running: Running, visit: str) -> None:
    ada, drew, ilse = [await running.as_(name) for name in ("ada", "drew", "ilse")]
    async with opened(running, ada, visit) as first, opened(running, drew, visit) as second:
        await say(first, await hello(ada, visit))
        welcome = await hear(first, Welcome)
        assert isinstance(welcome, Welcome)
        assert (welcome.participant, welcome.part) == (str(running.clinic["ada"]), "patient")
        await say(second, await hello(drew, visit))
        await hear(second, Welcome)
        async with opened(running, ilse, visit) as third:
            await say(third, await hello(ilse, visit))
            guest = await hear(third, Welcome)
            assert isinstance(guest, Welcome)
            assert guest.part == "guest"
            roster = await hear(third, Roster)
            assert isinstance(roster, Roster)
            assert {one.participant for one in roster.people} == {
                str(running.clinic[who]) for who in ("ada", "drew", "ilse")
            }
            told = protocol.serialize(roster).lower()
            for one in roster.people:
                told = told.replace(one.participant, "")  # hexadecimal, in which "ada" stands now and then
            assert not re.search("ada|drew|ilse|cast", told)
            await say(third, Leave(1))
            assert await closed(third) is CloseCode.LEFT
    joined = (
        "SELECT e.actor_id FROM audit_entry e JOIN audit_content c ON c.entry_id = e.id JOIN call_join j"
        " ON c.content -> 'records' ? ('call_join/' || j.id) AND j.person_id = e.actor_id WHERE e.action = 'call.join'"
    )
    async with transaction(running.settings.database_url) as conn:
        assert {row.actor_id for row in await conn.execute(text(joined))} >= {
            running.clinic[who] for who in ("ada", "drew", "ilse")
        }


@pytest.mark.usefixtures("relay")
async def test_in_a_phone_visit_no_ticket_gives_a_right_to_pictures(running: Running) -> None:
    marcus, drew = await running.as_("marcus"), await running.as_("drew")
    patient, prescriber = running.clinic["marcus"], running.clinic["drew"]
    async with transaction(running.settings.database_url) as conn:
        phone = NewVisit(patient=patient, prescriber=prescriber, start=now(), modality=Modality.AUDIO)
        visit = (await booking.book(UseCaseContext(conn, prescriber, now()), phone)).id

    def rights(page: str) -> frozenset[Right]:
        ticket = attribute(page, "data-ticket")
        return tickets.check(ticket, key=running.settings.ticket_key.encode(), now=now()).rights

    check = (await marcus.get(f"/visits/{visit}/prepare")).text
    assert rights(check) == SELF_TEST_RIGHTS - {Right.PUBLISH_VIDEO}
    await marcus.post(f"/visits/{visit}/arrive", patient, **WHERE)
    await drew.post(f"/visits/{visit}/admit", patient)
    for person in (marcus, drew):
        assert rights((await person.get(f"/visits/{visit}")).text) == FULL_RIGHTS - {Right.PUBLISH_VIDEO}
    async with opened(running, marcus, visit) as line:
        await say(line, await hello(marcus, visit))
        await hear(line, Welcome)
        await say(line, Sending(7, True, True))
        refused = await hear(line, Refused)
        assert isinstance(refused, Refused)
        assert (refused.id, refused.code) == (7, RefusalCode.NOT_PERMITTED)


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> Queue[bool]:
    """Each answer whether somebody in a call may stay in it; asked many times a second, and not every two seconds."""
    answers: Queue[bool] = Queue()
    ask = CallConnection.still_allowed

    async def still_allowed(line: CallConnection) -> bool:
        answers.put(answer := await ask(line))
        return answer

    monkeypatch.setattr(CallConnection, "still_allowed", still_allowed)
    monkeypatch.setattr(connection, "ALLOWED_EVERY_S", 0.05)
    return answers


async def asked_anew(questions: Queue[bool]) -> None:
    """Until it was asked and answered after this: a question that is under way now may be older."""
    while not questions.empty():
        questions.get()
    for _ in range(2):
        await asyncio.to_thread(questions.get, timeout=20)


@pytest.mark.usefixtures("relay")
async def test_a_call_counts_as_activity(running: Running, visit: str, redis: Redis, questions: Queue[bool]) -> None:
    ada = await running.as_("ada")
    key = f"titrate:session:{key_of(ada.session_id)}"
    async with opened(running, ada, visit) as line:
        await say(line, await hello(ada, visit))
        await hear(line, Welcome)
        almost_idle = now().timestamp() - 890
        await redis.hset(key, "seen", repr(almost_idle))
        await asked_anew(questions)
    assert (await ada.client.get("/session/remaining")).json()["idle_s"] > 800


@pytest.mark.usefixtures("relay")
async def test_a_call_outlives_a_database_that_restarts(
    running: Running, visit: str, database: Database, questions: Queue[bool]
) -> None:
    """Asked again and again whether they may be in it, and for a while nobody can say."""
    ada = await running.as_("ada")
    async with opened(running, ada, visit) as line:
        await say(line, await hello(ada, visit))
        await hear(line, Welcome)
        async with away(database):
            assert (await ada.get("/home")).status_code == 503, "the premise"
            for beat in range(3):
                await asked_anew(questions)
                await say(line, Ping(beat))
                await hear(line, Pong)
        await say(line, Ping(99))
        await hear(line, Pong)


@pytest.mark.usefixtures("relay")
async def test_what_cannot_be_recorded_is_not_joined_and_the_page_is_told_why(
    running: Running, visit: str, database: Database
) -> None:
    """The database goes away before the handshake, or between it and hello."""
    ada = await running.as_("ada")
    words = await hello(ada, visit)
    async with opened(running, ada, visit) as before, away(database):
        await say(before, words)
        async with opened(running, ada, visit) as late:
            for line in (before, late):
                goodbye = await hear(line, Goodbye)
                assert isinstance(goodbye, Goodbye)
                assert (goodbye.code, goodbye.retry_s) == (CloseCode.NOT_RECORDED, 2)
                assert "recorded" in goodbye.message
    async with opened(running, ada, visit) as line:
        await say(line, words)
        await hear(line, Welcome)


@pytest.mark.usefixtures("relay", "questions")
@pytest.mark.parametrize("end", ["idle", "signed out", "role taken away", "uninvited"])
async def test_a_line_ends_with_what_allowed_it(running: Running, visit: str, redis: Redis, end: str) -> None:
    ilse = await running.as_("ilse")
    who = {"id": running.clinic["ilse"]}
    async with opened(running, ilse, visit) as line:
        await say(line, await hello(ilse, visit))
        await hear(line, Welcome)
        undo = ""
        async with transaction(running.settings.database_url) as conn:
            match end:
                case "idle":
                    await redis.hset(f"titrate:session:{key_of(ilse.session_id)}", "seen", "1000000000")
                case "signed out":
                    assert (await ilse.post("/sign-out")).status_code == 303
                case "uninvited":
                    taken = "UPDATE visit_participant SET withdrawn_at = now() WHERE person_id = :id"
                    await conn.execute(text(taken), who)
                case _:
                    await conn.execute(text("UPDATE role_grant SET revoked_at = now() WHERE person_id = :id"), who)
                    undo = (
                        "INSERT INTO role_grant (id, person_id, role, granted_at)"
                        " VALUES (gen_random_uuid(), :id, 'guest', now())"
                    )
        assert await closed(line, 6) is (
            CloseCode.SIGNED_OUT if end in ("idle", "signed out") else CloseCode.NOT_ALLOWED
        )
    async with transaction(running.settings.database_url) as conn:
        if undo:
            await conn.execute(text(undo), who)
    later = await running.as_("ilse")
    if end == "uninvited":
        assert await refused_at_the_door(running, later, visit) == HANDSHAKE_REFUSED
        return
    async with opened(running, later, visit):
        pass  # and with what allows it, it opens again


@pytest.mark.usefixtures("relay")
async def test_ending_the_visit_closes_every_line_and_opens_none(running: Running, visit: str) -> None:
    ada, drew = await running.as_("ada"), await running.as_("drew")
    first_words = await hello(ada, visit)
    async with opened(running, ada, visit) as line:
        await say(line, first_words)
        await hear(line, Welcome)
        ended = await drew.post(f"/visits/{visit}/end", running.clinic["ada"])
        assert ended.status_code == 303
        assert await closed(line, 6) is CloseCode.ENDED
    async with opened(running, ada, visit) as late:
        await say(late, first_words)
        assert await closed(late) is CloseCode.ENDED


class LeavesAtTheDoor:
    """Stands before the application as a server whose client went away during the handshake."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "websocket.accept":
                raise ClientDisconnected
            await send(message)

        await self.app(scope, receive, sending)


async def test_a_browser_that_leaves_in_the_handshake_is_nobodys_error(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """uvicorn tells it by an OSError, which is not the database's."""
    port = free_port()
    elsewhere = replace(running.settings, port=port, media_port=port, public_url=f"http://localhost:{port}")
    app = make_app(elsewhere)
    app.add_middleware(LeavesAtTheDoor)
    drew = await running.as_("drew")
    there = Running(elsewhere, f"http://localhost:{port}", running.clinic)
    with caplog.at_level(logging.INFO), serving(elsewhere, app=app), pytest.raises(websockets.InvalidHandshake):
        async with opened(there, drew, running.clinic.visits["ada"]):
            raise AssertionError("opened")
    assert [one.getMessage() for one in caplog.records if one.name == "titrate"] == []
