"""Whether anything can have changed since the last verification: a log that nobody wrote to need not be read again.

Whatever changes a row, in whichever database of the cluster and whoever does it, is a transaction with a number.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

# So many looks in a row pass over what did not change; then one looks all the same, as the files of the database and
# those of the checkpoints can be changed without a transaction.
MOST: Final = 9
_SNAPSHOT: Final = select(cast(func.pg_current_snapshot(), Text))


async def written_to(conn: AsyncConnection) -> str:
    """Which transactions that wrote have ended, and which have not: it stays as it is until one ends."""
    return str(await conn.scalar(_SNAPSHOT))


@dataclass(slots=True)
class Quiet:
    """What one worker remembers. `since`: `written_to` before the last pass that found nothing wrong; None: there is
    none."""

    since: str | None = None
    passed_over: int = 0

    def pass_over(self, now: str) -> bool:
        """Whether this look has nothing to look at. `now`: `written_to` of this moment."""
        quiet = now == self.since and self.passed_over < MOST
        self.passed_over = self.passed_over + 1 if quiet else 0
        return quiet
