"""In which order decisions are listed: by time, or by a column whose index holds them in that order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column

from compliance.shared.tables import decision

PEOPLE: Final[Mapping[str, Column[Any]]] = {
    "prescriber": decision.c.prescriber_id,
    "patient": decision.c.patient_id,
}
"""Rows of one person stand together, newest first: the log has ids and no names, so there is no alphabet to go by."""

SORTED_BY: Final[Mapping[str, Column[Any]]] = {
    **{name: decision.c[name] for name in ("action", "schedule", "modality", "rule", "outcome")},
    **PEOPLE,
}
"""The columns besides the time. Each is never NULL and the first of an index that goes on with time and entry."""


@dataclass(frozen=True, slots=True)
class SortOrder:
    """By `by` and then by time; `by` None: by time alone. `ascending`: oldest, or first of the alphabet, first."""

    by: str | None = None
    ascending: bool = False

    @property
    def column(self) -> Column[Any] | None:
        """The column before the time."""
        return SORTED_BY[self.by] if self.by else None

    @property
    def has_word(self) -> bool:
        """Whether a place in the list is named by a word of the row; a person's id has no place in an address."""
        return self.by is not None and self.by not in PEOPLE


NEWEST: Final = SortOrder()
