"""The closed lists of compliance: what may be done, by whom, what is prescribed, how, with what result.

These words are the same in code, log, packs and `docs/policy-check.md`; a test compares them.
"""

from enum import StrEnum


class Outcome(StrEnum):
    """What a prescribing decision says."""

    ALLOW = "allow"
    BLOCK = "block"


class Modality(StrEnum):
    """How patient and prescriber meet. NONE: there is no encounter at all, which counts as remote."""

    VIDEO = "video"
    AUDIO = "audio"
    IN_PERSON = "in_person"
    NONE = "none"


class PrescribingAction(StrEnum):
    """What a prescriber wants to do with a medicine."""

    NEW = "new"
    RENEW = "renew"
    INCREASE = "increase"
    DECREASE = "decrease"
    CONTINUE = "continue"
    DISCONTINUE = "discontinue"
    HOLD = "hold"
    TAPER_FROM_SUPPLY = "taper_from_supply"
    REFER = "refer"

    @property
    def dispenses(self) -> bool:
        """Whether a pharmacy may hand something out by it: a prescription for a lower dose is still one."""
        return self in _DISPENSING


_DISPENSING = frozenset(
    {
        PrescribingAction.NEW,
        PrescribingAction.RENEW,
        PrescribingAction.INCREASE,
        PrescribingAction.DECREASE,
        PrescribingAction.CONTINUE,
    }
)


class Schedule(StrEnum):
    """A schedule of the Controlled Substances Act, or NONE: known and in none. Not known is `None`, not NONE."""

    I = "I"  # noqa: E741 - the law's own numerals
    II = "II"
    III = "III"
    IV = "IV"
    V = "V"
    NONE = "none"

    @property
    def controlled(self) -> bool:
        """Whether the law lists it at all."""
        return self is not Schedule.NONE

    @property
    def strictness(self) -> int:
        """0 for NONE up to 5 for I: the larger, the stricter."""
        return _STRICTNESS.index(self)


_STRICTNESS = (Schedule.NONE, Schedule.V, Schedule.IV, Schedule.III, Schedule.II, Schedule.I)


def strictest(schedules: "list[Schedule] | tuple[Schedule, ...]") -> Schedule:
    """The strictest of some schedules; NONE when there are none."""
    return max(schedules, key=lambda one: one.strictness, default=Schedule.NONE)
