"""The compliance officer's log: every prescribing decision, allowed or blocked, and whether the log is whole."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import ClassVar, Literal

from visit_ui.pages.frame import Frame
from visit_ui.pages.parts import Badge, FieldError, LabelledFact, Option


@dataclass(frozen=True, slots=True)
class LogFilters:
    """What the list is narrowed to, as text. Days as typed; "" means all. NAMES: their words in an address."""

    NAMES: ClassVar[tuple[str, ...]] = (
        "from",
        "to",
        "prescriber",
        "ingredient",
        "schedule",
        "action",
        "modality",
        "state",
        "outcome",
    )
    start: str = ""
    end: str = ""
    prescriber: str = ""
    ingredient: str = ""
    schedule: str = ""
    action: str = ""
    modality: str = ""
    state: str = ""
    outcome: str = ""

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
    outcomes: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class LogRow:
    """One decision.

    entry: its number in the log. sealed: False while the checkpoint that covers it is not written (dashed).
    patient_code: a mask ("P-7F2C"), never a name. schedule: "IV", "none", or None when unknown. where: "Video, FL".
    A refused access has no medicine (schedule "") and no page of its own (href None).
    """

    entry: int
    sealed: bool
    at: datetime
    prescriber: str
    patient_code: str
    asked: str
    schedule: str | None
    where: str
    rule: str
    outcome: Badge
    href: str | None


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

    summary: how many there are on all pages ("about 240,000 decisions, about 16,000 blocked"). rows: newest first.
    newest_href, newer_href, older_href: None at that end. refusals: the rows are refused accesses, not decisions.
    zone_words: in the head of the time column ("Florida"). plot: None when nothing was blocked in the selection.
    errors: of the filters (a date that is none). notes: what else is not as asked, in sentences.
    faults: why the log does not keep up with what happens, in sentences; empty: it does.
    presence_href: the list of check-ins, or None.
    """

    template: ClassVar[str] = "log.html"
    frame: Frame
    filters: LogFilters
    choices: LogChoices
    state: LogState
    summary: str
    plot: BlockedPlot | None
    rows: tuple[LogRow, ...]
    newest_href: str | None
    newer_href: str | None
    older_href: str | None
    zone_words: str
    refusals: bool = False
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
class LogDetail:
    """`/log/{decision}`: one decision with all that it rested on.

    reasons: code and sentence. evidence: what was known then (modality, place, names as understood). proof: the entry's
    place in the sealed log (hash, checkpoint), as printed.
    """

    template: ClassVar[str] = "log_detail.html"
    frame: Frame
    entry: int
    sealed: bool
    at: datetime
    asked: str
    outcome: Badge
    facts: tuple[LabelledFact, ...]
    reasons: tuple[LabelledFact, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[LabelledFact, ...]
    proof: tuple[LabelledFact, ...]
    back_href: str


@dataclass(frozen=True, slots=True)
class VerifyFinding:
    """Something wrong in the log. kind: "Altered entry", "Missing entry", "Added entry", "Unreadable row"."""

    kind: str
    entry: int | None
    what: str


@dataclass(frozen=True, slots=True)
class VerifyProgress:
    """How far a verification is: `position` of `total` entries (0: being counted), `rate` of them a second."""

    position: int
    total: int
    rate: int
    began: datetime


@dataclass(frozen=True, slots=True)
class Verification:
    """`/log/verification`. POST `/log/verify`: `csrf_token`.

    phase: "waiting" for the worker, "running" (with `progress`), "silent": the worker does not answer (`progress`:
    where it stopped), or "idle". The page reads itself again until it is idle. The rest is the last result: at and
    whole_at are None when there is none. findings: empty means whole up to the checkpoint; more: how many beyond those
    listed. unsealed: entries after the last checkpoint, not covered by it. could_not: why the last one could not run.
    """

    template: ClassVar[str] = "verification.html"
    frame: Frame
    phase: Literal["idle", "waiting", "running", "silent"]
    progress: VerifyProgress | None
    at: datetime | None
    whole_at: datetime | None
    checked: int
    unsealed: int
    facts: tuple[LabelledFact, ...]
    findings: tuple[VerifyFinding, ...]
    more: int
    could_not: str | None
    back_href: str
