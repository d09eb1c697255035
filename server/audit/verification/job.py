"""The worker's verification: what is new every minute, the whole log at night and when an officer asks.

It runs on a connection of its own, gives the worker's other jobs their turn after every few rows, and keeps where it
is every second: stopped in the middle, it goes on from there. One at a time, whatever the number of workers.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from datetime import time as clock_time
from typing import Final
from zoneinfo import ZoneInfo

from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.entries import AuditEntry, EntryOutcome
from compliance.audit.findings import VerificationReport
from compliance.audit.store import DirectoryStore
from compliance.audit.verification.observing import Observer
from compliance.audit.verification.progress import Base, Progress, VerificationStage
from compliance.audit.verify import verify_log
from compliance.shared.vocabulary import Action
from server.application.context import AppContext
from server.audit import keys as log_keys
from server.audit.verification import keeping, result
from server.audit.verification.keeping import Running
from server.audit.verification.result import Result
from server.platform.database import UNREACHABLE
from server.platform.settings import SettingError

log = logging.getLogger("titrate.worker")

LATER_EVERY_S: Final = 60.0
BEAT_EVERY_S: Final = 2.0
RULE: Final = "verification"
# A log that is wrong far back is not read again from there every minute: the nightly pass does.
MOST_AGAIN: Final = 100_000
# One at a time: the first eight bytes of SHA-256("titrate verification") as a signed number.
LOCK: Final = 5_208_144_062_617_204_573


class Verifying:
    """One worker's verifications, from its start to its end."""

    def __init__(
        self,
        app_context: AppContext,
        observers: Sequence[Observer] = (),
        *,
        page_rows: int | None = None,
        save_s: float = 1.0,
    ) -> None:
        """Verify the log of this database; `observers` look at the entries besides. Progress is kept every `save_s`."""
        self._house, self._observers = app_context, observers
        self._page_rows, self._save_s = page_rows, save_s
        self._later_at: float | None = None

    async def round(self) -> None:
        """Once through: go on, or do what is asked for or due, or nothing. Raises what an engine raises."""
        redis, now = self._house.redis, self._house.clock()
        resume = await keeping.saved(redis)
        asked = await keeping.asked(redis)
        if resume is None and asked is None and not self._due_later():
            return
        before = await keeping.result(redis)
        whole = asked is not None or before is None or is_due(before.whole_at, now, self._nightly(), self._zone())
        base = None if whole else await keeping.base(redis)
        if resume is None and not whole and not _worth_it(before, base):
            return
        try:
            async with self._house.database.connect() as conn:
                if await conn.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
                    await self._begin(resume, whole=whole)
                    await self._verify(conn, before, resume, base)
        except UNREACHABLE as error:
            why = f"The database did not answer ({type(error).__name__})."
            await keeping.keep(redis, result.could_not(before, why, self._house.clock()), None)
            await keeping.taken(redis)
            raise

    async def _begin(self, resume: Progress | None, *, whole: bool) -> None:
        """What is asked for is under way from here on, so that whoever looks sees it at once."""
        if resume is not None or not whole:
            return
        now = self._house.clock()
        await keeping.say_running(self._house.redis, Running(True, 0, 0, VerificationStage.LEAVES.value, 0.0, now, now))
        await keeping.taken(self._house.redis)

    async def _verify(
        self, conn: AsyncConnection, before: Result | None, resume: Progress | None, base: Base | None
    ) -> None:
        app_context, redis = self._house, self._house.redis
        told = _Telling(app_context, await keeping.running(redis), self._save_s)
        known = await keeping.base(redis)
        beating = asyncio.create_task(told.beat())
        try:
            key = log_keys.verifier(app_context.settings)
            report = await verify_log(
                conn,
                DirectoryStore(app_context.settings.checkpoint_folder),
                key,
                page_rows=self._page_rows,
                observers=self._observers,
                tell=told.tell,
                resume=resume,
                base=base,
                at_least=known.size if known else 0,
            )
        except SettingError as error:
            await keeping.keep(redis, result.could_not(before, str(error), app_context.clock()), None)
            await keeping.over(redis)
            log.error("verification: could not run: %s", error)
            return
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
        now = app_context.clock()
        await keeping.keep(redis, result.after(before, report, str(key), now), told.base)
        await keeping.over(redis)
        _say(report, before)
        if not report.since:
            await self._record(report, now)

    async def _record(self, report: VerificationReport, now: datetime) -> None:
        """A whole verification is itself an entry of the log."""
        async with self._house.database.begin() as conn:
            await audit.append(
                conn,
                AuditEntry(
                    actor_id=None,
                    actor_role="program",
                    action=Action.LOG_VERIFY.value,
                    outcome=EntryOutcome.ALLOWED,
                    rule=RULE,
                    subject_type="clinic",
                    subject_id=None,
                    patient_id=None,
                    visit_id=None,
                    occurred_at=now,
                    details={"entries": str(report.size), "findings": str(len(report.findings) + report.more)},
                ),
            )

    def _due_later(self) -> bool:
        """Whether a minute has passed since the last look at what is new."""
        now = time.monotonic()
        if self._later_at is not None and now < self._later_at:
            return False
        self._later_at = now + LATER_EVERY_S
        return True

    def _nightly(self) -> clock_time:
        return clock_time.fromisoformat(self._house.settings.verify_whole_at)

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._house.settings.clinic_zone)


class _Telling:
    """Keeps the progress of one pass, not after every page."""

    def __init__(self, app_context: AppContext, earlier: Running | None, save_s: float) -> None:
        self._house, self._save_s = app_context, save_s
        self._began = earlier.began if earlier else app_context.clock()
        self._first: tuple[float, int] | None = None
        self._said_at = time.monotonic()
        self._running = earlier
        self.base: Base | None = None

    async def tell(self, progress: Progress) -> None:
        """See `compliance.audit.verify.verify_log`. While Redis is away the pass goes on; it is told again later."""
        self.base = progress.state.base
        now = time.monotonic()
        if self._first is None:
            self._first = now, progress.position
        if now < self._said_at + self._save_s:
            return
        self._said_at = now
        since, from_position = self._first
        rate = (progress.position - from_position) / (now - since) if now > since else 0.0
        text = progress.to_json()
        self._running = Running(
            not progress.since,
            progress.position,
            progress.total,
            progress.stage.value,
            rate,
            self._began,
            self._house.clock(),
        )
        try:
            await keeping.save(self._house.redis, text)
            await keeping.say_running(self._house.redis, self._running)
        except RedisError as error:
            log.warning("verification: its progress cannot be kept (%s)", type(error).__name__)

    async def beat(self) -> None:
        """Say that the pass goes on while no page ends, until cancelled: comparing with the record takes its time."""
        while True:
            await asyncio.sleep(BEAT_EVERY_S)
            if self._running is not None:
                self._running = replace(self._running, at=self._house.clock())
                with suppress(RedisError):
                    await keeping.say_running(self._house.redis, self._running)


def is_due(whole_at: datetime | None, now: datetime, at: clock_time, zone: ZoneInfo) -> bool:
    """Whether the whole verification of the last night has not been done. All times aware; `at` is of `zone`."""
    if whole_at is None:
        return True
    local = now.astimezone(zone)
    tonight = datetime.combine(local.date(), at, zone)
    if tonight > local:
        tonight = datetime.combine(local.date() - timedelta(days=1), at, zone)
    return whole_at < tonight


def _worth_it(before: Result | None, base: Base | None) -> bool:
    """Whether the next look goes on from near the end; a log that nothing vouches for is looked at as a whole."""
    if before is None or not before.findings:
        return True
    return base is not None and before.checked - base.size <= MOST_AGAIN


def _say(report: VerificationReport, before: Result | None) -> None:
    """To the program's log: codes and counts, and what was found before not every minute again."""
    known = () if before is None or not report.since else before.findings
    fresh = [one for one in report.findings if one not in known]
    if fresh or report.more:
        log.error("verification: the log is not as it was written: %s, and %s more", result.codes(fresh), report.more)
    elif not report.since:
        log.info("verification: the log is whole, %s entries", report.size)
