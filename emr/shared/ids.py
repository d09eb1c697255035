"""Ids of things in the record: random UUIDs; a NewType keeps one kind from standing for another."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

PersonId = NewType("PersonId", UUID)
VisitId = NewType("VisitId", UUID)
NoteId = NewType("NoteId", UUID)
ResponseId = NewType("ResponseId", UUID)
AlertId = NewType("AlertId", UUID)
OrderId = NewType("OrderId", UUID)
PrescriptionId = NewType("PrescriptionId", UUID)
DecisionId = NewType("DecisionId", UUID)
ObservationId = NewType("ObservationId", UUID)
DiaryEntryId = NewType("DiaryEntryId", UUID)
SiteId = NewType("SiteId", UUID)
AttendanceId = NewType("AttendanceId", UUID)
CheckInId = NewType("CheckInId", UUID)
