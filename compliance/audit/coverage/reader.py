"""What a reader of the record can do, which the server passes in."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.coverage.values import Row


class RecordReader(Protocol):
    """Reads the rows that entries may cover, each as text made by the same expression whenever it is read."""

    @property
    def kinds(self) -> Sequence[str]:
        """Every kind of row that some entry must speak of."""

    @property
    def forms(self) -> Mapping[str, Sequence[str]]:
        """The columns that each format covers. A released format never changes."""

    async def read(self, conn: AsyncConnection, form: str, ids: Collection[str]) -> Mapping[str, Row]:
        """The rows by id, by one statement; one that is not there is absent. Raises ``KeyError``: no such format."""

    async def keys(
        self, conn: AsyncConnection, kind: str, after: str | None, most: int
    ) -> Sequence[tuple[str, str | None]]:
        """The next rows of a kind by key, at most `most`: id, and whose chart it belongs to (None: nobody's)."""

    async def count(self, conn: AsyncConnection, kind: str) -> int:
        """How many rows of a kind there are."""

    def contradictions(self, conn: AsyncConnection) -> AsyncIterator[tuple[str, str, str]]:
        """Columns that may change and disagree with rows that may not: kind, id, and a sentence about it."""
