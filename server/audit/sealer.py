"""The worker's round over the log: seal what is final, sign the new head, copy it out of the database's reach.

Each step goes on though the next cannot: where nothing can be signed, what can be is still sealed and copied. What
is wrong is said once in the program's log when it begins and once when it is over, and kept for who asks.
"""

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import pace as paces
from compliance.audit import sealing
from compliance.audit.checkpoint import Signer
from compliance.audit.errors import LogDamaged
from compliance.audit.outside import Outside
from compliance.audit.pace import Fault, Pace
from compliance.audit.store import CheckpointStore
from server.application.context import AppContext
from server.audit.health import beat as beats
from server.audit.health.beat import Beat
from server.audit.health.faults import faults
from server.platform import database_clock as clocks
from server.platform.connections import reading

log = logging.getLogger("titrate.worker")

BATCH: Final = 1_000
LOOK_EVERY_S: Final = 10.0
AFTER_A_TROUBLE_S: Final = 5.0
# What is written waits for no more than the next look. What this finds later is a log or a folder that somebody else's
# hand has changed, which the verification names too.
WHOLE_EVERY_S: Final = 60.0


class Sealer:
    """One worker's hold on the log, from its start to its end."""

    def __init__(self, app_context: AppContext, signer: Signer, store: CheckpointStore) -> None:
        """Sign with `signer`, copy to `store`."""
        self._house, self._signer = app_context, signer
        self._outside = Outside(store, [signer.verifier])
        self._trouble: str | None = None
        self._aside = 0
        self._again_at: float | None = None
        self._clock: str | None = None
        self._ahead = timedelta()
        self._looked_at: datetime | None = None
        self._whole_at: float | None = None
        self._faults: frozenset[Fault] = frozenset()

    async def look(self) -> None:
        """A round, but where nothing waits one statement and no round, as long as the last one is not long ago.

        Raises as `round` does.
        """
        if self._whole_at is not None and self._trouble is None and time.monotonic() < self._whole_at:
            pace = await self._pace()
            if pace.quiet:
                self._compare(pace.at)
                self._tell(self._clock)
                await self._beat()
                return
        self._whole_at = None
        await self.round()
        self._whole_at = time.monotonic() + WHOLE_EVERY_S

    async def _pace(self) -> Pace:
        newest = self._outside.newest
        async with reading(self._house.database) as conn:
            return await paces.read(conn, None if newest is None else newest.size)

    async def round(self) -> None:
        """Once through. Raises what an engine raises; whatever is wrong with the log itself is kept and told."""
        if self._again_at is None or time.monotonic() >= self._again_at:
            self._tell(await self._seal() or await self._copy() or self._clock)
        await self._beat()

    async def _seal(self) -> str | None:
        """Seal and sign; gives why it cannot be gone on with, None: it can."""
        try:
            horizon = await self._seal_all()
            async with self._house.database.begin() as conn:
                await sealing.checkpoint(conn, self._signer, await self._time(conn), complete_to=horizon)
        except LogDamaged as error:
            return str(error)
        return None

    async def _seal_all(self) -> datetime | None:
        """Seal all that is final; gives the moment up to which the tree is then complete, when that is known."""
        async with self._house.database.connect() as conn:
            horizon = await sealing.horizon(conn)
        sealed = BATCH
        while sealed == BATCH:
            async with self._house.database.begin() as conn:
                sealed = await sealing.seal(conn, await self._time(conn), BATCH)
        return horizon

    async def _time(self, conn: AsyncConnection) -> datetime:
        """The database's. Sealing goes on by it though this machine's clock is wrong, which is told."""
        theirs: datetime = (await conn.execute(select(func.clock_timestamp()))).scalar_one()
        self._compare(theirs)
        return theirs

    def _compare(self, theirs: datetime) -> None:
        self._clock = clocks.trouble(self._house, theirs)
        self._ahead = self._house.clock() - theirs

    async def _copy(self) -> str | None:
        """Copy outside; gives why it cannot be done, None: it is."""
        async with self._house.database.connect() as conn:
            try:
                while await self._outside.export(conn):
                    pass
                self._tell_aside()
            except LogDamaged as error:
                return str(error)
            except OSError as error:
                return f"The folder of checkpoints cannot be written: {error.strerror or type(error).__name__}."
        return None

    def _tell_aside(self) -> None:
        if self._outside.set_aside > self._aside:
            log.error("sealing: what was no checkpoint of this log was put aside in the folder of checkpoints")
        self._aside = self._outside.set_aside

    def _tell(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            if trouble is None:
                log.info("sealing: signed and copied again")
            else:
                log.error("sealing: %s", trouble)
        self._trouble = trouble
        self._again_at = None if trouble is None else time.monotonic() + AFTER_A_TROUBLE_S

    async def _beat(self) -> None:
        now = self._house.clock() - self._ahead
        newest = self._outside.newest
        outside = None if newest is None else newest.size
        await beats.keep(self._house.redis, Beat(now, outside, self._trouble))
        if self._looked_at is None or now >= _later(self._looked_at, LOOK_EVERY_S):
            self._looked_at = now
            async with reading(self._house.database) as conn:
                self._tell_faults(await faults(conn, self._house.redis, now))

    def _tell_faults(self, found: Mapping[Fault, str]) -> None:
        for code in found.keys() - self._faults - {Fault.WORKER_REFUSES}:
            log.error("the log does not keep up: %s: %s", code.value, found[code])
        self._faults = frozenset(found)


def _later(moment: datetime, seconds: float) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() + seconds, moment.tzinfo)
