"""Domain events become audit entries: one row for each kind of event, so that nothing that happened can go unrecorded.

A test walks every ``DomainEvent`` subclass and fails when a row is missing.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from compliance.access.rules import AccessDecision
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
class EntryMapping:
    """How one kind of event is written: the action, what it is about, and the event's field that holds its id."""

    action: Action | SystemEvent
    subject_type: str
    subject: str
    details: tuple[str, ...] = ()


LINES: dict[type[DomainEvent], EntryMapping] = {
    account_facts.SubjectLinked: EntryMapping(SystemEvent.PERSON_LINK, "person", "person"),
    account_facts.RoleGranted: EntryMapping(Action.ROLE_GRANT, "person", "person", ("role",)),
    account_facts.RoleRevoked: EntryMapping(SystemEvent.ROLE_REVOKE, "person", "person", ("role",)),
    people_events.PersonAdded: EntryMapping(Action.PERSON_ADD, "person", "person"),
    people_events.PatientAdded: EntryMapping(Action.PERSON_ADD, "patient", "patient"),
    people_events.AllergyRecorded: EntryMapping(SystemEvent.ALLERGY_RECORD, "patient", "patient"),
    people_events.AllergiesAsked: EntryMapping(SystemEvent.ALLERGY_ASK, "patient", "patient"),
    people_events.PrescriberAssigned: EntryMapping(SystemEvent.CARE_ASSIGN, "person", "person"),
    people_events.PrescriberReleased: EntryMapping(SystemEvent.CARE_RELEASE, "person", "person"),
    people_events.SupervisionBegun: EntryMapping(
        SystemEvent.SUPERVISION_BEGIN, "person", "supervisee", ("supervisor",)
    ),
    people_events.SupervisionEnded: EntryMapping(SystemEvent.SUPERVISION_END, "person", "supervisee", ("supervisor",)),
    people_events.CareTeamJoined: EntryMapping(SystemEvent.CARE_TEAM_JOIN, "person", "person"),
    people_events.CareTeamLeft: EntryMapping(SystemEvent.CARE_TEAM_LEAVE, "person", "person"),
    visits_events.VisitBooked: EntryMapping(Action.VISIT_BOOK, "visit", "visit"),
    visits_events.VisitCancelled: EntryMapping(Action.VISIT_CANCEL, "visit", "visit"),
    visits_events.VisitMissed: EntryMapping(SystemEvent.VISIT_MISS, "visit", "visit"),
    visits_events.ParticipantInvited: EntryMapping(Action.VISIT_INVITE, "person", "person", ("part",)),
    visits_events.ParticipantUninvited: EntryMapping(Action.VISIT_UNINVITE, "person", "person"),
    visits_events.DevicesChecked: EntryMapping(Action.DEVICE_CHECK, "visit", "visit", ("outcome",)),
    visits_events.LocationStated: EntryMapping(Action.VISIT_PREPARE, "visit", "visit"),
    visits_events.PatientArrived: EntryMapping(Action.VISIT_ARRIVE, "visit", "visit"),
    visits_events.PatientLeftQueue: EntryMapping(SystemEvent.VISIT_LEAVE_QUEUE, "visit", "visit"),
    visits_events.PatientAdmitted: EntryMapping(Action.VISIT_ADMIT, "visit", "visit"),
    visits_events.ParticipantJoined: EntryMapping(Action.VISIT_JOIN, "person", "person"),
    visits_events.ParticipantLeft: EntryMapping(Action.VISIT_LEAVE, "person", "person", ("outcome",)),
    visits_events.VisitEnded: EntryMapping(Action.VISIT_END, "visit", "visit"),
    outcome_facts.OutcomeCorrected: EntryMapping(Action.VISIT_CORRECT, "visit", "visit", ("outcome",)),
    presence_facts.SiteAdded: EntryMapping(SystemEvent.SITE_ADD, "site", "site"),
    presence_facts.SiteClosed: EntryMapping(SystemEvent.SITE_CLOSE, "site", "site"),
    presence_facts.VisitAttended: EntryMapping(SystemEvent.VISIT_ATTEND, "attendance", "attendance", ("prescriber",)),
    presence_facts.VisitTakenOver: EntryMapping(
        Action.VISIT_TAKE_OVER, "attendance", "attendance", ("replaced", "prescriber")
    ),
    presence_facts.CheckInStated: EntryMapping(
        SystemEvent.CHECK_IN_STATE, "check_in", "check_in", ("site", "prescriber")
    ),
    presence_facts.CheckInConfirmed: EntryMapping(SystemEvent.CHECK_IN_CONFIRM, "check_in", "check_in"),
    presence_facts.CallJoined: EntryMapping(SystemEvent.CALL_JOIN, "person", "person"),
    questionnaires_events.ScaleRequested: EntryMapping(Action.SCALE_REQUEST, "scale_request", "request", ("scale",)),
    questionnaires_events.ScaleItemAnswered: EntryMapping(
        SystemEvent.SCALE_ANSWER_ITEM, "scale_request", "request", ("scale", "item")
    ),
    questionnaires_events.ScaleAnswered: EntryMapping(Action.SCALE_ANSWER, "scale_response", "response", ("scale",)),
    questionnaires_events.SafetyAlertRaised: EntryMapping(SystemEvent.ALERT_RAISE, "alert", "alert"),
    questionnaires_events.AlertAcknowledged: EntryMapping(Action.ALERT_ACKNOWLEDGE, "alert", "alert"),
    danger_facts.AlertLeftOpen: EntryMapping(SystemEvent.ALERT_LEAVE_OPEN, "alert", "alert"),
    danger_facts.CrisisContactEntered: EntryMapping(SystemEvent.CRISIS_CONTACT, "patient", "patient", ("kind",)),
    danger_facts.CrisisStepTaken: EntryMapping(Action.CRISIS_RECORD, "visit", "visit", ("step",)),
    notes_events.NoteStarted: EntryMapping(Action.NOTE_WRITE, "note", "note"),
    notes_events.NoteSigned: EntryMapping(Action.NOTE_SIGN, "note", "note", ("sha256",)),
    notes_events.AddendumWritten: EntryMapping(Action.NOTE_ADDEND, "note", "note", ("sha256",)),
    diary_events.SideEffectReported: EntryMapping(SystemEvent.SIDE_EFFECT_REPORT, "side_effect", "side_effect"),
    diary_events.SideEffectFollowed: EntryMapping(SystemEvent.SIDE_EFFECT_FOLLOW, "side_effect", "side_effect"),
    diary_events.QuestionWritten: EntryMapping(SystemEvent.QUESTION_WRITE, "question", "item"),
    diary_events.QuestionMarked: EntryMapping(SystemEvent.QUESTION_MARK, "question", "item", ("outcome",)),
    diary_events.AdherenceReported: EntryMapping(SystemEvent.ADHERENCE_REPORT, "patient", "patient"),
    diary_events.ObservationRecorded: EntryMapping(SystemEvent.OBSERVATION_RECORD, "observation", "observation"),
    medication_facts.MedicationStarted: EntryMapping(
        Action.MEDICATION_START, "order", "order", ("prescription", "decision")
    ),
    medication_facts.DoseRevised: EntryMapping(
        Action.MEDICATION_REVISE, "order", "order", ("replaced", "prescription", "decision")
    ),
    medication_facts.MedicationRenewed: EntryMapping(
        Action.MEDICATION_RENEW, "order", "order", ("replaced", "prescription", "decision")
    ),
    medication_facts.MedicationHeld: EntryMapping(Action.MEDICATION_HOLD, "order", "order", ("replaced",)),
    medication_facts.MedicationStopped: EntryMapping(Action.MEDICATION_STOP, "order", "order", ("replaced",)),
    medication_facts.MedicationReported: EntryMapping(Action.MEDICATION_REPORT, "order", "order"),
}


def entry(event: DomainEvent, *, actor_id: UUID | None, actor_role: str, rule: str, now: datetime) -> AuditEntry:
    """The entry of something that happened. Raises ``KeyError`` for an event without a row."""
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


def reading(
    actor: Actor, role: str, action: Action, subject: Subject, verdict: AccessDecision, now: datetime
) -> AuditEntry:
    """The entry of a record that was opened and read."""
    return _about(actor, role, action, subject, verdict, now, EntryOutcome.ALLOWED)


def refusal(actor: Actor, action: Action, subject: Subject, verdict: AccessDecision, now: datetime) -> AuditEntry:
    """The entry of what somebody tried and may not, with every role they hold."""
    roles = "+".join(sorted(role.value for role in actor.roles)) or "no_role"
    return _about(actor, roles, action, subject, verdict, now, EntryOutcome.REFUSED)


def _about(
    actor: Actor,
    role: str,
    action: Action,
    subject: Subject,
    verdict: AccessDecision,
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
