"""What happened, in the past tense: ids only, never clinical text, so that a fact can be audited."""

from __future__ import annotations

from dataclasses import dataclass

from emr.ids import PersonId, VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something happened to the record. `patient` or `visit` is None when it concerns none."""

    patient: PersonId | None
    visit: VisitId | None
