"""Leaves that nobody told: the media process was killed, or Redis lost what it had said. Made good by the worker.

The record knows who came into a call; the media processes say in Redis who is in a room now. Who came, has not left by
the record and is in no room for a while gets a leave with the time they were last known there, and how it is known.
"""

import logging
from collections.abc import Collection
from datetime import datetime
from time import monotonic
from typing import Final

from emr.presence import joining
from emr.presence import queries as calls
from emr.presence.queries import JoinWatermark, OpenJoin
from emr.shared.context import UseCaseContext
from server.application.actors import person_key, visit_key
from server.application.context import AppContext
from server.calls import events as call_events
from server.calls import seen as seen_in_calls
from server.calls.seen import Who
from server.live import announcing
from server.platform.connections import reading

log = logging.getLogger("titrate.worker")

EVERY_S: Final = 6.0
# Longer than a room is forgotten after its media process died (10 s) and than a told leave needs to arrive.
ABSENT_FOR_S: Final = 20.0
RULE: Final = "call.lost"


class LostLeaves:
    """A round every few seconds. What it remembers: who was last seen when, and who is missing since when."""

    def __init__(self, app_context: AppContext, *, absent_for_s: float = ABSENT_FOR_S) -> None:
        self._house = app_context
        self._absent_for_s = absent_for_s
        self._mark = JoinWatermark()
        self._absent: dict[Who, float] = {}
        self._seen: dict[Who, datetime] = {}

    async def round(self) -> None:
        """Look once, and write what is missing for long enough. Raises what an engine that is away raises."""
        async with reading(self._house.database) as conn:
            stays, mark = await calls.open_stays(conn, self._mark)
        here = await self._in_their_rooms(stays)
        await self._saw(here, [(stay.visit, stay.person) for stay in stays])
        now = monotonic()
        since = {(stay.visit, stay.person): now for stay in stays if (stay.visit, stay.person) not in here}
        self._absent = {who: self._absent.get(who, began) for who, began in since.items()}
        for stay in stays:
            began = self._absent.get((stay.visit, stay.person))
            if began is not None and now - began >= self._absent_for_s:
                await self._make_good(stay)
        self._mark = mark

    async def _in_their_rooms(self, stays: Collection[OpenJoin]) -> frozenset[Who]:
        """Those of them whom a media process says to be in the room, or away for some seconds."""
        rooms = {stay.room for stay in stays}
        there = {room: {one.participant for one in await self._house.bus.presence(room)} for room in rooms}
        return frozenset((stay.visit, stay.person) for stay in stays if str(stay.person) in there[stay.room])

    async def _saw(self, here: Collection[Who], staying: Collection[Who]) -> None:
        """Remember it here and in Redis: one of the two may be lost."""
        now = self._house.clock()
        for who in staying:
            if who in here:
                self._seen[who] = now
            elif who not in self._seen and (known := await seen_in_calls.last(self._house, who)) is not None:
                self._seen[who] = known
        gone = self._seen.keys() - set(staying)
        for who in gone:
            del self._seen[who]
        await seen_in_calls.remember(self._house, here, now)
        await seen_in_calls.forget(self._house, gone)

    async def _make_good(self, stay: OpenJoin) -> None:
        app_context = self._house
        async with app_context.database.begin() as conn:
            context = UseCaseContext(conn, stay.person, app_context.clock())
            seen = self._seen.get((stay.visit, stay.person))
            if not await joining.note_lost(context, stay.visit, stay.patient, stay.person, seen):
                return
            await call_events.write(context, RULE)
        log.warning("a leave was made good that nobody had told: visit %s, person %s", stay.visit, stay.person)
        for key in (visit_key(stay.visit), person_key(stay.person)):
            await announcing.announce(app_context, key, "presence")
