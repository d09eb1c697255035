"""The values of the officer's reports: what can be asked and what comes back. Ids only, no names."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, literal_column

from compliance.audit.entries import EntryOutcome
from compliance.reports.officer_list.amount import Amount
from compliance.reports.officer_list.pages import Branches
from compliance.shared.tables import audit_entry, decision
from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction

UNKNOWN: Final = "unknown"
"""The schedule of a decision about a name that is not known."""


first_ingredient, second_ingredient, third_ingredient = (
    decision.c.ingredients.op("->>", return_type=Text())(literal_column(str(place))) for place in range(3)
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which decisions: None leaves a field open. `schedule` is I to V, none or unknown; `state` two letters.

    `besides`: conditions on the table `decision` that no field says, such as those of what is worth a look. `among`: a
    query for ids, and only decisions of these are meant.
    """

    since: datetime | None = None
    until: datetime | None = None
    prescriber_id: UUID | None = None
    patient_id: UUID | None = None
    outcome: DecisionOutcome | None = None
    schedule: str | None = None
    action: PrescribingAction | None = None
    modality: Modality | None = None
    state: str | None = None
    ingredient: str | None = None
    entry_id: int | None = None
    rule: str | None = None
    besides: tuple[ColumnElement[bool], ...] = field(default=(), compare=False)
    among: Select[tuple[UUID]] | None = field(default=None, compare=False)

    def clauses(self) -> list[ColumnElement[bool]]:
        """The conditions on the table `decision`."""
        column = decision.c
        wanted: list[ColumnElement[bool] | None] = [
            None if self.since is None else column.decided_at >= self.since,
            None if self.until is None else column.decided_at < self.until,
            None if self.prescriber_id is None else column.prescriber_id == self.prescriber_id,
            None if self.patient_id is None else column.patient_id == self.patient_id,
            # Said in the statement itself, as the condition of an index that holds blocked attempts alone is.
            None if self.outcome is None else column.outcome == literal_column(f"'{self.outcome.value}'"),
            None if self.schedule is None else column.schedule == self.schedule,
            None if self.action is None else column.action == self.action.value,
            None if self.modality is None else column.modality == self.modality.value,
            None if self.state is None else column.patient_state == self.state,
            None if self.ingredient is None else column.ingredients.contains([self.ingredient]),
            None if self.entry_id is None else column.audit_entry_id == self.entry_id,
            None if self.rule is None else column.rule == self.rule,
            None if self.among is None else column.id.in_(self.among),
            *self.besides,
        ]
        return [one for one in wanted if one is not None]

    def branches(self) -> Branches:
        """The conditions, parted so that each list is in the order of one index: an ingredient is one of several.

        It is the first of its decision (by outcome, as its index is), or the second, or one of the rest in a product of
        three or more.
        """
        clauses = replace(self, ingredient=None).clauses()
        if self.ingredient is None:
            return [clauses]
        here, listed = self.ingredient, decision.c.ingredients.contains([self.ingredient])
        before = first_ingredient != here, second_ingredient != here
        return [
            *(
                [*replace(self, ingredient=None, outcome=one).clauses(), first_ingredient == here]
                for one in ((self.outcome,) if self.outcome else DecisionOutcome)
            ),
            [*clauses, second_ingredient == here, before[0]],
            [*clauses, third_ingredient.is_not(None), listed, *before],
        ]


@dataclass(frozen=True, slots=True)
class RefusalFilter:
    """Which refused accesses: in a period, by one who tried."""

    since: datetime | None = None
    until: datetime | None = None
    actor_id: UUID | None = None

    def clauses(self) -> list[ColumnElement[bool]]:
        """The conditions on the table `audit_entry`."""
        column = audit_entry.c
        wanted: list[ColumnElement[bool] | None] = [
            column.outcome == literal_column(f"'{EntryOutcome.REFUSED.value}'"),  # as the indexes say it
            None if self.since is None else column.occurred_at >= self.since,
            None if self.until is None else column.occurred_at < self.until,
            None if self.actor_id is None else column.actor_id == self.actor_id,
        ]
        return [one for one in wanted if one is not None]


@dataclass(frozen=True, slots=True)
class ListedDecision:
    """One decision in the list. `encounter_id` is None when there was none; `sealed` says whether it is in the tree."""

    id: UUID
    entry_id: int
    decided_at: datetime
    prescriber_id: UUID
    patient_id: UUID
    patient_code: str
    action: PrescribingAction
    product: str
    ingredients: tuple[str, ...]
    schedule: str
    modality: Modality
    state: str | None
    encounter_id: UUID | None
    rule: str
    pack_id: str
    pack_version: str
    outcome: DecisionOutcome
    sealed: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many decisions, how many of them blocked, and how many of those for a name that is not known."""

    decisions: Amount
    blocked: Amount
    unknown_names: Amount


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One refused access: who tried what, by which rule it was refused. No patient: `patient_code` is None."""

    entry_id: int
    occurred_at: datetime
    actor_id: UUID | None
    actor_role: str
    action: str
    rule: str
    subject_type: str
    subject_id: str | None
    patient_id: UUID | None
    patient_code: str | None
    visit_id: UUID | None
    sealed: bool


@dataclass(frozen=True, slots=True)
class BlockedSeries:
    """The blocked attempts at one set of ingredients; empty `ingredients`: the name is not known. One count a week."""

    ingredients: tuple[str, ...]
    schedule: str
    total: int
    weeks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BlockedPlot:
    """Blocked attempts a week: `starts` of the weeks, oldest first, and the series, most attempts first."""

    starts: tuple[datetime, ...]
    series: tuple[BlockedSeries, ...]


@dataclass(frozen=True, slots=True)
class LogState:
    """How far the log is: its last entry's number, the sealed entries, those under a signed checkpoint, and when."""

    last_entry_id: int | None
    sealed: int
    signed: int
    signed_at: datetime | None
