"""Whether somebody may still be in a call: an engine that does not answer, in whatever way, refuses nobody.

And nobody who is known not to belong there stays because the other engine does not answer.
"""

import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from emr.shared.context import UseCaseContext
from emr.shared.ids import PersonId
from emr.visits import booking
from emr.visits import repository as visit_records
from emr.visits.model import ParticipantRole
from server.application.actors import Subject
from server.application.context import AppContext
from server.auth.sessions import Sessions, SignedInPerson, key_of
from server.auth.settings import SessionSettings
from server.auth.tokens import IdToken
from server.calls.line import CallConnection
from server.platform import database as databases
from server.processes.resources import open_app_context
from signaling.errors import CloseCode, Closing
from signaling.ids import ParticipantId, RoomId
from signaling.tickets import FULL_RIGHTS, Ticket
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.web_process import ISSUER, away, begin_visit, found, settings_for, transaction

WITHIN_S = 0.7  # in place of the eight seconds that an engine has to answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rights")


@pytest.fixture
async def line(engines: Engines, database: Database, folder: Path) -> AsyncIterator[CallConnection]:
    """Ilse's line to Ada's call, whom Drew has let in."""
    now = datetime.now(UTC)
    settings = settings_for(database.app_url, engines.redis(6), free_port(), folder)
    async with transaction(database.app_url) as conn:
        person = await conn.scalar(text("SELECT id FROM person WHERE given_name = 'Ilse'"))
        if person is None:
            clinic = await found(conn, now)
            await begin_visit(conn, clinic, "ada", "drew", now)
            person = clinic["ilse"]
        open_now = text("SELECT id, patient_id FROM visit WHERE status = 'in_progress'")
        visit = await visit_records.get(conn, (await conn.execute(open_now)).one().id)
        assert visit is not None
        await booking.invite(
            UseCaseContext(conn, visit.prescriber, now),
            visit.id,
            visit.patient,
            PersonId(person),
            ParticipantRole.FAMILY,
        )
    async with open_app_context(settings, demo=False) as app_context:
        token = IdToken(issuer=ISSUER, subject="ilse", sid=None, auth_time=now, raw="")
        begun = await app_context.sessions.begin(SignedInPerson(PersonId(person), frozenset({"guest"})), token, now)
        session = await app_context.sessions.read(key_of(begun), now)
        assert session is not None
        made = CallConnection(app_context, session, Subject(visit.patient, visit.id), visit.room, within_s=WITHIN_S)
        assert await made.still_allowed(), "the premise"
        yield made


async def uninvite(line: CallConnection, database: Database) -> None:
    async with transaction(database.app_url) as conn:
        taken = "UPDATE visit_participant SET withdrawn_at = now() WHERE person_id = :id AND withdrawn_at IS NULL"
        await conn.execute(text(taken), {"id": line.person})


async def process_of_the_database(app_context: AppContext) -> int:
    """The postmaster: the parent of the process that answers."""
    async with app_context.database.connect() as conn:
        backend = await conn.scalar(text("SELECT pg_backend_pid()"))
    return parent_of(int(backend or 0))


def parent_of(process: int) -> int:
    """As /proc/<pid>/stat says, behind the command's name."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


@contextmanager
def stopped(postmaster: int) -> Iterator[None]:
    """Every process of that PostgreSQL stands still: connections stay open and nothing is answered."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    those = [postmaster, *map(int, children)]
    for one in those:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in reversed(those):
            os.kill(one, signal.SIGCONT)


@asynccontextmanager
async def trouble(kind: str, line: CallConnection, database: Database) -> AsyncIterator[AppContext]:
    """The house while an engine is away in that way."""
    app_context = line.app_context
    async with AsyncExitStack() as stack:
        match kind:
            case "stopped in its tracks":
                stack.enter_context(stopped(await process_of_the_database(app_context)))
            case "restarting":
                await stack.enter_async_context(away(database))
            case "nothing listens":
                nowhere = databases.engine(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
                app_context = replace(app_context, database=nowhere)
            case "every connection taken":
                small = databases.engine(app_context.settings.database_url, pool_size=1)
                stack.push_async_callback(small.dispose)
                vars(small.pool)["_timeout"] = 0.2  # in place of ten seconds
                for _ in range(6):
                    await stack.enter_async_context(small.connect())
                app_context = replace(app_context, database=small)
            case "a table that cannot be read":
                broken = databases.one_shot_engine(
                    databases.with_database(app_context.settings.database_url, "postgres")
                )
                app_context = replace(app_context, database=broken)
            case _:
                redis = Redis.from_url(f"redis://127.0.0.1:{free_port()}", decode_responses=True)
                stack.push_async_callback(redis.aclose)
                app_context = replace(app_context, redis=redis, sessions=Sessions(redis, SessionSettings()))
        yield app_context


def patient(line: CallConnection) -> CallConnection:
    """The same line, whose engines may be as slow as a busy machine makes them: they do answer."""
    return replace(line, within_s=30)


def standing(at: datetime) -> Callable[[], datetime]:
    """A clock that shows that time."""
    return lambda: at


def ticket_of(line: CallConnection) -> Ticket:
    """A good ticket of theirs."""
    person = ParticipantId(str(line.person))
    return Ticket(str(line.visit_id), RoomId(line.room), person, "guest", FULL_RIGHTS, expires=2_000_000_000)


KINDS = (
    "stopped in its tracks",
    "restarting",
    "nothing listens",
    "every connection taken",
    "a table that cannot be read",
    "sessions cannot be read",
)


@pytest.mark.parametrize("kind", KINDS)
async def test_not_known_is_not_refused_however_long_and_asked_again_until_it_is_known(
    line: CallConnection, database: Database, kind: str
) -> None:
    async with trouble(kind, line, database) as app_context:
        for minutes in (0, 2, 10):
            later = datetime.now(UTC) + timedelta(minutes=minutes)
            assert await replace(line, app_context=replace(app_context, clock=standing(later))).still_allowed()
    await uninvite(line, database)
    assert not await patient(line).still_allowed()


async def test_one_engine_that_knows_better_is_believed(line: CallConnection, database: Database) -> None:
    await uninvite(line, database)
    async with trouble("sessions cannot be read", line, database) as app_context:
        assert not await replace(patient(line), app_context=app_context).still_allowed()
    await line.app_context.sessions.end(line.session.key)
    async with trouble("nothing listens", line, database) as app_context:
        with pytest.raises(Closing) as closing:
            await replace(patient(line), app_context=app_context).still_allowed()
    assert closing.value.close is CloseCode.SIGNED_OUT


@pytest.mark.parametrize("kind", KINDS[:-1])
async def test_a_joining_that_cannot_be_recorded_is_refused(
    line: CallConnection, database: Database, kind: str
) -> None:
    ticket = ticket_of(line)
    joins = "SELECT count(*) FROM call_join"
    async with transaction(database.app_url) as conn:
        before = await conn.scalar(text(joins))
    async with trouble(kind, line, database) as app_context:
        with pytest.raises(Closing) as closing:
            await replace(line, app_context=app_context).joining(ticket)
    assert closing.value.close is CloseCode.NOT_RECORDED
    async with transaction(database.app_url) as conn:
        assert await conn.scalar(text(joins)) == before
    assert await patient(line).joining(ticket)


async def test_who_was_taken_off_between_the_door_and_the_call_is_refused_and_that_is_on_record(
    line: CallConnection, database: Database
) -> None:
    await uninvite(line, database)
    with pytest.raises(Closing) as closing:
        await patient(line).joining(ticket_of(line))
    assert closing.value.close is CloseCode.NOT_ALLOWED
    asked = "SELECT count(*) FROM audit_entry WHERE outcome = 'refused' AND action = 'visit.join' AND actor_id = :id"
    async with transaction(database.app_url) as conn:
        assert await conn.scalar(text(asked), {"id": line.person}) == 1
