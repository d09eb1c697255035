"""What a verification of the log may find, and its report. Pure; sentences hold entry numbers, never patient data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MOST_FINDINGS: Final = 1_000
"""How many findings a report lists; the rest is counted. A log rewritten as a whole has one finding for every row."""


ERASED: Final = "erased"
"""By this name a report counts the entries whose content a purge erased."""


class FindingCode(StrEnum):
    """Stable names of the findings; `docs/log.md` explains each."""

    ENTRY_ALTERED = "entry_altered"
    ENTRY_MISSING = "entry_missing"
    ENTRY_ADDED = "entry_added"
    CONTENT_ALTERED = "content_altered"
    CONTENT_MISSING = "content_missing"
    LEAF_MISSING = "leaf_missing"
    TAIL_MISSING = "tail_missing"
    ROW_UNREADABLE = "row_unreadable"
    TABLE_UNREADABLE = "table_unreadable"
    TREE_ALTERED = "tree_altered"
    LOG_REWRITTEN = "log_rewritten"
    CHECKPOINT_UNREADABLE = "checkpoint_unreadable"
    CHECKPOINT_ALTERED = "checkpoint_altered"
    CHECKPOINT_MISSING = "checkpoint_missing"
    CHECKPOINT_DISAGREES = "checkpoint_disagrees"
    CHECKPOINT_NOT_KEPT = "checkpoint_not_kept"
    CHECKPOINT_SET_ASIDE = "checkpoint_set_aside"
    KEY_UNKNOWN = "key_unknown"
    LATEST_DIFFERS = "latest_differs"
    STORE_BEHIND = "store_behind"
    COUNTER_BEHIND = "counter_behind"
    EPOCH_UNEXPLAINED = "epoch_unexplained"
    SEAL_STALLED = "seal_stalled"
    TIME_OUT_OF_BOUNDS = "time_out_of_bounds"
    STORE_EMPTY = "store_empty"
    STORE_UNREADABLE = "store_unreadable"
    NOTHING_SIGNED = "nothing_signed"
    DECISION_ALTERED = "decision_altered"
    DECISION_MISSING = "decision_missing"
    DECISION_UNPROVEN = "decision_unproven"
    EXPORT_ALTERED = "export_altered"
    EXPORT_SHORTER = "export_shorter"
    PACK_ALTERED = "pack_altered"
    RECORD_ALTERED = "record_altered"
    RECORD_MISSING = "record_missing"
    RECORD_ADDED = "record_added"
    RECORD_CONTRADICTS = "record_contradicts"


@dataclass(frozen=True, slots=True)
class VerificationFinding:
    """One thing that is not as it was written. `entry_id` and `leaf_index` are None where none can be named."""

    code: FindingCode
    sentence: str
    entry_id: int | None = None
    leaf_index: int | None = None


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """The result of one verification.

    `findings` are in the order found, at most `MOST_FINDINGS`; `more` counts the rest. `size` is the number of sealed
    entries and `root` their tree head (None when a hole leaves no tree). `anchored_size` is the largest tree that a
    checkpoint kept outside the database vouches for, and `anchored_entry_id` its last entry: what comes later is sealed
    or waiting (`unsealed`) but not yet vouched for. `decisions` and `checkpoints` count what was compared;
    `first_format`: how many of the decisions were made before attendance and check-in were part of them. `since`: the
    first so many sealed entries were verified by an earlier pass and not looked at again, 0 of a whole one; `counts`:
    what those who looked at the entries besides have counted, by name.
    """

    findings: tuple[VerificationFinding, ...]
    more: int
    size: int
    root: bytes | None
    anchored_size: int
    anchored_entry_id: int | None
    unsealed: int
    decisions: int
    checkpoints: int
    first_format: int = 0
    since: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def erased(self) -> int:
        """How many entries' content the owner erased, and said so in the log."""
        return self.counts.get(ERASED, 0)

    @property
    def ok(self) -> bool:
        """Whether everything is as it was written."""
        return not self.findings

    @property
    def exit_status(self) -> int:
        """For a command: 0 intact, 3 something was found (2 is for unusable input, 1 for a program's fault)."""
        return 0 if self.ok else 3


@dataclass(slots=True)
class Findings:
    """Collects findings up to the limit and counts the rest."""

    listed: list[VerificationFinding] = field(default_factory=list)
    more: int = 0

    def add(
        self, code: FindingCode, sentence: str, *, entry_id: int | None = None, leaf_index: int | None = None
    ) -> None:
        """Note one finding."""
        if len(self.listed) < MOST_FINDINGS:
            self.listed.append(VerificationFinding(code, sentence, entry_id, leaf_index))
        else:
            self.more += 1
