"""How much a policy pack lets be supplied of a schedule, to be shown before somebody signs. Pure."""

from dataclasses import dataclass

from compliance.prescribing.policy_packs import UNKNOWN_SCHEDULE, Pack
from compliance.shared.vocabulary import Schedule


@dataclass(frozen=True, slots=True)
class SupplyLimits:
    """What a pack lets be supplied of a schedule: refills at most, and refills times days at most; None: no limit."""

    refills: int | None
    refill_days: int | None


def supply_limits(pack: Pack, schedule: Schedule | None) -> SupplyLimits:
    """The limits that the pack's blocking rules set for a schedule, to be shown before somebody signs."""
    word = schedule.value if schedule else UNKNOWN_SCHEDULE
    asked = [one.when for one in pack.rules if one.effect == "block" and word in (one.when.schedules or ())]
    return SupplyLimits(
        min((one.refills_above for one in asked if one.refills_above is not None), default=None),
        min((one.refill_days_above for one in asked if one.refill_days_above is not None), default=None),
    )


def supply_codes(pack: Pack) -> frozenset[str]:
    """The codes of the reasons by which the pack blocks a supply, and that another supply would not meet."""
    return frozenset(
        one.reason.code
        for one in pack.rules
        if one.effect == "block" and (one.when.refills_above, one.when.refill_days_above) != (None, None)
    )
