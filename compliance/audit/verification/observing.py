"""Those who look at the entries besides the verifier: at the rows of the record, at what was erased. An interface."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.findings import Findings
from compliance.audit.verification.rows import Sealed


class Observer(Protocol):
    """Sees each page of sealed entries once, in order, after the verifier has. Keeps nothing between two pages.

    Findings go to `found`; what is counted is returned by name, added up, kept over a restart and told in the report.
    `conn` is free for statements meanwhile; a failing one belongs into a savepoint (``begin_nested``).
    """

    async def page(self, conn: AsyncConnection, rows: Sequence[Sealed], found: Findings) -> Mapping[str, int]:
        """Look at a page."""

    async def end(self, conn: AsyncConnection, found: Findings, *, whole: bool) -> Mapping[str, int]:
        """After the last page; `whole` is False when the pass went on from an earlier one."""
