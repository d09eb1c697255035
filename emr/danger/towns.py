"""Which town an address is in: a dispatch center answers for a town, not for a house. Pure, but for names of states."""

from __future__ import annotations

import re
from functools import cache

from emr.shared import contact

_AFTER = re.compile(r"[\s,]+(\d{5}(-\d{4})?|US|USA|United States)$", re.IGNORECASE)


def town_of(place: str) -> tuple[str, str] | None:
    """City as written, and state code, of an address as one writes it: "2104 E Palm Ave, Tampa, FL 33605", "Tampa FL".

    None where they cannot be told. Only a comma parts a city from what stands before it: without one, all before the
    state is taken for the city, so that "4 Oak St Tampa FL" is a town of its own, and is asked about rather than
    taken for Tampa.
    """
    rest = " ".join(place.split()).rstrip(".,")
    while found := _AFTER.search(rest):
        rest = rest[: found.start()].rstrip(" ,")
    for written, code in _states():
        before, state = rest[: -len(written)], rest[-len(written) :]
        if state.casefold() == written and before.endswith((" ", ",")):
            city = before.rstrip(" ,").rpartition(",")[2].strip()
            return (city, code) if city else None
    return None


@cache
def _states() -> tuple[tuple[str, str], ...]:
    """Codes and names, folded, each with its code; the longest first, so that West Virginia is not Virginia."""
    every = [(written.casefold(), code) for code, name in contact.states().items() for written in (code, name)]
    return tuple(sorted(every, key=lambda one: -len(one[0])))


def same_town(one: str, other: str) -> bool:
    """Whether two places are in one town; False where it cannot be told, unless they are written alike."""
    first, second = town_of(one), town_of(other)
    if first is None or second is None:
        return one.casefold().split() == other.casefold().split()
    return (first[0].casefold(), first[1]) == (second[0].casefold(), second[1])
