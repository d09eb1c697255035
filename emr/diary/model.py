"""What patients tell between visits, and what is measured, as values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from emr.shared.ids import DiaryEntryId, ObservationId, PersonId, VisitId


class SideEffectSeverity(StrEnum):
    """How bad a side effect is, in the patient's own view."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


@dataclass(frozen=True, slots=True)
class SideEffectUpdate:
    """How a side effect was at `at`; `ended_on` None: it goes on."""

    severity: SideEffectSeverity
    ended_on: date | None
    at: datetime
    by: PersonId


@dataclass(frozen=True, slots=True)
class SideEffect:
    """One side effect with everything told of it. `course` is oldest first and never empty."""

    id: DiaryEntryId
    patient: PersonId
    name: str
    detail: str | None
    since: date
    reported_at: datetime
    course: tuple[SideEffectUpdate, ...]

    @property
    def severity(self) -> SideEffectSeverity:
        """As told last."""
        return self.course[-1].severity

    @property
    def until(self) -> date | None:
        """As told last; None: it goes on."""
        return self.course[-1].ended_on

    @property
    def words(self) -> str:
        """ "Night sweats, mild"."""
        return f"{self.name}, {self.severity.value}"

    def as_of(self, moment: datetime) -> SideEffectUpdate | None:
        """What was known of it at `moment`; None: nothing yet."""
        return next((told for told in reversed(self.course) if told.at <= moment), None)


class QuestionOutcome(StrEnum):
    """What became of a question in a visit."""

    ANSWERED = "answered"
    DEFERRED = "deferred"
    BY_MESSAGE = "by_message"


@dataclass(frozen=True, slots=True)
class Marked:
    outcome: QuestionOutcome
    visit: VisitId
    at: datetime
    by: PersonId


@dataclass(frozen=True, slots=True)
class Question:
    """A question or worry the patient wrote down for a visit. `marked` is what became of it last, None: nothing yet."""

    id: DiaryEntryId
    patient: PersonId
    text: str
    written_at: datetime
    written_by: PersonId
    marked: Marked | None

    @property
    def open(self) -> bool:
        """Still to be taken up: never marked, or put off."""
        return self.marked is None or self.marked.outcome is QuestionOutcome.DEFERRED


@dataclass(frozen=True, slots=True)
class Adherence:
    """How many doses of a medicine were taken of those due, first and last day included."""

    medicine: str
    from_date: date
    to_date: date
    doses_due: int
    doses_taken: int
    detail: str | None
    reported_at: datetime
    reported_by: PersonId


@dataclass(frozen=True, slots=True)
class Observation:
    """One measurement: LOINC code, value with UCUM unit, when it was taken (aware, UTC) and where it comes from."""

    id: ObservationId
    patient: PersonId
    code: str
    name: str
    value: Decimal
    unit: str
    observed_at: datetime
    source: str
