"""What of the record an entry covers. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Final

from compliance.shared.vocabulary import SystemEvent

CONTENT_MEMBER: Final = "records"
"""The member of an entry's content that lists them: ``<kind>/<id>`` -> ``<format> <digest>``."""

COVER_ACTION: Final = SystemEvent.RECORD_COVER.value
"""The entry with which coverage began: its details count the rows of each kind that were there before."""

Row = str
"""The columns of a row as the database writes them: the canonical JSON of an object of texts, null where NULL."""


@lru_cache
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


_COUNTED: Final = "record_"


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

    @property
    def counts(self) -> Mapping[str, int]:
        """By the names under which a verification adds them up."""
        return {f"{_COUNTED}{name}": number for name, number in asdict(self).items()}

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> "Coverage | None":
        """What a report has counted; None when nothing was compared with the record."""
        found = {one.name: counts[name] for one in fields(cls) if (name := f"{_COUNTED}{one.name}") in counts}
        return cls(**found) if found else None
