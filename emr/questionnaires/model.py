"""Scales: what is asked, how answers add up, what a total means, and which answers must be seen at once. Pure.

The instruments are reference data (`reference/scales.yaml`) with source and licence in each row. Only those that
are free to show, are answered by the patient and are scored by adding up can be asked here; the others
are listed, for score entry with the clinic's own licensed form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from emr.questionnaires.scales_file import AnswerOption, Askable, Band, SafetyItem, ScaleRow, ScalesFile, Urgency
from emr.shared import reference_files
from emr.shared.errors import NotFound
from emr.shared.validation import BadFile, Problems, checked

_FILE = "scales.yaml"


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `scored` is False for a question that may be left out and never counts."""

    id: str
    text: str
    loinc: str
    options: tuple[AnswerOption, ...]
    scored: bool


@dataclass(frozen=True, slots=True)
class SafetyRule:
    """Answering `item` (called `name`: "Self-harm item") with `at_least` or more must be seen, with this urgency.

    `actions` say in plain words what is then to be done.
    """

    item: str
    name: str
    at_least: int
    urgency: Urgency
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """An instrument that can be asked. Items in the order asked, scored ones first; bands from low to high.

    `may_miss`: up to this many scored items may be unanswered and are made up for in proportion, those in
    `never_impute` excepted. `change_points`: the smallest change worth a word, None when none is agreed.
    `short`: as clinicians say it ("PHQ-9"); `plain`: as a patient is told of it.
    """

    id: str
    short: str
    plain: str
    name: str
    stem: str
    recall: str
    items: tuple[Item, ...]
    low: int
    high: int
    bands: tuple[Band, ...]
    may_miss: int
    never_impute: frozenset[str]
    safety: tuple[SafetyRule, ...]
    panel_loinc: str
    total_loinc: str
    positive_screen: int | None
    change_points: int | None
    source: str
    licence: str
    verification: str

    @property
    def scored_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.scored)

    def item(self, id: str) -> Item | None:
        return next((item for item in self.items if item.id == id), None)

    def severity(self, total: int) -> str:
        """The word for a total within the scale's range."""
        return next(band.label for band in self.bands if band.low <= total <= band.high)

    def alarms(self, item: str, value: int) -> SafetyRule | None:
        """The most urgent rule that this answer meets, or None."""
        met = [rule for rule in self.safety if rule.item == item and value >= rule.at_least]
        return max(met, key=lambda rule: (rule.urgency is Urgency.IMMEDIATE, rule.at_least), default=None)


@dataclass(frozen=True, slots=True)
class ListedInstrument:
    """An instrument the release knows of; `askable`: it is among those that can be asked here."""

    id: str
    short: str
    name: str
    askable: bool
    source: str
    licence: str


@dataclass(frozen=True, slots=True)
class Scales:
    """The reference file, checked. `before_visit`: what is asked before a visit unless somebody chose."""

    version: str
    sha256: str
    before_visit: tuple[str, ...]
    listed: tuple[ListedInstrument, ...]
    askable: Mapping[str, Scale]

    def get(self, id: str) -> Scale:
        """The scale that can be asked under that id. Raises `NotFound`."""
        found = self.askable.get(id)
        if found is None:
            raise NotFound("unknown_scale", "This questionnaire is not available here.")
        return found


@dataclass(frozen=True, slots=True)
class Score:
    """A total with its word. `prorated`: unanswered items were made up for in proportion."""

    total: int
    severity: str
    prorated: bool


def usable(scale: Scale, answers: Mapping[str, int]) -> Mapping[str, int]:
    """Those answers that name an item of the scale and one of its options."""
    return {
        item.id: answers[item.id]
        for item in scale.items
        if item.id in answers and answers[item.id] in {option.value for option in item.options}
    }


def lacking(scale: Scale, answers: Mapping[str, int]) -> tuple[str, ...]:
    """The scored items still to be answered before there can be a total; empty: it can be scored now."""
    given = usable(scale, answers)
    missing = tuple(item.id for item in scale.scored_items if item.id not in given)
    if len(missing) > scale.may_miss or scale.never_impute.intersection(missing):
        return missing
    return ()


def score(scale: Scale, answers: Mapping[str, int]) -> Score:
    """Add up. Unanswered items, where the scale allows any, get the mean of the others, rounded half up at the end.

    Ask `lacking` first: raises ValueError while it is not empty.
    """
    if lacking(scale, answers):
        raise ValueError(f"{scale.id} is not answered")
    given = usable(scale, answers)
    scored = scale.scored_items
    values = [given[item.id] for item in scored if item.id in given]
    total = int(Fraction(sum(values) * len(scored), len(values)) + Fraction(1, 2))
    return Score(total, scale.severity(total), len(values) < len(scored))


@cache
def load() -> Scales:
    """Read and check the reference file. Raises `BadFile`: the program must not start on a bad row."""
    raw = reference_files.read(_FILE, dict[str, Any])
    file = checked(_FILE, raw, ScalesFile)
    problems = Problems(_FILE)
    askable: dict[str, Scale] = {}
    for row, fields in zip(file.scales, raw["scales"], strict=True):
        if row.askable:
            try:
                askable[row.id] = _scale(row, checked(f"{_FILE}, {row.id}", fields, Askable))
            except BadFile as error:
                problems.found += error.problems
    ids = [row.id for row in file.scales]
    problems.need(len(set(ids)) == len(ids), "an id is there twice")
    problems.need(set(file.before_visit) <= set(askable), "before_visit names a scale that cannot be asked")
    problems.check()
    listed = tuple(
        ListedInstrument(one.id, one.short, one.name, one.askable, one.source, one.licence) for one in file.scales
    )
    return Scales(file.version, reference_files.sha256(_FILE), file.before_visit, listed, askable)


def _scale(row: ScaleRow, more: Askable) -> Scale:
    items = [Item(one.id, one.text, one.loinc, more.options, True) for one in more.items]
    for one in more.extra_items:
        own = tuple(AnswerOption(value, label) for value, label in enumerate(one.options))
        items.append(Item(one.id, one.text, one.loinc, own, False))
    low, high = more.scoring.range
    change = more.clinically_important_change
    scale = Scale(
        id=row.id,
        short=row.short,
        plain=more.plain,
        name=row.name,
        stem=more.stem,
        recall=more.recall,
        items=tuple(items),
        low=low,
        high=high,
        bands=more.bands,
        may_miss=more.scoring.may_miss,
        never_impute=more.scoring.never_impute,
        safety=tuple(_safety(one) for one in more.safety_items),
        panel_loinc=more.loinc.panel,
        total_loinc=more.loinc.total,
        positive_screen=more.positive_screen,
        change_points=change.points if change else None,
        source=row.source,
        licence=row.licence,
        verification=row.verification,
    )
    _check(scale)
    return scale


def _safety(row: SafetyItem) -> SafetyRule:
    at_least = int(row.trigger.removeprefix("value >= "))
    return SafetyRule(row.item, row.name, at_least, row.escalation.severity, row.escalation.actions)


def _check(scale: Scale) -> None:
    """What a total and an alarm rely on: unique items, the range that the options span, bands without a gap."""
    problems = Problems(f"{_FILE}, {scale.id}")
    ids = [item.id for item in scale.items]
    problems.need(len(ids) == len(set(ids)), "an item id is there twice")
    for end, pick in ((scale.low, min), (scale.high, max)):
        spanned = sum(pick(option.value for option in item.options) for item in scale.scored_items)
        problems.need(spanned == end, f"the range ends at {end}, but the options add up to {spanned}")
    covered = [total for band in scale.bands for total in range(band.low, band.high + 1)]
    problems.need(covered == list(range(scale.low, scale.high + 1)), "the bands leave a gap or overlap")
    named = {rule.item for rule in scale.safety} | scale.never_impute
    problems.need(named <= set(ids), "a safety rule names an unknown item")
    problems.check()
