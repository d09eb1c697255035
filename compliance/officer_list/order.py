"""In which order decisions are listed: by time, or by a column whose index holds them in that order. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column

from compliance.tables import decision

SORTED_BY: Final[Mapping[str, Column[str]]] = {
    name: decision.c[name] for name in ("action", "schedule", "modality", "rule", "outcome")
}
"""The columns besides the time. Each is never NULL and the first of an index that goes on with time and entry."""


@dataclass(frozen=True, slots=True)
class Order:
    """By `by` and then by time; `by` None: by time alone. `ascending`: oldest, or first of the alphabet, first."""

    by: str | None = None
    ascending: bool = False

    @property
    def column(self) -> Column[str] | None:
        """The column before the time."""
        return SORTED_BY[self.by] if self.by else None


NEWEST: Final = Order()
