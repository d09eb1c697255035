"""Who listens, to what, by which right; and asking for that right again without holding up the pages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from compliance.shared.vocabulary import Action
from emr.shared.ids import PersonId
from server.application import unit_of_work as working
from server.application.actors import Subject, listened_to
from server.application.context import AppContext
from server.auth.sessions import Session
from server.platform.database import UNREACHABLE

# Streams ask for their right every few seconds, hundreds of them: two connections do that, the rest are for pages.
AT_ONCE = 2
ANSWERS_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Listener:
    """One open page: its session, and what it listens to by which right."""

    session: Session
    action: Action
    subject: Subject

    @property
    def person(self) -> PersonId:
        """Who listens."""
        return PersonId(self.session.person_id)

    @property
    def keys(self) -> tuple[str, ...]:
        """What is listened to."""
        return listened_to(self.person, self.subject, self.action)


class Rights:
    """Whether listeners may still listen. Pages of one person that ask for the same at once are asked for once."""

    def __init__(self, app_context: AppContext) -> None:
        self._house = app_context
        self._few = asyncio.Semaphore(AT_ONCE)
        self._asked: dict[tuple[PersonId, Action, Subject], asyncio.Task[bool]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, app_context: AppContext) -> AsyncIterator["Rights"]:
        """Answers until the block is left."""
        made = cls(app_context)
        try:
            yield made
        finally:
            for task in list(made._asked.values()):
                task.cancel()

    async def is_signed_in(self, session: Session) -> bool:
        """Whether the session still lives. Listening is no activity.

        Raises RedisError or OSError when nobody can say.
        """
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            return await self._house.sessions.read(session.key, self._house.clock()) is not None

    async def may_listen(self, listener: Listener) -> bool:
        """Whether the right still holds: somebody may be taken off a visit while their page is open.

        While the database is away nobody can say: the stream goes on, and the next beat asks again.
        """
        key = (listener.person, listener.action, listener.subject)
        if (task := self._asked.get(key)) is None:
            task = self._asked[key] = asyncio.create_task(self._ask(*key))
            task.add_done_callback(lambda _: self._asked.pop(key, None))
        return await asyncio.shield(task)

    async def _ask(self, person: PersonId, action: Action, subject: Subject) -> bool:
        try:
            async with self._few, self._house.database.connect() as conn:
                return await working.would_allow(self._house, conn, person, action, subject)
        except UNREACHABLE:
            return True
