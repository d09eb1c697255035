"""The schedule of names that are asked about again and again, such as a list's, which is read with every look. Pure."""

from datetime import date
from functools import lru_cache

from compliance.shared.vocabulary import Schedule
from compliance.substances.resolver import Substances


@lru_cache(maxsize=4_096)
def schedule_of(substances: Substances, name: str, on: date) -> Schedule | None:
    """What `resolve` says of a name where the state is left out, by exactly this text; None: not known."""
    return substances.resolve(name, on=on, state=None).schedule
