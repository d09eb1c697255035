"""Who receives whom, and in which slot. Pure.

A slot is a pair of receiving media lines (audio, video) that a browser offers in advance, so that people come and
go without renegotiation. A person keeps their slot in every browser for as long as they stay: pictures do not jump.
"""

from collections.abc import Sequence

from signaling.ids import ParticipantId
from signaling.protocol import SLOTS

Slots = tuple[ParticipantId | None, ...]
"""By slot index: whose media arrive there, None for a free one. Always SLOTS long."""

NO_SLOTS: Slots = (None,) * SLOTS


def assign(slots: Slots, wanted: Sequence[ParticipantId]) -> Slots:
    """`slots` with those not `wanted` any more removed and new ones put into the lowest free slots, in order."""
    kept = [person if person in wanted else None for person in slots]
    for person in wanted:
        if person not in kept and None in kept:
            kept[kept.index(None)] = person
    return tuple(kept)
