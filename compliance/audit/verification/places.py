"""Comparing the checkpoints of the database with those kept outside, while the former come in order of size. Pure."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from compliance.audit.checkpoint import Checkpoint, VerifierKey
from compliance.audit.findings import FindingCode, Findings
from compliance.audit.lateness import LATE_S
from compliance.audit.signed_heads import (
    CheckpointRow,
    OutsideNotes,
    SignedHeads,
    name_disagreement,
    read_outside,
    read_row,
)
from compliance.audit.store import hour_of


class Places:
    """`signed_heads.database` holds what has come; whoever used a head takes it out, so that memory stays flat.

    `hour`: of the last checkpoint in the database that the rule of `store` keeps for good.
    """

    def __init__(
        self,
        there: OutsideNotes,
        keys: Sequence[VerifierKey],
        found: Findings,
        *,
        after: int = 0,
        seen: int | None = None,
        hour: datetime | None = None,
    ) -> None:
        """Check the notes kept outside; what is of up to `after` entries an earlier pass has compared.

        `seen`: how many notes it had counted, those outside among them; None when it was another verification.
        """
        self._keys, self._found, self.hour = keys, found, hour
        there = _later(there, after)
        self.signed_heads = SignedHeads(outside=read_outside(there, keys, found))
        self.signed_heads.seen = len(there.kept) + (there.newest is not None) if seen is None else seen
        self._waiting = deque(size for size in sorted(self.signed_heads.outside) if size > after)
        self._newest = max(self.signed_heads.outside, default=0)
        self._largest = after
        self._waited_s = 0.0

    def into(self, found: Findings) -> "Places":
        """Collect in `found` from here on."""
        self._found = found
        return self

    def read(self, row: CheckpointRow) -> None:
        """Check the next row of the table and compare it with what is kept outside."""
        signed_heads, size = self.signed_heads, row.size
        signed_heads.seen += 1
        self._largest = max(self._largest, size)
        if size > self._newest and row.age_s is not None:
            self._waited_s = max(self._waited_s, row.age_s)
        read_row(signed_heads.database, row, self._keys, self._found)
        self.passed(size - 1)
        if self._waiting and self._waiting[0] == size:
            self._waiting.popleft()
        signed = signed_heads.database.get(size)
        if signed is not None:
            self._compare(signed, signed_heads.outside.get(size))

    def passed(self, size: int) -> None:
        """All rows of at most `size` entries have come."""
        while self._waiting and self._waiting[0] <= size:
            gone = self._waiting.popleft()
            self._found.add(
                FindingCode.CHECKPOINT_MISSING, f"The checkpoint of {gone} entries kept outside is not in the database."
            )

    def end(self) -> None:
        """After the last row of the table."""
        self.passed(self._newest)
        if self._largest and not self.signed_heads.outside:
            self._found.add(
                FindingCode.STORE_EMPTY, "No valid checkpoint is kept outside the database: nobody else vouches for it."
            )
        if self._newest and self._waited_s > LATE_S:
            self._found.add(
                FindingCode.STORE_BEHIND,
                f"The copy outside ends at {self._newest} entries and has waited for {self._waited_s / 60:.0f} "
                f"minutes: of {self._largest} signed entries the last {self._largest - self._newest} are vouched for "
                "by nobody else.",
            )

    def _compare(self, signed: Checkpoint, outside: Checkpoint | None) -> None:
        hour = hour_of(signed)
        by_rule = hour is None or self.hour is None or hour > self.hour
        if by_rule:
            self.hour = hour or self.hour
        if outside is not None:
            name_disagreement(signed, outside, self._found)
        elif by_rule and signed.size < self._newest:
            self._found.add(
                FindingCode.CHECKPOINT_NOT_KEPT,
                f"The checkpoint of {signed.size} entries is in the database but not among those kept outside.",
            )


def _later(there: OutsideNotes, after: int) -> OutsideNotes:
    """Without the notes of up to `after` entries, but for the last of them, which the one called newest must reach."""
    earlier = [one for one in there.kept if one.size <= after]
    return replace(there, kept=[*earlier[-1:], *(one for one in there.kept if one.size > after)])
