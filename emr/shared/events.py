"""What happened, in the past tense: ids only, never clinical text, so that an event can be audited.

A domain event names each row that it wrote (the field `event` is the visit's event), so that the log can cover them.

Autosaves of a draft leave no event: only starting a note and signing it do. A draft binds nobody, and an
entry every few seconds would bury what an auditor looks for.
"""

from __future__ import annotations

from dataclasses import dataclass

from emr.shared.ids import PersonId, VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """Something happened to the record. `patient` or `visit` is None when it concerns none."""

    patient: PersonId | None
    visit: VisitId | None
