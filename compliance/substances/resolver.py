"""From the name of a product to its ingredients and schedule, at a date, in a state. Pure once loaded.

Only known names are resolved. Every token of the text must be accounted for; what cannot be told for sure is an
answer of its own (unknown, ambiguous, conflicting), and no caller may read it as "not controlled".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from compliance.prescribing.decision import Reason
from compliance.shared.errors import BadReference, UnusableInput
from compliance.shared.vocabulary import Schedule, strictest
from compliance.substances import codes as code_rows
from compliance.substances import numbers, reference
from compliance.substances import schedule as schedules
from compliance.substances.checks import check_names
from compliance.substances.free_text import Named, names_in
from compliance.substances.names import Lexicon, PartReading, lexicon
from compliance.substances.numbers import Numbers
from compliance.substances.reference import DIRECTORY, Files
from compliance.substances.schedule import IngredientSchedule, Mention, Schedules
from compliance.substances.text import ParsedText, Part, UnreadableName, read
from emr.shared.validation import Problem

FEDERAL_ONLY = "US"
"""Given as the state: look at federal law alone, on purpose. Not the same as a state that is not known."""


class NameStatus(StrEnum):
    """How well a name was understood. Only KNOWN has a schedule."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    CONFLICTING = "conflicting"


_SENTENCES = {
    "name_empty": "No medicine was named.",
    "name_too_long": "The text is too long to be the name of a medicine.",
    "invisible_character": "The name contains an invisible character.",
    "mixed_script": "The name contains letters from another alphabet that may only look like the expected ones.",
    "unreadable_character": "The name contains a character that is not used in medicine names.",
    "unknown_word": "Part of the name is not recognized, so the medicine cannot be identified.",
    "no_ingredient": "The text does not name a recognized medicine.",
    "resembles_controlled": "One word resembles the name of a controlled substance.",
    "names_controlled": "It also names a controlled substance.",
    "ambiguous_name": "The name could mean more than one medicine. Enter it in full.",
    "unnamed_ingredient": "It may contain a controlled ingredient that is not named. Enter all ingredients.",
    "more_than_one_item": "The text names more than one medicine. Enter one at a time.",
    "code_unknown": "The code is not recognized.",
    "code_conflict": "The code and the text name different medicines.",
    "name_conflict": "The name and the one in parentheses are different medicines.",
}
NAME_REASONS = frozenset(_SENTENCES)


def _reason(code: str) -> Reason:
    return Reason(code, _SENTENCES[code])


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name was found to be.

    `ingredients`: what was recognized, in alphabetical order (for a name that is not KNOWN: as far as recognized).
    `schedule`: None unless KNOWN. `reasons`: why it is not KNOWN; empty for KNOWN. `findings`: one for each
    ingredient, and one for each state row, that make up the schedule. `stricter_states`: only when the state is not
    known or left out: the states that schedule an ingredient more strictly. `unread`: the words nobody knows (never
    to be logged: they may be anything).
    """

    status: NameStatus
    ingredients: tuple[str, ...]
    schedule: Schedule | None
    reasons: tuple[Reason, ...] = ()
    findings: tuple[IngredientSchedule, ...] = ()
    prescribable: bool = True
    exempted: bool = False
    stricter_states: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    """One item of the text, read: the ingredients with what is written of them, and its trouble, if any."""

    mentions: tuple[Mention, ...]
    forms: frozenset[str]
    unread: tuple[str, ...]
    ambiguous: bool
    conflict: bool
    names: int

    @property
    def substances(self) -> frozenset[str]:
        return frozenset(mention.substance for mention in self.mentions)


@dataclass(frozen=True, slots=True)
class Substances:
    """The reference data, loaded and checked. `sha256` names exactly this data in every decision."""

    sha256: str
    jurisdictions: frozenset[str]
    _lexicon: Lexicon
    _schedules: Schedules
    _codes: Mapping[str, frozenset[str]]
    _diagnoses: frozenset[tuple[str, ...]]
    _numbers: Numbers

    def resolve(self, text: str, *, on: date, state: str | None, code: str | None = None) -> Resolution:
        """What the text (and the RxCUI, if given) names, and its schedule on that day in that state.

        `state`: two letters; FEDERAL_ONLY for federal law alone; None when it is not known where the patient is.
        Raises UnusableInput for a state that does not exist.
        """
        if state is not None and state != FEDERAL_ONLY and state not in self.jurisdictions:
            raise UnusableInput(f"'{state}' is not a two-letter code of a state or territory of the United States.")
        try:
            writing = read(text)
        except UnreadableName as unreadable:
            return self._not_known(NameStatus.UNKNOWN, (unreadable.code,), ())
        items = tuple(self._item(parts) for parts in writing.items)
        troubled = self._trouble(items)
        return troubled or self._agree(writing, items, code, on, state)

    def changes_after(self, day: date) -> tuple[date, ...]:
        """The days after that one on which some schedule is known to change, in order."""
        changes = {one.effective for rows in self._schedules.listings.values() for row in rows for one in row.changes}
        return tuple(sorted(one for one in changes if one > day))

    def controlled_names_in(self, text: str) -> tuple[Named, ...]:
        """The controlled names that free text holds, in order; disguises are seen through (`substances_free_text`)."""
        return tuple(
            Named(name.name, tuple(sorted(one for one in name.substances if self._is_controlled(one))))
            for name in names_in(self._lexicon, self._diagnoses, text)
        )

    def _is_controlled(self, substance: str) -> bool:
        """Whether a substance is controlled in some form today."""
        rows = self._schedules.listings.get(substance, ())
        return bool(rows) and rows[0].schedule.controlled

    def _item(self, parts: tuple[Part, ...]) -> _Item:
        """Reads the parts of one item; what stands in brackets must agree with what stands outside."""
        readings = [self._lexicon.read(part) for part in parts]
        named = [reading.substances for reading in readings if reading.substances]
        whole = max(named, key=len, default=frozenset())
        return _Item(
            mentions=tuple(mention for reading in readings for mention in _mentions(reading)),
            forms=frozenset().union(*(reading.forms for reading in readings)),
            unread=tuple(word for reading in readings for word in reading.unread),
            ambiguous=any(reading.ambiguous for reading in readings),
            conflict=any(not substances <= whole for substances in named),
            names=max((len(reading.found) for reading in readings), default=0),
        )

    def _trouble(self, items: tuple[_Item, ...]) -> Resolution | None:
        """The answer for a text that cannot be understood, or None."""
        mentions = tuple(mention for item in items for mention in item.mentions)
        unread = tuple(word for item in items for word in item.unread)
        if unread:
            codes = ["unknown_word"]
            if any(self._lexicon.near(word) for word in unread):
                codes.append("resembles_controlled")
            return self._not_known(NameStatus.UNKNOWN, tuple(codes), mentions, unread)
        if any(item.ambiguous for item in items):
            return self._not_known(NameStatus.AMBIGUOUS, ("ambiguous_name",), mentions)
        if any(item.conflict for item in items):
            return self._not_known(NameStatus.CONFLICTING, ("name_conflict",), mentions)
        return None

    def _agree(
        self, writing: ParsedText, items: tuple[_Item, ...], code: str | None, on: date, state: str | None
    ) -> Resolution:
        """Checks text against codes and items against each other, then looks up the schedule."""
        filled = tuple(item for item in items if item.mentions)
        mentions = tuple(mention for item in filled for mention in item.mentions)
        named = frozenset(mention.substance for mention in mentions)
        for rxcui in (*writing.codes, *((code.strip(),) if code is not None else ())):
            coded = self._codes.get(rxcui)
            if coded is None:
                return self._not_known(NameStatus.UNKNOWN, ("code_unknown",), mentions)
            if named and not coded <= named:
                return self._not_known(NameStatus.CONFLICTING, ("code_conflict",), mentions)
            if not named:
                extra = tuple(Mention(one, None, None) for one in sorted(coded))
                filled = (_Item(extra, frozenset(), (), ambiguous=False, conflict=False, names=len(coded)),)
                mentions, named = extra, coded
        if not filled:
            return self._not_known(NameStatus.UNKNOWN, ("no_ingredient",), ())
        if self._may_hold_more(writing, filled):
            return self._not_known(NameStatus.AMBIGUOUS, ("unnamed_ingredient",), mentions)
        result = self._known(filled, on, state)
        several = any(item.substances != filled[0].substances for item in filled)
        if several and result.schedule is Schedule.NONE:
            return self._not_known(NameStatus.AMBIGUOUS, ("more_than_one_item",), mentions)
        return result

    def _may_hold_more(self, writing: ParsedText, items: tuple[_Item, ...]) -> bool:
        """Whether a text that names nothing controlled may stand for something controlled all the same."""
        substances = frozenset().union(*(item.substances for item in items))
        if any(self._is_controlled(one) for one in substances):
            return False
        parts = tuple(part for item in writing.items for part in item)
        return self._numbers.say_more(parts, substances, sum(item.names for item in items), self._lexicon.kind_of)

    def _known(self, items: tuple[_Item, ...], on: date, state: str | None) -> Resolution:
        """The schedule of what is understood: the strictest of all ingredients, federal and of the state."""
        findings: dict[IngredientSchedule, None] = {}
        exempted = False
        for item in items:
            for mention in item.mentions:
                findings[self._schedules.federal(mention, item.substances, item.forms, on)] = None
                exempted |= self._schedules.exempted(mention.substance, item.substances)
        federal = tuple(findings)
        stricter: set[str] = set()
        for finding in federal:
            if state in (None, FEDERAL_ONLY):
                stricter.update(self._schedules.states_stricter(finding.substance, finding.schedule, on))
            elif own := self._schedules.in_state(finding.substance, str(state), on):
                findings[own] = None
        return Resolution(
            status=NameStatus.KNOWN,
            ingredients=tuple(sorted({finding.substance for finding in federal})),
            schedule=strictest([finding.schedule for finding in findings]),
            findings=tuple(findings),
            prescribable=all(self._schedules.prescribable(finding) for finding in federal),
            exempted=exempted,
            stricter_states=tuple(sorted(stricter)),
        )

    def _not_known(
        self, status: NameStatus, codes: tuple[str, ...], mentions: tuple[Mention, ...], unread: tuple[str, ...] = ()
    ) -> Resolution:
        """An answer without a schedule, with all reasons."""
        substances = {mention.substance for mention in mentions}
        if any(row.schedule.controlled for one in substances for row in self._schedules.listings.get(one, ())):
            codes = (*codes, "names_controlled")
        reasons = tuple(_reason(code) for code in codes)
        return Resolution(status, tuple(sorted(substances)), None, reasons, unread=unread)


def _mentions(reading: PartReading) -> tuple[Mention, ...]:
    """The ingredients of a reading. A strength is one ingredient's only when the name has just one."""
    return tuple(
        Mention(
            substance,
            found.name.pins.get(substance),
            found.strength if len(found.name.substances) == 1 else None,
        )
        for found in reading.found
        for substance in found.name.substances
    )


def load(source: Path | Mapping[str, bytes] = DIRECTORY) -> Substances:
    """Reads and checks all reference files, of a folder or by name. Raises BadReference (file, line): do not start."""
    files = Files(source)
    keys = reference.source_keys(files)
    law = schedules.load(files)
    controlled = reference.names(files, "controlled_names.csv", keys)
    uncontrolled = reference.names(files, "known_names.csv", keys)
    ingredients = reference.ingredient_names(uncontrolled)

    def known(substance: str) -> bool:
        return substance in law.listings or substance in ingredients

    def is_controlled(substance: str) -> bool:
        return substance in law.listings and law.listings[substance][0].schedule.controlled

    figures = numbers.load(files, keys, is_controlled)
    reference.check_known("controlled_names.csv", controlled, known)
    reference.check_known("known_names.csv", uncontrolled, known)
    fillers, ambiguous = reference.fillers(files, keys), reference.ambiguous(files, keys)
    names = lexicon(controlled, uncontrolled, fillers, ambiguous, figures)
    check_names(law, controlled, uncontrolled)
    places = reference.jurisdictions(files, keys)
    law = replace(law, states=schedules.states_of(files, places, law.listings.keys() | ingredients))
    rows = code_rows.codes(files, keys, known)
    diagnoses = reference.diagnoses(files, keys)
    bare = Substances(files.sha256(), places, names, law, {}, diagnoses, figures)
    coded = {row.rxcui: frozenset(row.substances) if row.substances else _coded(bare, row) for row in rows}
    return replace(bare, _codes=coded)


def _coded(substances: Substances, row: code_rows.CodeRow) -> frozenset[str]:
    """The ingredients of a product code, read from its RxNorm name by the same rules as any other name."""
    found = substances.resolve(row.product, on=date.max, state=FEDERAL_ONLY)
    if found.status is not NameStatus.KNOWN:
        what = f"the product's name cannot be read: {found.reasons[0].code} {' '.join(found.unread)}"
        raise BadReference([Problem(code_rows.FILE, row.line, "column name", what)])
    return frozenset(found.ingredients)
