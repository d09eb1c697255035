"""Content that is gone: excused by a later purge of that patient, or a finding. Pure; fed in the order of the log.

A database is asked for the purges of whom content is missing (`KnownPurges`); in a file they come further down
(`AwaitedPurges`).
"""

import json
from array import array
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Final, Protocol

from compliance.audit import canonical as leaf
from compliance.audit.findings import ERASED, FindingCode, Findings
from compliance.shared.vocabulary import SystemEvent

PURGE_ACTION: Final = SystemEvent.CONTENT_PURGE.value
PURGE_MARK: Final = f'"action":"{PURGE_ACTION}"'
"""Stands in the canonical metadata of a purge's entry."""

BEFORE: Final = "before"
"""In the content of a purge's entry: the day (UTC) before which entries happened whose content it erased."""

_ALLOWED: Final = "allowed"
_ISO_DAY: Final = slice(0, 10)
LogPlace = tuple[int, int, int]


class Erasures(Protocol):
    """Told of every entry that is as it was sealed: of its content, or that this is gone."""

    def missing(self, entry_id: int | None, leaf_index: int, metadata: leaf.Metadata) -> None:
        """An entry whose content is gone."""

    def met(self, metadata: leaf.Metadata, content: str) -> None:
        """An entry whose content (JSON text) is as it was written. May be left out for all but purges."""

    def settle(self, found: Findings, counts: MutableMapping[str, int]) -> None:
        """At the end: name what nothing excuses, in the order of the log, and count what was erased."""


@dataclass(frozen=True, slots=True)
class Purge:
    """One purge as its entry says: whose content, where in the log's order, of entries before which day (None: all)."""

    patient_id: str
    place: LogPlace
    before: str | None

    def excuses(self, metadata: leaf.Metadata) -> bool:
        """Whether it erased the content of this entry. That of a purge is never erased, so nothing excuses it."""
        day = (metadata["occurred_at"] or "")[_ISO_DAY]
        return (
            metadata["action"] != PURGE_ACTION
            and metadata["patient_id"] == self.patient_id
            and _place(metadata) < self.place
            and (self.before is None or day < self.before)
        )


class KnownPurges:
    """Purges read ahead, of whom content is missing. State: those learned last, and what was not excused."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._purges: tuple[Purge, ...] = ()
        self._gone: list[tuple[int | None, int]] = []
        self._erased = 0

    def learn(self, purges: Iterable[Purge]) -> None:
        """What may excuse the entries that are fed next."""
        self._purges = tuple(purges)

    def missing(self, entry_id: int | None, leaf_index: int, metadata: leaf.Metadata) -> None:
        """As `Erasures` says."""
        if any(one.excuses(metadata) for one in self._purges):
            self._erased += 1
        else:
            self._gone.append((entry_id, leaf_index))

    def met(self, metadata: leaf.Metadata, content: str) -> None:
        """Nothing: the purges are known."""

    def settle(self, found: Findings, counts: MutableMapping[str, int]) -> None:
        """As `Erasures` says; may be called after each page."""
        for entry_id, leaf_index in self._gone:
            _say(found, entry_id, leaf_index)
        counts[ERASED] = counts.get(ERASED, 0) + self._erased
        self._gone, self._erased = [], 0


class AwaitedPurges:
    """Holds what is missing until the purge that erased it is met: two numbers for each entry.

    State: patient -> day on which the entries happened -> their numbers and places, in turn.
    """

    def __init__(self) -> None:
        """Nothing is missing yet."""
        self._missing: dict[str | None, dict[str, array[int]]] = {}
        self._erased = 0

    def missing(self, entry_id: int | None, leaf_index: int, metadata: leaf.Metadata) -> None:
        """As `Erasures` says."""
        patient = None if metadata["action"] == PURGE_ACTION else metadata["patient_id"]
        days = self._missing.setdefault(patient, {})
        day = (metadata["occurred_at"] or "")[_ISO_DAY]
        days.setdefault(day, array("q")).extend((-1 if entry_id is None else entry_id, leaf_index))

    def met(self, metadata: leaf.Metadata, content: str) -> None:
        """A purge excuses what was missing of that patient so far."""
        patient = metadata["patient_id"]
        if (metadata["action"], metadata["outcome"]) != (PURGE_ACTION, _ALLOWED) or patient is None:
            return
        said = json.loads(content)
        before = said.get(BEFORE) if isinstance(said, dict) else ""
        days = self._missing.get(patient, {})
        for day in [one for one in days if before is None or one < str(before)]:
            self._erased += len(days.pop(day)) // 2

    def settle(self, found: Findings, counts: MutableMapping[str, int]) -> None:
        """As `Erasures` says; once."""
        left = [
            (numbers[at + 1], numbers[at])
            for days in self._missing.values()
            for numbers in days.values()
            for at in range(0, len(numbers), 2)
        ]
        for place, number in sorted(left):
            _say(found, None if number < 0 else number, place)
        counts[ERASED] = self._erased


def _say(found: Findings, entry_id: int | None, leaf_index: int) -> None:
    sentence = f"The content of entry {entry_id} is no longer there."
    found.add(FindingCode.CONTENT_MISSING, sentence, entry_id=entry_id, leaf_index=leaf_index)


def _place(metadata: leaf.Metadata) -> LogPlace:
    """Where an entry stands; nowhere that a purge came after when its numbers cannot be read."""
    try:
        epoch = int(metadata.get("epoch") or leaf.FIRST_EPOCH)
        return epoch, int(metadata["transaction_id"] or ""), int(metadata["entry_id"] or "")
    except ValueError:
        return (2**63, 0, 0)
