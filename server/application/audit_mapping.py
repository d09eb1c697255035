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
from emr.medications import events as medication_facts
from emr.outcome import events as outcome_facts
from emr.presence import events as presence_facts
from emr.shared import events as facts
from emr.shared.events import Fact
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
    facts.PersonAdded: Line("person.add", "person", "person"),
    facts.PatientAdded: Line("person.add", "patient", "patient"),
    facts.AllergyRecorded: Line("allergy.record", "patient", "patient"),
    facts.AllergiesAsked: Line("allergy.ask", "patient", "patient"),
    facts.PrescriberAssigned: Line("care.assign", "person", "person"),
    facts.PrescriberReleased: Line("care.release", "person", "person"),
    facts.SupervisionBegun: Line("supervision.begin", "person", "supervisee", ("supervisor",)),
    facts.SupervisionEnded: Line("supervision.end", "person", "supervisee", ("supervisor",)),
    facts.CareTeamJoined: Line("care_team.join", "person", "person"),
    facts.CareTeamLeft: Line("care_team.leave", "person", "person"),
    facts.VisitBooked: Line("visit.book", "visit", "visit"),
    facts.VisitCancelled: Line("visit.cancel", "visit", "visit"),
    facts.VisitMissed: Line("visit.miss", "visit", "visit"),
    facts.ParticipantInvited: Line("visit.invite", "person", "person", ("part",)),
    facts.ParticipantUninvited: Line("visit.uninvite", "person", "person"),
    facts.DevicesChecked: Line("device.check", "visit", "visit", ("outcome",)),
    facts.LocationStated: Line("visit.prepare", "visit", "visit"),
    facts.PatientArrived: Line("visit.arrive", "visit", "visit"),
    facts.PatientLeftQueue: Line("visit.leave_queue", "visit", "visit"),
    facts.PatientAdmitted: Line("visit.admit", "visit", "visit"),
    facts.ParticipantJoined: Line("visit.join", "person", "person"),
    facts.ParticipantLeft: Line("visit.leave", "person", "person", ("outcome",)),
    facts.VisitEnded: Line("visit.end", "visit", "visit"),
    outcome_facts.OutcomeCorrected: Line("visit.correct", "visit", "visit", ("outcome",)),
    presence_facts.SiteAdded: Line("site.add", "site", "site"),
    presence_facts.SiteClosed: Line("site.close", "site", "site"),
    presence_facts.VisitAttended: Line("visit.attend", "attendance", "attendance", ("prescriber",)),
    presence_facts.VisitTakenOver: Line("visit.take_over", "attendance", "attendance", ("replaced", "prescriber")),
    presence_facts.CheckInStated: Line("check_in.state", "check_in", "check_in", ("site", "prescriber")),
    presence_facts.CheckInConfirmed: Line("check_in.confirm", "check_in", "check_in"),
    presence_facts.CallJoined: Line("call.join", "person", "person"),
    facts.ScaleRequested: Line("scale.request", "scale_request", "request", ("scale",)),
    facts.ScaleItemAnswered: Line("scale.answer_item", "scale_request", "request", ("scale", "item")),
    facts.ScaleAnswered: Line("scale.answer", "scale_response", "response", ("scale",)),
    facts.SafetyAlertRaised: Line("alert.raise", "alert", "alert"),
    facts.AlertAcknowledged: Line("alert.acknowledge", "alert", "alert"),
    danger_facts.AlertLeftOpen: Line("alert.leave_open", "alert", "alert"),
    danger_facts.CrisisContactEntered: Line("crisis.contact", "patient", "patient", ("kind",)),
    danger_facts.CrisisStepTaken: Line("crisis.record", "visit", "visit", ("step",)),
    facts.NoteStarted: Line("note.write", "note", "note"),
    facts.NoteSigned: Line("note.sign", "note", "note", ("sha256",)),
    facts.AddendumWritten: Line("note.addend", "note", "note", ("sha256",)),
    facts.SideEffectReported: Line("side_effect.report", "side_effect", "side_effect"),
    facts.SideEffectFollowed: Line("side_effect.follow", "side_effect", "side_effect"),
    facts.QuestionWritten: Line("question.write", "question", "item"),
    facts.QuestionMarked: Line("question.mark", "question", "item", ("outcome",)),
    facts.AdherenceReported: Line("adherence.report", "patient", "patient"),
    facts.ObservationRecorded: Line("observation.record", "observation", "observation"),
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
