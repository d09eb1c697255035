"""Content that is not inside an exported file: erased, as a later purge of that patient says, or for another reason.

It is no finding there. Only numbers are held, by patient and day, for most entries may lack their content. Pure.
"""

import json
from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field

from compliance.audit import canonical as leaf
from compliance.audit.erasure.missing import BEFORE, PURGE_ACTION
from compliance.audit.findings import ERASED, Findings


@dataclass(slots=True)
class Lacking:
    """Entries without content so far: `erased` of them by a purge that was met."""

    erased: int = 0
    _left: dict[str | None, Counter[str]] = field(default_factory=dict)

    @property
    def unexplained(self) -> int:
        """How many no purge erased."""
        return sum(days.total() for days in self._left.values())

    def missing(self, entry_id: int | None, leaf_index: int, metadata: leaf.Metadata) -> None:
        """An entry whose content is not inside."""
        patient = None if metadata["action"] == PURGE_ACTION else metadata["patient_id"]
        self._left.setdefault(patient, Counter())[(metadata["occurred_at"] or "")[:10]] += 1

    def met(self, metadata: leaf.Metadata, content: str) -> None:
        """A purge explains what was missing of that patient so far."""
        if (metadata["action"], metadata["outcome"]) != (PURGE_ACTION, "allowed") or metadata["patient_id"] is None:
            return
        said = json.loads(content)
        before = said.get(BEFORE) if isinstance(said, dict) else ""
        days = self._left.get(metadata["patient_id"], Counter())
        for day in [one for one in days if before is None or one < str(before)]:
            self.erased += days.pop(day)

    def settle(self, found: Findings, counts: MutableMapping[str, int]) -> None:
        """What is left is counted by `unexplained`."""
        counts[ERASED] = self.erased
