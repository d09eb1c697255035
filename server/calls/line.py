"""One person's line to a call: is the ticket theirs, may they join, may they still be there. The gateway asks.

Not known is not refused: while nobody can say whether somebody may be in the call, they stay in it and are asked about
again. Joining is the other way round: what cannot be recorded is not joined.
"""

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from redis.exceptions import RedisError

from compliance.shared.vocabulary import Action
from emr.presence import queries as presence_records
from emr.presence.joining import join_call
from emr.shared.errors import RecordError
from emr.shared.ids import PersonId, VisitId
from emr.visits import queries as visit_records
from emr.visits.model import VisitStatus
from server.application import unit_of_work as working
from server.application.actors import Subject, visit_key
from server.application.context import AppContext
from server.auth.sessions import Session
from server.live import announcing
from signaling import tickets
from signaling.errors import CloseCode, Closing
from signaling.tickets import Ticket

log = logging.getLogger("titrate")

# An engine that holds a question for longer has not answered it; the question is asked again two seconds later.
ANSWER_WITHIN_S: Final = 8.0
OPEN: Final = (VisitStatus.SCHEDULED, VisitStatus.WAITING, VisitStatus.IN_PROGRESS)


@dataclass(slots=True)
class CallConnection:
    """A session's line to the visit of `subject`, whose room is `room`."""

    app_context: AppContext
    session: Session
    subject: Subject
    room: str
    within_s: float = ANSWER_WITHIN_S
    _unsure: str = field(default="", init=False)

    @property
    def person(self) -> PersonId:
        """Whose line it is."""
        return PersonId(self.session.person_id)

    @property
    def visit_id(self) -> VisitId:
        """The visit it belongs to."""
        assert self.subject.visit_id is not None
        return self.subject.visit_id

    def check(self, text: str) -> Ticket:
        """The ticket, if it is this person's for this visit. Raises ``TicketRefused``."""
        now = self.app_context.clock()
        return tickets.check(
            text, key=self.app_context.ticket_key, now=now, visit=str(self.visit_id), participant=str(self.person)
        )

    async def still_allowed(self) -> bool:
        """False once it is known that they are not in the visit any more.

        Raises ``Closing`` when the session or the visit has ended. A live call is activity.
        """
        now = self.app_context.clock()
        if await self._answer("session", self.app_context.sessions.touch(self.session.key, now)) is False:
            raise Closing(CloseCode.SIGNED_OUT)
        return await self._answer("record", self._takes_part()) is not False

    async def joining(self, ticket: Ticket) -> bool:
        """Keep who joins, before anybody hears of them: it ends their check-ins. A device check is no call.

        Raises ``Closing``: they may not join (which is recorded), the visit is over, or it could not be recorded.
        """
        if ticket.room != self.room:
            return True
        try:
            async with asyncio.timeout(self.within_s):
                ended = await self._record_joining()
        except working.NotAllowed as error:
            raise Closing(CloseCode.NOT_ALLOWED) from error
        except RecordError as error:
            raise Closing(CloseCode.ENDED) from error
        except Exception as error:
            log.error("a joining could not be recorded (%s): it is refused", type(error).__name__)
            raise Closing(CloseCode.NOT_RECORDED) from error
        for visit in ended:
            with suppress(RedisError):  # the pages read again by themselves when their stream comes back
                await announcing.announce(self.app_context, visit_key(visit), "presence")
        return True

    async def _record_joining(self) -> tuple[VisitId, ...]:
        """The visits for which the person was checked in, whose pages should know."""
        async with working.begin(self.app_context, self.person, Action.VISIT_JOIN, self.subject) as work:
            await join_call(work.context, await work.visit())
            return await presence_records.visits_checked_in(work.conn, self.person, work.now)

    async def _takes_part(self) -> bool:
        async with self.app_context.database.connect() as conn:
            visit = await visit_records.get(conn, self.visit_id)
            allowed = await working.would_allow(self.app_context, conn, self.person, Action.VISIT_JOIN, self.subject)
        if visit is not None and visit.status not in OPEN:
            raise Closing(CloseCode.ENDED)
        return allowed and visit is not None

    async def _answer(self, whose: str, question: Awaitable[bool]) -> bool | None:
        """What an engine says; None: it did not, whatever the way in which it failed."""
        try:
            async with asyncio.timeout(self.within_s):
                answer = await question
        except Closing:
            raise
        except Exception as error:
            if not self._unsure:
                log.warning("who is in a call cannot be asked (%s: %s): the call goes on", whose, type(error).__name__)
            self._unsure = whose
            return None
        if self._unsure == whose:
            self._unsure = ""
        return answer
