"""Whether entries were recorded when they say, by the times of the signed checkpoints around them. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from compliance.audit import canonical as leaf
from compliance.audit.checkpoint import Checkpoint
from compliance.audit.findings import FindingCode, Findings

STEPPED: Final = timedelta(seconds=2)
"""By how much the database's clock may be set back without a finding."""

APART: Final = timedelta(minutes=1)
"""By how much the clocks of the database and of the worker may differ."""


@dataclass(slots=True)
class Times:
    """What is known between two entries: all that is needed to go on. Text as the log writes it, which sorts as time.

    `after`: no later entry may be recorded before; `latest` and `entry`: the last time among the entries since the
    checkpoint before, and whose it is.
    """

    after: str = ""
    latest: str = ""
    entry: int | None = None


class TimeBounds:
    """Fed with entries in order, and with each signed checkpoint when the tree has reached it."""

    def __init__(self, found: Findings, times: Times | None = None) -> None:
        """Collect in `found`; go on from `times`."""
        self._found = found
        self._times = times or Times()

    def entered(self, recorded_at: str, entry_id: int | None) -> None:
        """The next entry of the tree."""
        times = self._times
        if recorded_at < times.after:
            self._found.add(
                FindingCode.TIME_OUT_OF_BOUNDS,
                f"Entry {entry_id} says it was recorded before a checkpoint that does not have it was complete: "
                "it is back-dated, or the database's clock was set back.",
                entry_id=entry_id,
            )
        if recorded_at > times.latest:
            times.latest, times.entry = recorded_at, entry_id

    def signed(self, head: Checkpoint) -> None:
        """What was entered so far is what this checkpoint signs."""
        times = self._times
        if head.at is None:
            return
        if times.latest > _text(head.at + APART):
            self._found.add(
                FindingCode.TIME_OUT_OF_BOUNDS,
                f"Entry {times.entry} says it was recorded after the checkpoint of {head.size} entries, which has it, "
                "was signed: it is dated ahead, or the clocks of database and worker differ.",
                entry_id=times.entry,
            )
        times.latest, times.entry = "", None
        if head.complete_to is not None:
            times.after = max(times.after, _text(head.complete_to - STEPPED))


def recorded_at(metadata: str) -> str:
    """The time of recording in the canonical JSON text of an entry's metadata; empty where there is none."""
    at = metadata.find(_NAME)
    return "" if at < 0 else metadata[at + len(_NAME) : metadata.find('"', at + len(_NAME))]


# In canonical JSON a quotation mark inside a value is escaped, so this is found nowhere but at the field itself.
_NAME: Final = ',"recorded_at":"'


def _text(moment: datetime) -> str:
    return leaf.instant(moment)
