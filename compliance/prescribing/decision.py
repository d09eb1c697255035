"""What compliance answered to one intent to prescribe: the value recorded, shown and turned into a clearance."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction, Schedule
from emr.shared.validation import NeededText, exactly

VALIDITY = timedelta(minutes=15)
"""How long a decision may be used: long enough to answer the findings and sign, too short to be kept."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for the outcome: `code` is for machines, `sentence` for people; neither holds patient data."""

    code: str
    sentence: str


@exactly
@dataclass(frozen=True, slots=True)
class Citation:
    """Where a rule is written: `id` is the pack's name for it, `text` the citation, `says` its meaning here."""

    id: NeededText
    text: NeededText
    says: NeededText
    url: NeededText | None = None


@dataclass(frozen=True, slots=True)
class WayForward:
    """What remains possible after a block: `title` fits a button, `sentence` explains it."""

    code: str
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Obligation:
    """What an allowing decision demands besides, such as handing the prescription to a certified system."""

    code: str
    sentence: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one prescribing request, with everything needed to defend it later.

    `schedule` is None when the product is not known (never allowed, if the action dispenses).
    `reasons` holds all reasons, most important first, never empty. `ways_forward` is empty unless blocked.
    `evidence` holds ids, codes and dates only, sorted by key: how the name was read, which encounter.
    `decided_at` and `valid_until` are aware, UTC.
    """

    outcome: DecisionOutcome
    action: PrescribingAction
    modality: Modality
    schedule: Schedule | None
    ingredients: tuple[str, ...]
    reasons: tuple[Reason, ...]
    rule: str
    citations: tuple[Citation, ...]
    pack_id: str
    pack_version: str
    pack_sha256: str
    reference_sha256: str
    decided_at: datetime
    valid_until: datetime
    evidence: tuple[tuple[str, str], ...] = ()
    obligations: tuple[Obligation, ...] = ()
    ways_forward: tuple[WayForward, ...] = field(default=())

    @property
    def allowed(self) -> bool:
        """Whether the action may go on (subject to `obligations`)."""
        return self.outcome is DecisionOutcome.ALLOW

    @property
    def schedule_word(self) -> str:
        """The schedule as it is stored: I to V, none, or unknown."""
        return "unknown" if self.schedule is None else self.schedule.value
