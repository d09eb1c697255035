"""Whose clock holds: the database's. A machine whose own clock is far from it decides nothing by time and writes none.

What is written takes the database's time, so that two processes never write an end before a beginning. The machine's
own clock still times sessions and what pages show; so a difference above ``CLOCK_DIFFERENCE_S`` is refused, and said.
"""

import logging
import time
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.application.context import AppContext

log = logging.getLogger("titrate")

SAY_EVERY_S = 60.0


class ClockWrong(Exception):
    """This machine's clock and the database's differ by more than is allowed. Nothing was read or changed."""


async def compared(conn: AsyncConnection, app_context: AppContext) -> datetime:
    """The database's time (aware, UTC). Raises ``ClockWrong``."""
    return agreed(app_context, (await conn.execute(select(func.clock_timestamp()))).scalar_one())


def agreed(app_context: AppContext, theirs: datetime) -> datetime:
    """The database's time, read just now. Raises ``ClockWrong``, which is said once a minute at most."""
    if (words := trouble(app_context, theirs)) is not None:
        _say(words)
        raise ClockWrong
    return theirs


def trouble(app_context: AppContext, theirs: datetime) -> str | None:
    """What is wrong with this machine's clock, beside the database's time read just now; None: nothing."""
    ahead = (app_context.clock() - theirs).total_seconds()
    if abs(ahead) <= app_context.settings.clock_difference_s:
        return None
    way = "ahead of" if ahead > 0 else "behind"
    return f"This machine's clock is {abs(ahead):,.0f} s {way} the database's: nothing is done by it. Set it right."


_said_at: list[float] = []
"""When it was last said, by a clock that does not jump; of the whole process."""


def _say(words: str) -> None:
    now = time.monotonic()
    if not _said_at or now - _said_at[-1] >= SAY_EVERY_S:
        _said_at[:] = [now]
        log.error("%s", words)
