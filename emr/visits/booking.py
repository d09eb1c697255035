"""Use cases before a visit: book it, invite a third person, take the invitation back, cancel."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from emr.people import use_cases as people
from emr.presence import queries as presence_records
from emr.questionnaires import model as scales
from emr.questionnaires.use_cases import ask
from emr.shared import text as words
from emr.shared.context import UseCaseContext
from emr.shared.errors import Invalid, NotFound, Refused
from emr.shared.ids import PersonId, SiteId, VisitId
from emr.visits import course_repository as course
from emr.visits import repository as records
from emr.visits.events import ParticipantInvited, ParticipantUninvited, VisitBooked, VisitCancelled
from emr.visits.guard import visit_of
from emr.visits.model import Modality, ParticipantRole, Visit, VisitEventKind, VisitKind, VisitStatus

# A visit may be booked for "now": the form was opened a few minutes ago.
_FORM_TAKES = timedelta(minutes=30)
_MINUTES = range(5, 241)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVisit:
    """What is asked for when a visit is booked.

    `site`: where a visit in person is held; None: said at check-in. `start` aware; `scales`: those the
    patient is asked to fill in before, None for the usual ones.
    """

    patient: PersonId
    prescriber: PersonId
    start: datetime
    minutes: int = 30
    kind: VisitKind = VisitKind.FOLLOW_UP
    modality: Modality = Modality.VIDEO
    place: str | None = None
    site: SiteId | None = None
    scales: tuple[str, ...] | None = None


async def book(context: UseCaseContext, new: NewVisit, *, id: VisitId | None = None) -> Visit:
    """Book a visit with a room of its own (128 random bits) and ask for its scales.

    Raises `Invalid` for a time gone by, a length out of range or a scale that cannot be asked; `NotFound` for people
    the record does not know.
    """
    await people.patient(context.conn, new.patient)
    await people.person(context.conn, new.prescriber)
    wrong: dict[str, str] = {}
    if new.start < context.now - _FORM_TAKES:
        wrong["start"] = "Choose a time in the future."
    if new.minutes not in _MINUTES:
        wrong["minutes"] = "Choose a length between 5 and 240 minutes."
    if new.patient == new.prescriber:
        wrong["patient"] = "Choose another patient. Nobody can treat themselves."
    if new.site is not None:
        site = await presence_records.site(context.conn, new.site)
        if site is None or site.closed_at is not None or new.modality is not Modality.IN_PERSON:
            wrong["site"] = "Choose one of the clinic's open sites for an in-person visit."
    if wrong:
        raise Invalid(wrong)
    visit = Visit(
        id=id or VisitId(uuid4()),
        patient=new.patient,
        prescriber=new.prescriber,
        scheduled_start=new.start,
        scheduled_minutes=new.minutes,
        kind=new.kind,
        modality=new.modality,
        status=VisitStatus.SCHEDULED,
        room=secrets.token_urlsafe(16),
        place=words.optional("place", new.place, 200),
        site=new.site,
    )
    await records.add(context.conn, visit, context.actor, context.now)
    event = await course.add_event(context.conn, visit.id, VisitEventKind.BOOKED, context.actor, context.now)
    context.events.append(VisitBooked(patient=visit.patient, visit=visit.id, event=event))
    for scale in scales.load().before_visit if new.scales is None else new.scales:
        await ask(context, visit, scale)
    return visit


async def invite(
    context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, person_id: PersonId, part: ParticipantRole
) -> None:
    """Let a third person take part. Inviting somebody who is invited changes nothing.

    Raises `Refused` when the visit is over, when it is the patient or the prescriber, and for who invites themselves.
    """
    visit = await visit_of(context.conn, visit_id, patient_id, lock=True)
    await people.person(context.conn, person_id)
    if visit.status not in (VisitStatus.SCHEDULED, VisitStatus.WAITING, VisitStatus.IN_PROGRESS):
        raise Refused("wrong_state", "This visit is over, so nobody can be invited.")
    if person_id in (visit.patient, visit.prescriber):
        raise Refused("already_in_visit", "This person is already in the visit.")
    if person_id == context.actor:
        raise Refused(
            "oneself", "You cannot invite yourself. Take the visit over, or ask the attending prescriber to invite you."
        )
    invitation = await course.invite(context.conn, visit_id, person_id, part, context.actor, context.now)
    if invitation is not None:
        event = await course.add_event(
            context.conn, visit_id, VisitEventKind.INVITED, person_id, context.now, part.value
        )
        context.events.append(
            ParticipantInvited(
                patient=patient_id,
                visit=visit_id,
                person=person_id,
                part=part.value,
                invitation=invitation,
                event=event,
            )
        )


async def uninvite(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, person_id: PersonId) -> None:
    """Take an invitation back, also in mid-call. Raises `NotFound` when there was none."""
    await visit_of(context.conn, visit_id, patient_id, lock=True)
    if not await course.uninvite(context.conn, visit_id, person_id, context.now):
        raise NotFound
    event = await course.add_event(context.conn, visit_id, VisitEventKind.UNINVITED, person_id, context.now)
    context.events.append(ParticipantUninvited(patient=patient_id, visit=visit_id, person=person_id, event=event))


async def cancel(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId) -> Visit:
    """The visit will not be held. Raises `Refused` once it has begun."""
    before = await visit_of(context.conn, visit_id, patient_id, lock=True)
    visit = before.cancel()
    if visit is not before:
        await records.save(context.conn, visit)
        event = await course.add_event(context.conn, visit_id, VisitEventKind.CANCELLED, context.actor, context.now)
        context.events.append(VisitCancelled(patient=patient_id, visit=visit_id, event=event))
    return visit
