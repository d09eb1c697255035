"""What of the record an entry covers, and what a reader of the record can do. Pure."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

CONTENT_MEMBER: Final = "records"
"""The member of an entry's content that lists them: ``<kind>/<id>`` -> ``<format> <digest>``."""

COVER_ACTION: Final = "record.cover"
"""The entry with which coverage began: its details count the rows of each kind that were there before."""

Row = Mapping[str, str | None]
"""The columns of a row by name, as text made by the database; None is NULL."""


def kind_of(form: str) -> str:
    """The kind of row that a format covers: ``visit.arrived/1`` is a format of ``visit``."""
    return form.partition("/")[0].partition(".")[0]


@dataclass(frozen=True, slots=True)
class RecordRef:
    """One row and the format in which it is covered: ``<kind>[.<moment>]/<number>``. `id` is the row's key as text."""

    form: str
    id: str

    @property
    def kind(self) -> str:
        """What kind of row it is: the name of its table."""
        return kind_of(self.form)

    @property
    def key(self) -> str:
        """How the row is named in an entry's content."""
        return f"{self.kind}/{self.id}"


@dataclass(frozen=True, slots=True)
class CoveredRecord:
    """A row as it stood when its entry was written."""

    ref: RecordRef
    row: Row


class RecordReader(Protocol):
    """Reads the rows that entries may cover. Every value is text, made by the same expression whenever it is read."""

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


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was compared with the record.

    `compared`: digests in entries, each with its row. `rows`: rows looked at, each for an entry that speaks of it.
    `entries_before`: entries from before there were digests. `rows_before`: rows that no entry covers because they
    were there before. `rows_purged`: rows whose entries' content was erased with all of their patient's.
    """

    compared: int = 0
    rows: int = 0
    entries_before: int = 0
    rows_before: int = 0
    rows_purged: int = 0
