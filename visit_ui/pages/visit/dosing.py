"""Adjusting a medicine and starting one: the forms that end in a signed order.

One partial, the dose form, serves both: ladder, tablets, sentence, why, checks, signing bar.
POST `/medicines/<order>/adjust` (`to`: a daily total, or nothing), POST `/medicines/<order>/check` (re-renders the form
with its findings), POST `/medicines/<order>/revise`;
GET `/medicines/start`, POST `/medicines/find` (`name`, `product`), POST `/medicines/start/check`, POST
`/medicines/start`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from visit_ui.pages.shell.parts import DoseStep, Option, TabletChoice
from visit_ui.pages.visit.parts import Block, Checks, Missing, VisitContext


@dataclass(frozen=True, slots=True)
class StepResponse:
    """What a scale did after one dose step: "25 mg", "17 to 16"."""

    dose: str
    change: str


@dataclass(frozen=True, slots=True)
class DoseForm:
    """The shared form. Field names in brackets.

    Ladder [`total`], tablets [`tablets`], `sentence_before_date` + `starts_on` + `sentence_after_date` make the written
    instruction; its parts can be edited: [`timing`] (one of `timings`), [`as_needed`] = `yes`, [`from`] ISO date,
    [`days`], [`refills`]; why
    [`reason`]; findings [`answer-<key>`]; [`agreement`] = `not_asked`. `unit` is the ladder's unit ("mg").
    `now_total` None: a start. `difference`: "+50". `errors` per field name. `missing`: what the server says is missing.
    `no_ladder_why`: why there is no ladder (then `total` is typed), else None.
    `reasons`: short reasons to pick for what is chosen, from the reference data.
    `limits`: beside days and refills, what the schedule allows ("Schedule II: no refills"), "" for none.
    `shown`: stands for the instruction as it is read back; posted with it, so that nothing else is signed.
    `obligations`: what signing obliges to, a sentence each; they stand just above the sign button.
    `starts`: the first day as it was typed; empty: `starts_on` is shown.
    """

    unit: str
    ladder: tuple[DoseStep, ...]
    combinations: tuple[TabletChoice, ...]
    now_total: str | None
    new_total: str | None
    difference: str | None
    sentence_before_date: str
    starts_on: date | None
    sentence_after_date: str
    timings: tuple[Option, ...]
    timing: str
    as_needed: bool
    days: str
    refills: str
    reason: str
    checks: Checks | None
    missing: tuple[Missing, ...]
    sign_words: str
    errors: Mapping[str, str] = field(default_factory=dict)
    no_ladder_why: str | None = None
    limits: str = ""
    obligations: tuple[str, ...] = ()
    starts: str = ""
    reasons: tuple[str, ...] = ()
    shown: str = ""


@dataclass(frozen=True, slots=True)
class AdjustPanel:
    """Adjust one medicine, or resume it. Posts also `order`: the order shown, so that a change meanwhile is a conflict.

    `verb`: "Adjust" or "Resume", the same word as on the button that led here.
    `indication`: "for depression" or None. `at_now`: "49 days at 100 mg". `responses_of`: "PHQ-9".
    `ahead`: "150 mg each morning from Nov 25", written and not taken yet: what is signed now replaces it.
    `block` not None: policy stops it, above the form when something was filled in already. `conflict`: what
    someone changed meanwhile.
    """

    template: ClassVar[str] = "visit/_adjust.html"
    visit: VisitContext
    order_id: str
    name: str
    indication: str | None
    since: date | None
    at_now: str | None
    responses_of: str
    responses: tuple[StepResponse, ...]
    form: DoseForm | None
    block: Block | None = None
    conflict: str | None = None
    ahead: str | None = None
    verb: str = "Adjust"


@dataclass(frozen=True, slots=True)
class ProductChoice:
    """A product the typed name may mean; `product` is the form value."""

    product: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class StartPanel:
    """Start a medicine: search, then what it was understood as, then choices, the form, or a block.

    The search posts `name` (typed) and `product`. The form posts also `product`, `name` and `indication`.
    `query` empty: nothing typed yet. `understood_as` None with a query: not understood (then `not_understood` says it).
    `conflict`: why nothing was signed.
    """

    template: ClassVar[str] = "visit/_start.html"
    visit: VisitContext
    query: str = ""
    understood_as: str | None = None
    not_understood: str | None = None
    choices: tuple[ProductChoice, ...] = ()
    product: str = ""
    product_name: str = ""
    indication: str = ""
    form: DoseForm | None = None
    block: Block | None = None
    conflict: str | None = None
