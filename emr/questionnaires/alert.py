"""An alert that a safety answer raised, and what became of it. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from emr.questionnaires.scales_file import Urgency
from emr.shared.ids import AlertId, PersonId, VisitId


@dataclass(frozen=True, slots=True)
class Acknowledgment:
    """Who took the alert up, when, and what was done in their words (None: nothing written)."""

    by: PersonId
    at: datetime
    what_was_done: str | None


@dataclass(frozen=True, slots=True)
class Alert:
    """A safety item was answered. `acknowledged` is None until a clinician took it up."""

    id: AlertId
    patient: PersonId
    visit: VisitId
    scale: str
    item: str
    value: int
    urgency: Urgency
    raised_at: datetime
    acknowledged: Acknowledgment | None
