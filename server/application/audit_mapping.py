"""Facts become audit entries: one row for each kind of fact, so that nothing that happened can go unrecorded.

A test walks every ``Fact`` subclass and fails when a row is missing.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from compliance.access.rules import Verdict
from compliance.audit.entries import Entry, EntryOutcome
from compliance.shared.vocabulary import Action
from emr.danger import events as danger_facts
from emr.diary import events as diary_events
from emr.medications import events as medication_facts
from emr.notes import events as notes_events
from emr.outcome import events as outcome_facts
from emr.people import events as people_events
from emr.presence import events as presence_facts
from emr.questionnaires import events as questionnaires_events
from emr.shared.events import Fact
from emr.visits import events as visits_events
from server.application.actors import Actor, Subject
from server.auth import events as account_facts


@dataclass(frozen=True, slots=True)
class Line:
    """How one kind of fact is written: the action, what it is about, and the fact's field that holds its id."""

    action: str
    subject_type: str
    subject: str
    details: tuple[str, ...] = ()


LINES: dict[type[Fact], Line] = {
    account_facts.SubjectLinked: Line("person.link", "person", "person"),
    account_facts.RoleGranted: Line("role.grant", "person", "person", ("role",)),
    account_facts.RoleRevoked: Line("role.revoke", "person", "person", ("role",)),
    people_events.PersonAdded: Line("person.add", "person", "person"),
    people_events.PatientAdded: Line("person.add", "patient", "patient"),
    people_events.AllergyRecorded: Line("allergy.record", "patient", "patient"),
    people_events.AllergiesAsked: Line("allergy.ask", "patient", "patient"),
    people_events.PrescriberAssigned: Line("care.assign", "person", "person"),
    people_events.PrescriberReleased: Line("care.release", "person", "person"),
    people_events.SupervisionBegun: Line("supervision.begin", "person", "supervisee", ("supervisor",)),
    people_events.SupervisionEnded: Line("supervision.end", "person", "supervisee", ("supervisor",)),
    people_events.CareTeamJoined: Line("care_team.join", "person", "person"),
    people_events.CareTeamLeft: Line("care_team.leave", "person", "person"),
    visits_events.VisitBooked: Line("visit.book", "visit", "visit"),
    visits_events.VisitCancelled: Line("visit.cancel", "visit", "visit"),
    visits_events.VisitMissed: Line("visit.miss", "visit", "visit"),
    visits_events.ParticipantInvited: Line("visit.invite", "person", "person", ("part",)),
    visits_events.ParticipantUninvited: Line("visit.uninvite", "person", "person"),
    visits_events.DevicesChecked: Line("device.check", "visit", "visit", ("outcome",)),
    visits_events.LocationStated: Line("visit.prepare", "visit", "visit"),
    visits_events.PatientArrived: Line("visit.arrive", "visit", "visit"),
    visits_events.PatientLeftQueue: Line("visit.leave_queue", "visit", "visit"),
    visits_events.PatientAdmitted: Line("visit.admit", "visit", "visit"),
    visits_events.ParticipantJoined: Line("visit.join", "person", "person"),
    visits_events.ParticipantLeft: Line("visit.leave", "person", "person", ("outcome",)),
    visits_events.VisitEnded: Line("visit.end", "visit", "visit"),
    outcome_facts.OutcomeCorrected: Line("visit.correct", "visit", "visit", ("outcome",)),
    presence_facts.SiteAdded: Line("site.add", "site", "site"),
    presence_facts.SiteClosed: Line("site.close", "site", "site"),
    presence_facts.VisitAttended: Line("visit.attend", "attendance", "attendance", ("prescriber",)),
    presence_facts.VisitTakenOver: Line("visit.take_over", "attendance", "attendance", ("replaced", "prescriber")),
    presence_facts.CheckInStated: Line("check_in.state", "check_in", "check_in", ("site", "prescriber")),
    presence_facts.CheckInConfirmed: Line("check_in.confirm", "check_in", "check_in"),
    presence_facts.CallJoined: Line("call.join", "person", "person"),
    questionnaires_events.ScaleRequested: Line("scale.request", "scale_request", "request", ("scale",)),
    questionnaires_events.ScaleItemAnswered: Line("scale.answer_item", "scale_request", "request", ("scale", "item")),
    questionnaires_events.ScaleAnswered: Line("scale.answer", "scale_response", "response", ("scale",)),
    questionnaires_events.SafetyAlertRaised: Line("alert.raise", "alert", "alert"),
    questionnaires_events.AlertAcknowledged: Line("alert.acknowledge", "alert", "alert"),
    danger_facts.AlertLeftOpen: Line("alert.leave_open", "alert", "alert"),
    danger_facts.CrisisContactEntered: Line("crisis.contact", "patient", "patient", ("kind",)),
    danger_facts.CrisisStepTaken: Line("crisis.record", "visit", "visit", ("step",)),
    notes_events.NoteStarted: Line("note.write", "note", "note"),
    notes_events.NoteSigned: Line("note.sign", "note", "note", ("sha256",)),
    notes_events.AddendumWritten: Line("note.addend", "note", "note", ("sha256",)),
    diary_events.SideEffectReported: Line("side_effect.report", "side_effect", "side_effect"),
    diary_events.SideEffectFollowed: Line("side_effect.follow", "side_effect", "side_effect"),
    diary_events.QuestionWritten: Line("question.write", "question", "item"),
    diary_events.QuestionMarked: Line("question.mark", "question", "item", ("outcome",)),
    diary_events.AdherenceReported: Line("adherence.report", "patient", "patient"),
    diary_events.ObservationRecorded: Line("observation.record", "observation", "observation"),
    medication_facts.MedicationStarted: Line("medication.start", "order", "order", ("prescription", "decision")),
    medication_facts.DoseRevised: Line("medication.revise", "order", "order", ("replaced", "prescription", "decision")),
    medication_facts.MedicationRenewed: Line(
        "medication.renew", "order", "order", ("replaced", "prescription", "decision")
    ),
    medication_facts.MedicationHeld: Line("medication.hold", "order", "order", ("replaced",)),
    medication_facts.MedicationStopped: Line("medication.stop", "order", "order", ("replaced",)),
    medication_facts.MedicationReported: Line("medication.report", "order", "order"),
}


def entry(fact: Fact, *, actor_id: UUID | None, actor_role: str, rule: str, now: datetime) -> Entry:
    """The entry of something that happened. Raises ``KeyError`` for a fact without a row."""
    line = LINES[type(fact)]
    subject = getattr(fact, line.subject)
    details = {name: str(getattr(fact, name)) for name in line.details}
    return Entry(
        actor_id=actor_id,
        actor_role=actor_role,
        action=line.action,
        outcome=EntryOutcome.ALLOWED,
        rule=rule,
        subject_type=line.subject_type,
        subject_id=None if subject is None else str(subject),
        patient_id=fact.patient,
        visit_id=fact.visit,
        occurred_at=now,
        digest=details.pop("sha256", None),
        details=details,
    )


def reading(actor: Actor, role: str, action: Action, subject: Subject, verdict: Verdict, now: datetime) -> Entry:
    """The entry of a record that was opened and read."""
    return _about(actor, role, action, subject, verdict, now, EntryOutcome.ALLOWED)


def refusal(actor: Actor, action: Action, subject: Subject, verdict: Verdict, now: datetime) -> Entry:
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
) -> Entry:
    about = ("visit", subject.visit_id) if subject.visit_id else ("patient", subject.patient_id)
    return Entry(
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
