"""The schedule of names that are asked about again and again, such as a list's, which is read with every look. Pure."""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from compliance.shared.vocabulary import Schedule
from compliance.substances.resolver import Substances


@dataclass(frozen=True, slots=True)
class _Release:
    """Reference data, told from other such data by its digest."""

    sha256: str
    substances: Substances = field(compare=False)


def schedule_of(substances: Substances, name: str, on: date) -> Schedule | None:
    """What `resolve` says of a name where the state is left out, by exactly this text; None: not known."""
    return remembered(_Release(substances.sha256, substances), name, on)


@lru_cache(maxsize=4_096)
def remembered(release: _Release, name: str, on: date) -> Schedule | None:
    return release.substances.resolve(name, on=on, state=None).schedule
