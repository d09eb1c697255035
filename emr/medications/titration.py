"""The doses of a medicine through time, read from its orders: what the timeline draws. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from emr.medications.model import ChainId, Order, OrderStatus
from emr.shared.ids import VisitId
from emr.shared.quantity import Quantity


@dataclass(frozen=True, slots=True)
class DosePeriod:
    """One tread of the stair: a daily total from a day until the next step's day. `until` None: it goes on.

    `total` None: taken, but how much is not known. `taken` False: on hold (the stopped time is not a step).
    """

    since: date
    until: date | None
    total: Quantity | None
    taken: bool
    as_needed: bool


@dataclass(frozen=True, slots=True)
class Course:
    """A medicine's steps in order, without gaps; () only when every order was taken back on its first day."""

    chain: ChainId
    name: str
    steps: tuple[DosePeriod, ...]

    @property
    def started(self) -> date | None:
        return self.steps[0].since if self.steps else None

    @property
    def now(self) -> DosePeriod | None:
        """The step that goes on; None when it was stopped."""
        return self.steps[-1] if self.steps and self.steps[-1].until is None else None


def steps(history: Sequence[Order]) -> tuple[DosePeriod, ...]:
    """The steps of one chain from its orders, oldest first. Orders that did not change the dose (renewals) make no
    step, and of two orders for one day the later counts."""
    treads: list[DosePeriod] = []
    for order in sorted(history, key=lambda each: each.written_at):
        while treads and treads[-1].since >= order.starts_on:
            treads.pop()
        if treads:
            treads[-1] = _until(treads[-1], order.starts_on)
        if order.status is not OrderStatus.STOPPED:
            taken = order.status is OrderStatus.ACTIVE
            treads.append(DosePeriod(order.starts_on, None, order.daily_total, taken, order.as_needed))
    return _joined(treads)


def course(history: Sequence[Order]) -> Course:
    """One chain's course. `history`: its orders, oldest first, at least one."""
    return Course(history[0].chain, history[0].name, steps(history))


def found_by(visit: VisitId, history: Sequence[Order]) -> Course | None:
    """The course as a visit found it, without what was signed in it; None: nothing of it was there before."""
    before = [order for order in history if order.visit != visit]
    return course(before) if before else None


def _joined(treads: Sequence[DosePeriod]) -> tuple[DosePeriod, ...]:
    joined: list[DosePeriod] = []
    for tread in treads:
        before = joined[-1] if joined else None
        if before and (before.total, before.taken, before.as_needed) == (tread.total, tread.taken, tread.as_needed):
            joined[-1] = _until(before, tread.until)
        else:
            joined.append(tread)
    return tuple(joined)


def _until(step: DosePeriod, day: date | None) -> DosePeriod:
    """Written out, as `replace` looks every field up: a long record has a step for most of its orders."""
    return DosePeriod(step.since, day, step.total, step.taken, step.as_needed)
