"""Which rows of the record an event is about: read as they stand, so that their digests are sealed with its entry.

A test walks every ``DomainEvent`` subclass and asks for its rows, or for the reason why there are none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.coverage import beginning
from compliance.audit.coverage.comparing import RecordComparison
from compliance.audit.coverage.values import CoveredRecord, RecordRef, Row
from compliance.audit.entries import AuditEntry
from emr.coverage.queries import CoveredRows
from emr.danger import events as danger_facts
from emr.diary import events as diary_events
from emr.medications import events as medication_facts
from emr.notes import events as notes_events
from emr.outcome import events as outcome_facts
from emr.people import events as people_events
from emr.presence import events as presence_facts
from emr.questionnaires import events as questionnaires_events
from emr.shared.events import DomainEvent
from emr.visits import events as visits_events
from server.auth import events as account_facts
from server.platform import database

ROWS: Final = CoveredRows()
COMPARISON: Final = RecordComparison(ROWS)
"""What a verification is given, so that it compares the record too."""


@dataclass(frozen=True, slots=True)
class CoverageSubject:
    """A row that a kind of event is about: its format, and the event's field that holds its key."""

    form: str
    field: str


_EVENT: Final = CoverageSubject("visit_event/1", "event")
_ORDER: Final = CoverageSubject("medication_order/1", "order")
_PRESCRIBED: Final = (_ORDER, CoverageSubject("prescription/1", "prescription"))

ABOUT: Final[Mapping[type[DomainEvent], tuple[CoverageSubject, ...]]] = {
    people_events.PersonAdded: (CoverageSubject("person/1", "person"),),
    people_events.PatientAdded: (CoverageSubject("patient/1", "patient"),),
    people_events.AllergyRecorded: (
        CoverageSubject("allergy/1", "allergy"),
        CoverageSubject("allergy_inquiry/1", "inquiry"),
    ),
    people_events.AllergiesAsked: (CoverageSubject("allergy_inquiry/1", "inquiry"),),
    visits_events.VisitBooked: (CoverageSubject("visit.booked/1", "visit"), _EVENT),
    visits_events.VisitCancelled: (CoverageSubject("visit.called_off/1", "visit"), _EVENT),
    visits_events.VisitMissed: (CoverageSubject("visit.called_off/1", "visit"), _EVENT),
    visits_events.ParticipantInvited: (CoverageSubject("visit_participant/1", "invitation"), _EVENT),
    visits_events.ParticipantUninvited: (_EVENT,),
    visits_events.DevicesChecked: (_EVENT,),
    visits_events.LocationStated: (CoverageSubject("visit_statement/1", "statement"), _EVENT),
    visits_events.PatientArrived: (CoverageSubject("visit.arrived/1", "visit"), _EVENT),
    visits_events.PatientLeftQueue: (CoverageSubject("visit.arrived/1", "visit"), _EVENT),
    visits_events.PatientAdmitted: (CoverageSubject("visit.admitted/1", "visit"), _EVENT),
    visits_events.ParticipantJoined: (_EVENT,),
    visits_events.ParticipantLeft: (_EVENT,),
    visits_events.VisitEnded: (CoverageSubject("visit.ended/1", "visit"), _EVENT),
    outcome_facts.OutcomeCorrected: (CoverageSubject("visit_correction/1", "correction"),),
    presence_facts.SiteAdded: (CoverageSubject("site/1", "site"),),
    presence_facts.SiteClosed: (CoverageSubject("site.closed/1", "site"),),
    presence_facts.VisitAttended: (CoverageSubject("attendance/1", "attendance"),),
    presence_facts.VisitTakenOver: (CoverageSubject("attendance/1", "attendance"),),
    presence_facts.CheckInStated: (CoverageSubject("check_in/1", "check_in"),),
    presence_facts.CheckInConfirmed: (CoverageSubject("check_in_confirmation/1", "check_in"),),
    presence_facts.CallJoined: (CoverageSubject("call_join/1", "join"),),
    questionnaires_events.ScaleRequested: (CoverageSubject("scale_request/1", "request"),),
    questionnaires_events.ScaleItemAnswered: (CoverageSubject("scale_answer/1", "answer"),),
    questionnaires_events.ScaleAnswered: (CoverageSubject("scale_response/1", "response"),),
    questionnaires_events.SafetyAlertRaised: (CoverageSubject("safety_alert/1", "alert"),),
    questionnaires_events.AlertAcknowledged: (CoverageSubject("alert_acknowledgement/1", "alert"),),
    danger_facts.AlertLeftOpen: (CoverageSubject("alert_left_open/1", "left"),),
    danger_facts.CrisisContactEntered: (CoverageSubject("crisis_contact/1", "entered"),),
    danger_facts.CrisisStepTaken: (CoverageSubject("crisis_step/1", "taken"),),
    notes_events.NoteStarted: (CoverageSubject("note/1", "note"),),
    notes_events.NoteSigned: (CoverageSubject("note_seal/1", "note"),),
    notes_events.AddendumWritten: (CoverageSubject("note_addendum/1", "addendum"),),
    diary_events.SideEffectReported: (
        CoverageSubject("side_effect/1", "side_effect"),
        CoverageSubject("side_effect_course/1", "course"),
    ),
    diary_events.SideEffectFollowed: (CoverageSubject("side_effect_course/1", "course"),),
    diary_events.QuestionWritten: (CoverageSubject("agenda_item/1", "item"),),
    diary_events.QuestionMarked: (CoverageSubject("agenda_outcome/1", "mark"),),
    diary_events.AdherenceReported: (CoverageSubject("adherence/1", "adherence"),),
    diary_events.ObservationRecorded: (CoverageSubject("observation/1", "observation"),),
    medication_facts.MedicationStarted: _PRESCRIBED,
    medication_facts.DoseRevised: _PRESCRIBED,
    medication_facts.MedicationRenewed: _PRESCRIBED,
    medication_facts.MedicationHeld: (_ORDER,),
    medication_facts.MedicationStopped: (_ORDER,),
    medication_facts.MedicationReported: (_ORDER,),
}

_RELATIONSHIP: Final = "a relationship between people decides who may read; it is no part of a chart, and ends in place"
_ACCOUNT: Final = "an account is no part of a chart"
WITHOUT: Final[Mapping[type[DomainEvent], str]] = {
    people_events.PrescriberAssigned: _RELATIONSHIP,
    people_events.PrescriberReleased: _RELATIONSHIP,
    people_events.SupervisionBegun: _RELATIONSHIP,
    people_events.SupervisionEnded: _RELATIONSHIP,
    people_events.CareTeamJoined: _RELATIONSHIP,
    people_events.CareTeamLeft: _RELATIONSHIP,
    account_facts.SubjectLinked: _ACCOUNT,
    account_facts.RoleGranted: _ACCOUNT,
    account_facts.RoleRevoked: _ACCOUNT,
}
"""The events that cover no row, and why."""


def about(event: DomainEvent) -> tuple[RecordRef, ...]:
    """The rows that an event is about."""
    return tuple(RecordRef(one.form, str(getattr(event, one.field))) for one in ABOUT.get(type(event), ()))


async def write(conn: AsyncConnection, told: Sequence[tuple[DomainEvent, AuditEntry]], *others: AuditEntry) -> None:
    """Write each event's entry with the rows that it is about as they stand now, then `others`, which are about none.

    One statement reads the rows, whatever the number of events. Raises ``LookupError`` when a row is not there:
    its event was left behind and nothing was written.
    """
    rows = await _read(conn, [ref for event, _ in told for ref in about(event)])
    entries = [
        replace(entry, records=tuple(CoveredRecord(ref, rows[ref]) for ref in about(event))) for event, entry in told
    ]
    await audit.append_all(conn, [*entries, *others])


async def begin(owner_url: str, now: datetime) -> None:
    """Count, once in the life of a log, the rows that no entry speaks of because they were there before."""
    store = database.one_shot_engine(owner_url)
    try:
        async with store.begin() as conn:
            await database.assume_owner(conn)
            await beginning.begin(conn, ROWS, now)
    finally:
        await store.dispose()


async def _read(conn: AsyncConnection, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Row]:
    wanted = {form: {ref.id for ref in refs if ref.form == form} for form in dict.fromkeys(ref.form for ref in refs)}
    found = await ROWS.read_each(conn, wanted)
    return {RecordRef(form, id): row for (form, id), row in found.items()}
