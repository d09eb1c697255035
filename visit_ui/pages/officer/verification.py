"""The officer's page of a verification: how far it is, and what the last one found."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import LabeledFact


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

    template: ClassVar[str] = "officer/verification.html"
    frame: Frame
    phase: Literal["idle", "waiting", "running", "silent"]
    progress: VerifyProgress | None
    at: datetime | None
    whole_at: datetime | None
    checked: int
    unsealed: int
    facts: tuple[LabeledFact, ...]
    findings: tuple[VerifyFinding, ...]
    more: int
    could_not: str | None
    back_href: str
