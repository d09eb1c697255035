"""What happened about a visit's outcome, in the past tense: ids and codes only."""

from __future__ import annotations

from dataclasses import dataclass

from emr.shared.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCorrected(DomainEvent):
    """Somebody put right what became of the visit; `outcome`: what, by the code of `Outcome`."""

    correction: int
    outcome: str
