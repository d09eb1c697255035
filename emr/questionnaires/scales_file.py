"""What stands in the reference file of scales (`reference/scales.yaml`), as far as it is read. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from emr.shared.validation import NeededText

_TRIGGER = re.compile(r"value >= (\d+)")


class Urgency(StrEnum):
    """How soon a safety answer must be acted on."""

    SAME_SESSION = "same_session"
    IMMEDIATE = "immediate"


@dataclass(frozen=True, slots=True)
class AnswerOption:
    value: StrictInt
    label: NeededText


@dataclass(frozen=True, slots=True)
class Band:
    """Totals from `low` to `high`, both included, and the word for them."""

    low: Annotated[StrictInt, Field(alias="min")]
    high: Annotated[StrictInt, Field(alias="max")]
    label: NeededText


@dataclass(frozen=True, slots=True)
class _Method:
    """How any instrument is scored."""

    method: NeededText


@dataclass(frozen=True, slots=True)
class ScaleRow:
    """A row of the reference file, as far as it is read of every instrument."""

    id: NeededText
    short: NeededText
    name: NeededText
    kind: NeededText
    source: NeededText
    licence: NeededText
    verification: NeededText
    text_included: StrictBool
    items: tuple[Mapping[str, object], ...]
    options: object
    scoring: _Method

    def __post_init__(self) -> None:
        if not self.text_included and any("text" in item for item in self.items):
            raise ValueError("text needs permission")

    @property
    def askable(self) -> bool:
        """Whether it can be asked here: the patient answers, the options are the same for all, they are added up."""
        asked = self.kind == "patient_reported" and self.text_included
        return asked and self.scoring.method == "sum" and isinstance(self.options, list)


@dataclass(frozen=True, slots=True)
class ScalesFile:
    """The reference file."""

    version: NeededText
    before_visit: tuple[str, ...]
    scales: tuple[ScaleRow, ...]


@dataclass(frozen=True, slots=True)
class _Item:
    """A question. `options`: its own, by their place; the scale's when there are none."""

    id: NeededText
    text: NeededText
    loinc: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Escalation:
    """What a safety item asks for."""

    severity: Urgency
    actions: tuple[NeededText, ...]


@dataclass(frozen=True, slots=True)
class SafetyItem:
    """A row of safety_items."""

    item: NeededText
    name: NeededText
    trigger: Annotated[NeededText, Field(pattern=rf"^{_TRIGGER.pattern}$")]
    escalation: _Escalation


@dataclass(frozen=True, slots=True)
class _Scoring:
    """How an instrument that can be asked is scored."""

    range: tuple[StrictInt, StrictInt]
    may_miss: StrictInt = 0
    never_impute: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Codes:
    """The codes of a panel and its total."""

    panel: str
    total: str


@dataclass(frozen=True, slots=True)
class _Change:
    """The smallest change worth a word."""

    points: StrictInt | None


@dataclass(frozen=True, slots=True)
class Askable:
    """What is read besides of an instrument that can be asked."""

    plain: NeededText
    stem: NeededText
    recall: NeededText
    options: tuple[AnswerOption, ...]
    items: tuple[_Item, ...]
    scoring: _Scoring
    bands: tuple[Band, ...]
    safety_items: tuple[SafetyItem, ...]
    loinc: _Codes
    extra_items: tuple[_Item, ...] = ()
    positive_screen: StrictInt | None = None
    clinically_important_change: _Change | None = None
