"""What patients were asked and what they answered. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from emr.questionnaires.alert import Alert
from emr.shared.ids import PersonId, ResponseId, VisitId


@dataclass(frozen=True, slots=True)
class Response:
    """One finished questionnaire. `answers`: item id -> value, as scored by `reference_version`."""

    id: ResponseId
    request: UUID
    patient: PersonId
    visit: VisitId
    scale: str
    reference_version: str
    answers: Mapping[str, int]
    total: int
    severity: str
    prorated: bool
    answered_at: datetime
    answered_by: PersonId


@dataclass(frozen=True, slots=True)
class ScaleRequest:
    """A scale asked for in a visit, with what has been answered so far and, when finished, the response."""

    request: UUID
    patient: PersonId
    visit: VisitId
    scale: str
    at: datetime
    by: PersonId
    answers: Mapping[str, int]
    response: Response | None

    @property
    def open(self) -> bool:
        return self.response is None

    def answered_since(self, began: datetime | None) -> bool:
        """Whether it was finished after that moment; `began` None: the visit has not begun, so it was before it."""
        return self.response is not None and began is not None and self.response.answered_at >= began


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of answering. Everything usable was kept, whether or not the scale is finished.

    `response`: the finished questionnaire, None while `missing` names scored items to answer (item id -> remedy).
    `alerts`: those this act raised. `crisis`: some answer now standing is a safety answer, so show crisis help,
    whether or not it raised a new alert.
    """

    asked: ScaleRequest
    missing: Mapping[str, str]
    alerts: tuple[Alert, ...]
    crisis: bool

    @property
    def response(self) -> Response | None:
        return self.asked.response
