"""From substances to a schedule: which listing of the law a product falls under, at a date, in a state. Pure.

A substance has one base listing and may have narrower ones (codeine alone is II, with acetaminophen III, as a weak
cough syrup V). A narrower listing counts only when the text shows that it applies; otherwise the stricter stands.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from compliance.shared.errors import BadReference
from compliance.shared.vocabulary import Schedule, strictest
from compliance.substances.reference import Files, ReferenceRow

LISTING_COLUMNS = (
    "substance",
    "listing",
    "schedule",
    "needs_with",
    "form",
    "max_mg_per_unit",
    "max_mg_per_100ml",
    "limits",
    "prescribable",
    "exempt_with",
    "dea_code",
    "class",
    "source",
    "notes",
)
EVENT_COLUMNS = ("substance", "listing", "from", "to", "effective", "citation", "verification")
STATE_COLUMNS = ("state", "substance", "schedule", "effective_from", "effective_to", "source", "confidence")
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


def load(files: Files) -> Schedules:
    """Reads listings, changes and state rows; every row is checked against the others."""
    changes: dict[tuple[str, str], list[tuple[ReferenceRow, Rescheduling]]] = {}
    for row in files.rows("rescheduling_events.csv", EVENT_COLUMNS):
        row.text("citation")
        effective = row.day("effective")
        if effective is None:
            raise row.bad("'effective' is empty")
        change = Rescheduling(effective, row.schedule("from"), row.schedule("to"))
        changes.setdefault((row.text("substance"), row.text("listing")), []).append((row, change))
    listings: dict[str, list[ScheduleListing]] = {}
    for row in files.rows("controlled_substances.csv", LISTING_COLUMNS):
        key = (row.text("substance"), row.text("listing"))
        own = sorted(changes.pop(key, []), key=lambda pair: pair[1].effective)
        listings.setdefault(key[0], []).append(_listing(row, own, listings.get(key[0], [])))
    for events in changes.values():
        raise events[0][0].bad("no such substance and listing in controlled_substances.csv")
    for substance, rows in listings.items():
        if rows[0].listing != BASE:
            raise BadReference("controlled_substances.csv", 0, f"'{substance}' has no base listing first")
    return Schedules({substance: tuple(rows) for substance, rows in listings.items()}, _states(files))


def _listing(
    row: ReferenceRow, own: Iterable[tuple[ReferenceRow, Rescheduling]], before: Iterable[ScheduleListing]
) -> ScheduleListing:
    """One checked listing; its changes must follow one another and end in today's schedule."""
    if row.cells["listing"] in {one.listing for one in before}:
        raise row.bad("this substance has this listing already")
    current: Schedule | None = None
    for event_row, change in own:
        if current is not None and change.before is not current:
            raise event_row.bad(f"changes from {change.before}, but the change before it ended in {current}")
        current = change.to
    schedule = row.schedule("schedule")
    if current is not None and current is not schedule:
        raise row.bad(f"says {schedule}, but the last change in rescheduling_events.csv says {current}")
    limits = row.one_of("limits", frozenset({"", "assumed", "stated", "named"}))
    if (row.cells["listing"] == BASE) != (limits == ""):
        raise row.bad("'limits' must be empty for the base listing, and only for it")
    return ScheduleListing(
        substance=row.cells["substance"],
        listing=row.cells["listing"],
        schedule=schedule,
        needs_with=row.cells["needs_with"],
        form=row.one_of("form", frozenset({"", "capsule", "liquid"})),
        max_mg_per_unit=row.number("max_mg_per_unit"),
        max_mg_per_100ml=row.number("max_mg_per_100ml"),
        limits=limits,
        prescribable=row.one_of("prescribable", frozenset({"yes", "no"})) == "yes",
        exempt_with=row.cells["exempt_with"],
        source=row.text("source"),
        changes=tuple(change for _, change in own),
    )


def _states(files: Files) -> tuple[StateRow, ...]:
    """The states' own schedules."""
    found: list[StateRow] = []
    for row in files.rows("state_schedules.csv", STATE_COLUMNS):
        row.text("confidence")
        schedule = row.schedule("schedule")
        if not schedule.controlled:
            raise row.bad("a state row must name a schedule from I to V")
        since, until = row.day("effective_from"), row.day("effective_to")
        if since and until and until <= since:
            raise row.bad("'effective_to' is not after 'effective_from'")
        found.append(StateRow(row.text("state"), row.text("substance"), schedule, since, until))
    return tuple(found)
