"""From substances to a schedule: which listing of the law a product falls under, at a date, in a state. Pure.

A substance has one base listing and may have narrower ones (codeine alone is II, with acetaminophen III, as a weak
cough syrup V). A narrower listing counts only when the text shows that it applies; otherwise the stricter stands.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from compliance.shared.errors import BadReference
from compliance.shared.vocabulary import Schedule, strictest
from compliance.substances.reference import Files, once
from emr.shared.validation import DayCell, NeededText, Problems, among, exactly, if_any, one_of

BASE = "base"


@dataclass(frozen=True, slots=True)
class Rescheduling:
    """A rescheduling: from the day `effective` on, the listing's schedule is `to`."""

    effective: date
    before: Schedule
    to: Schedule


@dataclass(frozen=True, slots=True)
class ScheduleListing:
    """One line of the federal schedules for one substance, with the conditions under which it applies.

    `needs_with`: "*" any other active ingredient, a substance's name, or "". `form`: capsule, liquid or "".
    `limits`: "stated": the text must show that the strength keeps the limits; "assumed": they hold unless the text
    shows otherwise; "named": only a name that is pinned to this listing; "" (base only): no condition.
    `changes` are oldest first.
    """

    substance: str
    listing: str
    schedule: Schedule
    needs_with: str
    form: str
    max_mg_per_unit: float | None
    max_mg_per_100ml: float | None
    limits: str
    prescribable: bool
    exempt_with: str
    source: str
    changes: tuple[Rescheduling, ...]

    def at(self, on: date) -> Schedule:
        """The schedule on a day."""
        if not self.changes:
            return self.schedule
        current = self.changes[0].before
        for change in self.changes:
            if change.effective <= on:
                current = change.to
        return current


@dataclass(frozen=True, slots=True)
class StateRow:
    """A substance that a state schedules itself. No `since`: always; no `until`: still. `until` is exclusive."""

    state: str
    substance: str
    schedule: Schedule
    since: date | None
    until: date | None

    def holds(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True)
class Strength:
    """What the text says of one ingredient's amount: mg in one unit, or (per_ml) in that many millilitres."""

    mg: float
    per_ml: float | None


@dataclass(frozen=True, slots=True)
class Mention:
    """One ingredient as the text names it."""

    substance: str
    pinned: str | None
    strength: Strength | None


@dataclass(frozen=True, slots=True)
class IngredientSchedule:
    """Why one ingredient has its schedule. `authority` is "federal" or a state's two letters."""

    substance: str
    listing: str
    schedule: Schedule
    authority: str


@dataclass(frozen=True, slots=True)
class Schedules:
    """All listings, by substance (base first), and the states' own rows."""

    listings: Mapping[str, tuple[ScheduleListing, ...]]
    states: tuple[StateRow, ...]

    def federal(self, mention: Mention, company: frozenset[str], forms: frozenset[str], on: date) -> IngredientSchedule:
        """The listing one ingredient falls under, given what it comes with and the forms the text names."""
        rows = self.listings.get(mention.substance, ())
        proven = [row for row in rows if _applies(row, mention, company, forms)]
        if not proven:
            return IngredientSchedule(mention.substance, "", Schedule.NONE, "federal")
        mildest = min(proven, key=lambda row: row.at(on).strictness)
        return IngredientSchedule(mention.substance, mildest.listing, mildest.at(on), "federal")

    def in_state(self, substance: str, state: str, on: date) -> IngredientSchedule | None:
        """The state's own schedule for an ingredient, or None when it has none of its own."""
        rows = (row for row in self.states if row.state == state and row.substance == substance)
        found = [row.schedule for row in rows if row.holds(on)]
        return IngredientSchedule(substance, "state", strictest(found), state) if found else None

    def states_stricter(self, substance: str, than: Schedule, on: date) -> tuple[str, ...]:
        """The states that schedule an ingredient more strictly than that, in alphabetical order."""
        return tuple(
            sorted(
                row.state
                for row in self.states
                if row.substance == substance and row.holds(on) and row.schedule.strictness > than.strictness
            )
        )

    def prescribable(self, finding: IngredientSchedule) -> bool:
        """Whether a prescription can be written for it at all (not for what no approved product contains)."""
        rows = self.listings.get(finding.substance, ())
        return all(row.prescribable for row in rows if row.listing == finding.listing)

    def exempted(self, substance: str, company: frozenset[str]) -> bool:
        """Whether a federal exemption of such combinations is known; shown, never applied."""
        return any(row.exempt_with and row.exempt_with in company for row in self.listings.get(substance, ()))


def _applies(row: ScheduleListing, mention: Mention, company: frozenset[str], forms: frozenset[str]) -> bool:
    """Whether the text shows that this listing covers the ingredient."""
    if row.listing == BASE or row.listing == mention.pinned:
        return True
    if mention.pinned or row.limits == "named":
        return False
    others = company - {mention.substance}
    if row.needs_with and not (others if row.needs_with == "*" else row.needs_with in others):
        return False
    if row.form and row.form not in forms and not (row.form == "liquid" and _is_liquid(mention.strength)):
        return False
    return _within(row, mention.strength)


def _is_liquid(strength: Strength | None) -> bool:
    """Whether an amount per millilitre was written: such a product is a liquid whatever it is called."""
    return strength is not None and strength.per_ml is not None


def _within(row: ScheduleListing, strength: Strength | None) -> bool:
    """Whether the amount keeps the listing's limits, or may be taken to keep them when none is written."""
    if row.max_mg_per_unit is None and row.max_mg_per_100ml is None:
        return True
    if strength is None:
        return row.limits == "assumed"
    if strength.per_ml is not None:
        limit = row.max_mg_per_100ml
        return limit is not None and strength.mg * 100 / strength.per_ml <= limit + 1e-9
    limit = row.max_mg_per_unit
    return limit is not None and strength.mg <= limit + 1e-9


_Number = Annotated[Annotated[float, Field(gt=0, allow_inf_nan=False)] | None, if_any]
_LISTINGS, _EVENTS, _STATES = "controlled_substances.csv", "rescheduling_events.csv", "state_schedules.csv"


@exactly
@dataclass(frozen=True, slots=True)
class _ListingRow:
    """A row of controlled_substances.csv."""

    line: int
    substance: NeededText
    listing: NeededText
    schedule: Schedule
    needs_with: str
    form: Annotated[str, one_of("", "capsule", "liquid")]
    max_mg_per_unit: _Number
    max_mg_per_100ml: _Number
    limits: Annotated[str, one_of("", "assumed", "stated", "named")]
    prescribable: Annotated[str, one_of("yes", "no")]
    exempt_with: str
    dea_code: str
    drug_class: Annotated[str, Field(alias="class")]
    source: NeededText
    notes: str

    def __post_init__(self) -> None:
        if (self.listing == BASE) != (self.limits == ""):
            raise ValueError("'limits' must be empty for the base listing, and only for it")


@exactly
@dataclass(frozen=True, slots=True)
class _EventRow:
    """A row of rescheduling_events.csv."""

    line: int
    substance: NeededText
    listing: NeededText
    before: Annotated[Schedule, Field(alias="from")]
    to: Schedule
    effective: DayCell
    citation: NeededText
    verification: str


@exactly
@dataclass(frozen=True, slots=True)
class _StateRow:
    """A row of state_schedules.csv."""

    state: Annotated[str, among("states", "is no state")]
    substance: Annotated[str, among("substances", "has no row of its own")]
    schedule: Schedule
    since: Annotated[DayCell | None, if_any, Field(alias="effective_from")]
    until: Annotated[DayCell | None, if_any, Field(alias="effective_to")]
    source: NeededText
    confidence: NeededText

    def __post_init__(self) -> None:
        if not self.schedule.controlled:
            raise ValueError("a state row must name a schedule from I to V")
        if self.since and self.until and self.until <= self.since:
            raise ValueError("'effective_to' is not after 'effective_from'")


def load(files: Files) -> Schedules:
    """Reads listings and changes, checked against one another; `states_of` adds the states' own rows."""
    changes: dict[tuple[str, str], list[_EventRow]] = {}
    for event in sorted(files.rows(_EVENTS, _EventRow), key=lambda event: event.effective):
        changes.setdefault((event.substance, event.listing), []).append(event)
    rows = files.rows(_LISTINGS, _ListingRow)
    once(_LISTINGS, ((row, (row.substance, row.listing)) for row in rows), "listing")
    problems, of_events = Problems(_LISTINGS, refusal=BadReference), Problems(_EVENTS, refusal=BadReference)
    listings: dict[str, list[ScheduleListing]] = {}
    for row in rows:
        own = changes.pop((row.substance, row.listing), [])
        for earlier, later in pairwise(own):
            said = f"changes from {later.before}, but the change before it ended in {earlier.to}"
            of_events.need(later.before is earlier.to, said, later.line)
        said = f"says {row.schedule}, but the last change in {_EVENTS} says {own[-1].to}" if own else ""
        problems.need(not own or own[-1].to is row.schedule, said, row.line)
        problems.need(row.listing == BASE or row.substance in listings, "the base listing must come first", row.line)
        listings.setdefault(row.substance, []).append(_listing(row, own))
    for events in changes.values():
        of_events.add(events[0].line, f"no such substance and listing in {_LISTINGS}")
    of_events.check()
    problems.check()
    return Schedules({substance: tuple(each) for substance, each in listings.items()}, ())


def _listing(row: _ListingRow, own: Iterable[_EventRow]) -> ScheduleListing:
    return ScheduleListing(
        substance=row.substance,
        listing=row.listing,
        schedule=row.schedule,
        needs_with=row.needs_with,
        form=row.form,
        max_mg_per_unit=row.max_mg_per_unit,
        max_mg_per_100ml=row.max_mg_per_100ml,
        limits=row.limits,
        prescribable=row.prescribable == "yes",
        exempt_with=row.exempt_with,
        source=row.source,
        changes=tuple(Rescheduling(event.effective, event.before, event.to) for event in own),
    )


def states_of(files: Files, states: Collection[str], substances: Collection[str]) -> tuple[StateRow, ...]:
    """The states' own schedules; each names a state and a substance that there is."""
    rows = files.rows(_STATES, _StateRow, states=states, substances=substances)
    return tuple(StateRow(row.state, row.substance, row.schedule, row.since, row.until) for row in rows)
