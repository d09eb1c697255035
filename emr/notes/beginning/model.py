"""What happened in a visit, for its note: medicines changed, scores, safety answers and what was done. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from emr.danger.model import LeftOpen, TakenStep
from emr.medications.model import Order, OrderStatus
from emr.questionnaires.alert import Alert
from emr.questionnaires.response import Response
from emr.shared.ids import VisitId


@dataclass(frozen=True, slots=True)
class OrderChange:
    """An order written in the visit, and the one that it replaced; None: it began the line."""

    order: Order
    before: Order | None

    @property
    def resumes(self) -> bool:
        return (
            self.before is not None
            and self.before.status is OrderStatus.HELD
            and self.order.status is OrderStatus.ACTIVE
        )

    @property
    def direction(self) -> int:
        """1: the daily total rose, -1: it fell, 0: it is the same, or one of the two is not known."""
        now, was = self.order.daily_total, self.before.daily_total if self.before else None
        if now is None or was is None or now.unit != was.unit:
            return 0
        return (now.value > was.value) - (now.value < was.value)


@dataclass(frozen=True, slots=True)
class VisitScore:
    """The newest answers to a questionnaire, and those before them; None: there are none."""

    response: Response
    before: Response | None


@dataclass(frozen=True, slots=True)
class VisitHistory:
    """Everything in the order in which it happened; scores by questionnaire."""

    changes: tuple[OrderChange, ...]
    scores: tuple[VisitScore, ...]
    alerts: tuple[Alert, ...]
    left: tuple[LeftOpen, ...]
    steps: tuple[TakenStep, ...]


def changes(histories: Iterable[Sequence[Order]], visit: VisitId) -> tuple[OrderChange, ...]:
    """The orders of that visit in lines of the medicine list, each line oldest first."""
    found = [
        OrderChange(order, before)
        for history in histories
        for before, order in pairwise((None, *history))
        if order is not None and order.visit == visit
    ]
    return tuple(sorted(found, key=lambda change: change.order.written_at))


def scores(responses: Sequence[Response], visit: VisitId, since: datetime | None) -> tuple[VisitScore, ...]:
    """The newest of each questionnaire that was answered in the visit or after `since` (None: ever), oldest first."""
    found: dict[str, VisitScore] = {}
    for response in responses:
        last = found.get(response.scale)
        found[response.scale] = VisitScore(response, last.response if last else None)
    new = (one for one in found.values() if _is_new(one.response, visit, since))
    return tuple(sorted(new, key=lambda score: score.response.answered_at))


def _is_new(response: Response, visit: VisitId, since: datetime | None) -> bool:
    return response.visit == visit or since is None or response.answered_at > since


def answered_in(
    alerts: Sequence[Alert], left: Sequence[LeftOpen], visit: VisitId, began: datetime
) -> tuple[Alert, ...]:
    """The alerts of which somebody said something in the visit, or since it began. Of open ones one is asked."""
    said = {one.alert for one in left if one.visit == visit}
    return tuple(
        alert
        for alert in alerts
        if alert.id in said
        or (alert.acknowledged is not None and (alert.visit == visit or alert.acknowledged.at >= began))
    )
