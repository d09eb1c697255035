"""Facts become audit entries: one row for each kind of fact, so that nothing that happened can go unrecorded.

A test walks every ``DomainEvent`` subclass and fails when a row is missing.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from compliance.access.rules import Verdict
from compliance.audit.entries import AuditEntry, EntryOutcome
from compliance.shared.vocabulary import Action, SystemEvent
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
from server.application.actors import Actor, Subject
from server.auth import events as account_facts


@dataclass(frozen=True, slots=True)
class Line:
    """How one kind of fact is written: the action, what it is about, and the fact's field that holds its id."""

    action: Action | SystemEvent
    subject_type: str
    subject: str
    details: tuple[str, ...] = ()


LINES: dict[type[DomainEvent], Line] = {
    account_facts.SubjectLinked: Line(SystemEvent.PERSON_LINK, "person", "person"),
    account_facts.RoleGranted: Line(Action.ROLE_GRANT, "person", "person", ("role",)),
    account_facts.RoleRevoked: Line(SystemEvent.ROLE_REVOKE, "person", "person", ("role",)),
    people_events.PersonAdded: Line(Action.PERSON_ADD, "person", "person"),
    people_events.PatientAdded: Line(Action.PERSON_ADD, "patient", "patient"),
    people_events.AllergyRecorded: Line(SystemEvent.ALLERGY_RECORD, "patient", "patient"),
    people_events.AllergiesAsked: Line(SystemEvent.ALLERGY_ASK, "patient", "patient"),
    people_events.PrescriberAssigned: Line(SystemEvent.CARE_ASSIGN, "person", "person"),
    people_events.PrescriberReleased: Line(SystemEvent.CARE_RELEASE, "person", "person"),
    people_events.SupervisionBegun: Line(SystemEvent.SUPERVISION_BEGIN, "person", "supervisee", ("supervisor",)),
    people_events.SupervisionEnded: Line(SystemEvent.SUPERVISION_END, "person", "supervisee", ("supervisor",)),
    people_events.CareTeamJoined: Line(SystemEvent.CARE_TEAM_JOIN, "person", "person"),
    people_events.CareTeamLeft: Line(SystemEvent.CARE_TEAM_LEAVE, "person", "person"),
    visits_events.VisitBooked: Line(Action.VISIT_BOOK, "visit", "visit"),
    visits_events.VisitCancelled: Line(Action.VISIT_CANCEL, "visit", "visit"),
    visits_events.VisitMissed: Line(SystemEvent.VISIT_MISS, "visit", "visit"),
    visits_events.ParticipantInvited: Line(Action.VISIT_INVITE, "person", "person", ("part",)),
    visits_events.ParticipantUninvited: Line(Action.VISIT_UNINVITE, "person", "person"),
    visits_events.DevicesChecked: Line(Action.DEVICE_CHECK, "visit", "visit", ("outcome",)),
    visits_events.LocationStated: Line(Action.VISIT_PREPARE, "visit", "visit"),
    visits_events.PatientArrived: Line(Action.VISIT_ARRIVE, "visit", "visit"),
    visits_events.PatientLeftQueue: Line(SystemEvent.VISIT_LEAVE_QUEUE, "visit", "visit"),
    visits_events.PatientAdmitted: Line(Action.VISIT_ADMIT, "visit", "visit"),
    visits_events.ParticipantJoined: Line(Action.VISIT_JOIN, "person", "person"),
    visits_events.ParticipantLeft: Line(Action.VISIT_LEAVE, "person", "person", ("outcome",)),
    visits_events.VisitEnded: Line(Action.VISIT_END, "visit", "visit"),
    outcome_facts.OutcomeCorrected: Line(Action.VISIT_CORRECT, "visit", "visit", ("outcome",)),
    presence_facts.SiteAdded: Line(SystemEvent.SITE_ADD, "site", "site"),
    presence_facts.SiteClosed: Line(SystemEvent.SITE_CLOSE, "site", "site"),
    presence_facts.VisitAttended: Line(SystemEvent.VISIT_ATTEND, "attendance", "attendance", ("prescriber",)),
    presence_facts.VisitTakenOver: Line(Action.VISIT_TAKE_OVER, "attendance", "attendance", ("replaced", "prescriber")),
    presence_facts.CheckInStated: Line(SystemEvent.CHECK_IN_STATE, "check_in", "check_in", ("site", "prescriber")),
    presence_facts.CheckInConfirmed: Line(SystemEvent.CHECK_IN_CONFIRM, "check_in", "check_in"),
    presence_facts.CallJoined: Line(SystemEvent.CALL_JOIN, "person", "person"),
    questionnaires_events.ScaleRequested: Line(Action.SCALE_REQUEST, "scale_request", "request", ("scale",)),
    questionnaires_events.ScaleItemAnswered: Line(
        SystemEvent.SCALE_ANSWER_ITEM, "scale_request", "request", ("scale", "item")
    ),
    questionnaires_events.ScaleAnswered: Line(Action.SCALE_ANSWER, "scale_response", "response", ("scale",)),
    questionnaires_events.SafetyAlertRaised: Line(SystemEvent.ALERT_RAISE, "alert", "alert"),
    questionnaires_events.AlertAcknowledged: Line(Action.ALERT_ACKNOWLEDGE, "alert", "alert"),
    danger_facts.AlertLeftOpen: Line(SystemEvent.ALERT_LEAVE_OPEN, "alert", "alert"),
    danger_facts.CrisisContactEntered: Line(SystemEvent.CRISIS_CONTACT, "patient", "patient", ("kind",)),
    danger_facts.CrisisStepTaken: Line(Action.CRISIS_RECORD, "visit", "visit", ("step",)),
    notes_events.NoteStarted: Line(Action.NOTE_WRITE, "note", "note"),
    notes_events.NoteSigned: Line(Action.NOTE_SIGN, "note", "note", ("sha256",)),
    notes_events.AddendumWritten: Line(Action.NOTE_ADDEND, "note", "note", ("sha256",)),
    diary_events.SideEffectReported: Line(SystemEvent.SIDE_EFFECT_REPORT, "side_effect", "side_effect"),
    diary_events.SideEffectFollowed: Line(SystemEvent.SIDE_EFFECT_FOLLOW, "side_effect", "side_effect"),
    diary_events.QuestionWritten: Line(SystemEvent.QUESTION_WRITE, "question", "item"),
    diary_events.QuestionMarked: Line(SystemEvent.QUESTION_MARK, "question", "item", ("outcome",)),
    diary_events.AdherenceReported: Line(SystemEvent.ADHERENCE_REPORT, "patient", "patient"),
    diary_events.ObservationRecorded: Line(SystemEvent.OBSERVATION_RECORD, "observation", "observation"),
    medication_facts.MedicationStarted: Line(Action.MEDICATION_START, "order", "order", ("prescription", "decision")),
    medication_facts.DoseRevised: Line(
        Action.MEDICATION_REVISE, "order", "order", ("replaced", "prescription", "decision")
    ),
    medication_facts.MedicationRenewed: Line(
        Action.MEDICATION_RENEW, "order", "order", ("replaced", "prescription", "decision")
    ),
    medication_facts.MedicationHeld: Line(Action.MEDICATION_HOLD, "order", "order", ("replaced",)),
    medication_facts.MedicationStopped: Line(Action.MEDICATION_STOP, "order", "order", ("replaced",)),
    medication_facts.MedicationReported: Line(Action.MEDICATION_REPORT, "order", "order"),
}


def entry(event: DomainEvent, *, actor_id: UUID | None, actor_role: str, rule: str, now: datetime) -> AuditEntry:
    """The entry of something that happened. Raises ``KeyError`` for a fact without a row."""
    line = LINES[type(event)]
    subject = getattr(event, line.subject)
    details = {name: str(getattr(event, name)) for name in line.details}
    return AuditEntry(
        actor_id=actor_id,
        actor_role=actor_role,
        action=line.action.value,
        outcome=EntryOutcome.ALLOWED,
        rule=rule,
        subject_type=line.subject_type,
        subject_id=None if subject is None else str(subject),
        patient_id=event.patient,
        visit_id=event.visit,
        occurred_at=now,
        digest=details.pop("sha256", None),
        details=details,
    )


def reading(actor: Actor, role: str, action: Action, subject: Subject, verdict: Verdict, now: datetime) -> AuditEntry:
    """The entry of a record that was opened and read."""
    return _about(actor, role, action, subject, verdict, now, EntryOutcome.ALLOWED)


def refusal(actor: Actor, action: Action, subject: Subject, verdict: Verdict, now: datetime) -> AuditEntry:
    """The entry of what somebody tried and may not, with every role they hold."""
    roles = "+".join(sorted(role.value for role in actor.roles)) or "no_role"
    return _about(actor, roles, action, subject, verdict, now, EntryOutcome.REFUSED)


def _about(
    actor: Actor,
    role: str,
    action: Action,
    subject: Subject,
    verdict: Verdict,
    now: datetime,
    outcome: EntryOutcome,
) -> AuditEntry:
    about = ("visit", subject.visit_id) if subject.visit_id else ("patient", subject.patient_id)
    return AuditEntry(
        actor_id=actor.person_id,
        actor_role=role,
        action=action.value,
        outcome=outcome,
        rule=verdict.rule,
        subject_type=about[0] if about[1] else "clinic",
        subject_id=None if about[1] is None else str(about[1]),
        patient_id=subject.patient_id,
        visit_id=subject.visit_id,
        occurred_at=now,
    )
