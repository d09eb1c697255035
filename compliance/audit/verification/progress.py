"""How far a verification has come: enough to go on from there, in another process and on another day. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from compliance.audit.findings import FindingCode, Findings, VerificationFinding
from compliance.audit.merkle import CompactRange
from compliance.audit.time_bounds import Times

LogPlace = tuple[int, int, int]
"""Where an entry stands in the order of the log: epoch, transaction, entry."""

NOWHERE: LogPlace = (-1, -1, -1)


class VerificationStage(StrEnum):
    """What is being compared; in this order."""

    LEAVES = "leaves"
    ENTRIES = "entries"
    DECISIONS = "decisions"
    REST = "rest"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Base:
    """A tree that a signed checkpoint vouched for, and its last entry: from here a later pass may go on.

    `hour`: of the last checkpoint up to it that is kept outside for good. `after`: when what follows was recorded at
    the earliest, as the log writes it.
    """

    size: int
    peaks: tuple[bytes, ...]
    place: LogPlace
    hour: datetime | None = None
    after: str = ""

    @property
    def tree(self) -> CompactRange:
        """The tree itself. Raises ``ValueError`` when the peaks cannot be those of this size."""
        return CompactRange(self.size, self.peaks)


@dataclass(slots=True)
class VerifierState:
    """What the verifier knows after the rows it was fed: all that it needs for the next one.

    `expected` is the next leaf index; `whole` is False once a hole broke the tree; `good` and `differs` are by place,
    ``database`` or ``outside``; `claimed` is the largest size that was signed; `hour` that of the last checkpoint kept
    for good; `base` the last tree vouched for; `times` what bounds the times of entries.
    """

    tree: CompactRange = field(default_factory=CompactRange)
    whole: bool = True
    expected: int = 0
    place: LogPlace = NOWHERE
    good: dict[str, int] = field(default_factory=lambda: {"database": 0, "outside": 0})
    differs: set[str] = field(default_factory=set)
    anchored_entry: int | None = None
    claimed: int = 0
    unsealed: int = 0
    decisions: int = 0
    first_format: int = 0
    checkpoints: int = 0
    hour: datetime | None = None
    counts: dict[str, int] = field(default_factory=dict)
    base: Base | None = None
    times: Times = field(default_factory=Times)

    @classmethod
    def after(cls, base: Base) -> "VerifierState":
        """The state in which a pass begins that goes on from `base`."""
        entry = base.place[2]
        return cls(
            tree=base.tree,
            expected=base.size,
            place=base.place,
            good={"database": base.size, "outside": base.size},
            anchored_entry=entry if entry >= 0 else None,
            claimed=base.size,
            hour=base.hour,
            base=base,
            times=Times(base.after),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """A verification between two pages. `since`: entries that an earlier pass had verified, 0 of a whole one.

    `position` of `total` sealed entries have been compared; `after` is the last key read in a later `stage`, as text.
    """

    stage: VerificationStage
    state: VerifierState
    found: Findings
    since: int
    total: int
    after: str | None = None

    @property
    def position(self) -> int:
        """How many sealed entries have been compared."""
        return self.state.expected

    def to_json(self) -> str:
        """One line of text."""
        state = {one.name: getattr(self.state, one.name) for one in fields(self.state)}
        state["tree"] = _tree_json(self.state.tree.size, self.state.tree.peaks)
        state["differs"] = sorted(self.state.differs)
        state["hour"] = _hour_json(self.state.hour)
        state["base"] = None if self.state.base is None else base_json(self.state.base)
        state["times"] = asdict(self.state.times)
        return json.dumps(
            {
                "stage": self.stage,
                "since": self.since,
                "total": self.total,
                "after": self.after,
                "state": state,
                "findings": [asdict(one) for one in self.found.listed],
                "more": self.found.more,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Progress":
        """What `to_json` wrote. Raises ``ValueError``, ``KeyError`` or ``TypeError`` for anything else."""
        body: dict[str, Any] = json.loads(text)
        state = dict(body["state"])
        state["tree"] = _tree(state["tree"])
        state["differs"] = set(state["differs"])
        state["place"] = _place(state["place"])
        state["hour"] = _hour(state["hour"])
        state["base"] = None if state["base"] is None else base_of(state["base"])
        state["times"] = Times(**state["times"])
        listed = [VerificationFinding(**{**one, "code": FindingCode(one["code"])}) for one in body["findings"]]
        return cls(
            VerificationStage(body["stage"]),
            VerifierState(**state),
            Findings(listed, body["more"]),
            body["since"],
            body["total"],
            body["after"],
        )


def base_json(base: Base) -> dict[str, Any]:
    """A base as JSON holds it."""
    rest = {"place": base.place, "hour": _hour_json(base.hour), "after": base.after}
    return {**_tree_json(base.size, base.peaks), **rest}


def base_of(body: Mapping[str, Any]) -> Base:
    """What `base_json` gave. Raises ``ValueError``, ``KeyError`` or ``TypeError`` for anything else."""
    tree = _tree(body)
    return Base(tree.size, tree.peaks, _place(body["place"]), _hour(body["hour"]), str(body["after"]))


def _tree_json(size: int, peaks: tuple[bytes, ...]) -> dict[str, Any]:
    return {"size": size, "peaks": [peak.hex() for peak in peaks]}


def _tree(body: Mapping[str, Any]) -> CompactRange:
    return CompactRange(body["size"], tuple(bytes.fromhex(peak) for peak in body["peaks"]))


def _place(body: Any) -> LogPlace:  # `Any`: JSON from outside
    epoch, transaction_id, entry_id = (int(one) for one in body)
    return epoch, transaction_id, entry_id


def _hour_json(hour: datetime | None) -> str | None:
    return None if hour is None else hour.isoformat()


def _hour(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
