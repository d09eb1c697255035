"""The compliance officer's log: every prescribing decision, allowed or blocked, and whether the log is whole."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import ClassVar, Literal

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import Badge, FieldError, LabeledFact, Option

Direction = Literal["ascending", "descending", "other", "none"]


@dataclass(frozen=True, slots=True)
class LogFilters:
    """What the list is narrowed to, as text. Days as typed; "" means all. NAMES: their words in an address.

    dose_from, dose_to: mg a day of what was prescribed.
    patient_of: the number of an entry; the list is then of its patient alone, whose own id has no place in an address.
    look: a rule of what is worth a look. sort: "" newest first, "time" oldest first, else a column ("-rule": downward;
    "patient": each patient's rows together).
    """

    NAMES: ClassVar[tuple[str, ...]] = (
        "from",
        "to",
        "prescriber",
        "ingredient",
        "dose-from",
        "dose-to",
        "schedule",
        "action",
        "modality",
        "state",
        "outcome",
        "rule",
        "entry",
        "of-entry",
        "look",
        "sort",
    )
    start: str = ""
    end: str = ""
    prescriber: str = ""
    ingredient: str = ""
    dose_from: str = ""
    dose_to: str = ""
    schedule: str = ""
    action: str = ""
    modality: str = ""
    state: str = ""
    outcome: str = ""
    rule: str = ""
    entry: str = ""
    patient_of: str = ""
    look: str = ""
    sort: str = ""

    def query(self) -> dict[str, str]:
        """The word in an address -> what it says."""
        return dict(zip(self.NAMES, (getattr(self, field.name) for field in fields(self)), strict=True))


@dataclass(frozen=True, slots=True)
class LogChoices:
    """What each filter offers, besides "All"."""

    prescribers: tuple[Option, ...]
    ingredients: tuple[Option, ...]
    schedules: tuple[Option, ...]
    actions: tuple[Option, ...]
    modalities: tuple[Option, ...]
    states: tuple[Option, ...]
    rules: tuple[Option, ...]
    outcomes: tuple[Option, ...]
    looks: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class LogRow:
    """One decision.

    entry: its number in the log. sealed: False while the checkpoint that covers it is not written (dashed).
    patient_code: a mask ("P-7F2C"), never a name. dose: what became of it, a day ("from 50 mg to 100 mg", "Held at 50
    mg"); empty: nothing was written. rule: what decided ("controlled-remote"); pack: of which policy. schedule: "IV",
    "none", or None when unknown. where: "Video, FL". A refused access has no medicine (dose, schedule and pack "") and
    no page of its own (href None).
    """

    entry: int
    sealed: bool
    at: datetime
    prescriber: str
    patient_code: str
    asked: str
    dose: str
    schedule: str | None
    where: str
    rule: str
    pack: str
    outcome: Badge
    href: str | None


@dataclass(frozen=True, slots=True)
class SortHead:
    """The head of a column that can be sorted: how it is now, and what a click on it leads to.

    direction: "other" where one person's rows stand together, in no order of names.
    """

    column: str
    direction: Direction
    href: str


@dataclass(frozen=True, slots=True)
class LogPages:
    """Where the pages beside this one are; None at that end. by_time: newest first, so that they are newer or older."""

    first: str | None = None
    back: str | None = None
    on: str | None = None
    by_time: bool = True


@dataclass(frozen=True, slots=True)
class WorthALook:
    """A pattern of the log, how often it is there ("2", "99+"), and the list of it. current: it is shown now."""

    count: str
    title: str
    words: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class PlotRow:
    """Blocked attempts of one drug, a count for each week of the plot. unknown: the name was not resolved (dashed)."""

    drug: str
    schedule: str | None
    counts: tuple[int, ...]
    total: int
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class BlockedPlot:
    """Blocked attempts a week by drug, most first. weeks: any moment in each, oldest first. highest: of all counts."""

    weeks: tuple[datetime, ...]
    rows: tuple[PlotRow, ...]
    highest: int
    total: int


@dataclass(frozen=True, slots=True)
class LogState:
    """What is known of the log's wholeness.

    kind: "verified" up to `entry` at `at`; "never" verified yet; "failed" with `findings` things found.
    href: the result, or None.
    """

    kind: Literal["verified", "never", "failed"]
    entry: int | None = None
    at: datetime | None = None
    findings: int = 0
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """`/log`. GET fields: those of `LogFilters` and `page`. POST `/log/verify`: `csrf_token`.

    POST `/log/export-list`: `csrf_token` and the fields of `LogFilters`.

    summary: how many there are on all pages ("about 240,000 decisions, about 16,000 blocked"). rows: in the order of
    `heads`. refusals: the rows are refused accesses, not decisions. look_days: how far back what is worth a look is
    looked for. listed: False when what was asked for cannot be listed, as `errors` or `notes` say. zone_words: in the
    head of the time column ("Florida"). plot: None when nothing was blocked in the selection.
    errors: of the filters (a date that is none). notes: what else is to be known of the list, in sentences.
    faults: why the log does not keep up with what happens, in sentences; empty: it does.
    presence_href: the list of check-ins, or None.
    """

    template: ClassVar[str] = "officer/log.html"
    frame: Frame
    filters: LogFilters
    choices: LogChoices
    state: LogState
    summary: str
    plot: BlockedPlot | None
    rows: tuple[LogRow, ...]
    zone_words: str
    pages: LogPages = LogPages()
    heads: tuple[SortHead, ...] = ()
    worth_a_look: tuple[WorthALook, ...] = ()
    look_days: int = 28
    refusals: bool = False
    listed: bool = True
    errors: tuple[FieldError, ...] = ()
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    presence_href: str | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A source: how it is cited, and where it can be read (None: in print or inside the clinic)."""

    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class PurposeForm:
    """Why somebody reads what a prescriber wrote. options: the purposes, with where the law speaks of each."""

    options: tuple[Option, ...]
    purpose: str = ""
    words: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenTexts:
    """What a prescriber wrote, opened for a purpose. words: of who opened it (None: erased). entry: where that stands.

    answers: each finding that was answered, and the answer. agreement: of the patient, in words.
    """

    purpose: str
    words: str | None
    stated_at: datetime
    entry: int
    why: str
    indication: str
    answers: tuple[LabeledFact, ...]
    agreement: str


@dataclass(frozen=True, slots=True)
class LogDetail:
    """`/log/{decision}`: one decision with all that it rested on. POST `/log/{decision_id}/texts`: `csrf_token`,
    `purpose`, `words`.

    texts: what the prescriber wrote, once a purpose was stated; purpose: the form that asks for it. Both None: nothing
    was written by this decision.

    reasons: code and sentence. evidence: what was known then (modality, place, names as understood). proof: the entry's
    place in the sealed log (hash, checkpoint), as printed.
    """

    template: ClassVar[str] = "officer/log_detail.html"
    frame: Frame
    entry: int
    sealed: bool
    at: datetime
    asked: str
    outcome: Badge
    facts: tuple[LabeledFact, ...]
    reasons: tuple[LabeledFact, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[LabeledFact, ...]
    proof: tuple[LabeledFact, ...]
    back_href: str
    decision_id: str = ""
    texts: WrittenTexts | None = None
    purpose: PurposeForm | None = None
