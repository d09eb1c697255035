"""Admitting and ending a visit; the words for kinds and ways of meeting."""

from collections.abc import Mapping
from datetime import datetime

from compliance.shared.vocabulary import Action
from emr.shared.clinic_time import words
from emr.shared.errors import Invalid
from emr.visits import queries as visit_records
from emr.visits import use_cases as visiting
from emr.visits.model import Modality, VisitKind
from emr.visits.use_cases import DeviceOutcome
from server.application.actors import person_key, visit_key
from server.application.effects import outbox
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, PageWithStatus, Redirect, RouteSpec
from server.presenters.visit_parts import read_visit_people
from server.routes.staff import attending, open_alerts

KIND_WORDS = {
    VisitKind.FIRST_EVALUATION: "Initial evaluation",
    VisitKind.FOLLOW_UP: "Follow-up",
    VisitKind.MEDICATION_REVIEW: "Medication review",
    VisitKind.LAB_REVIEW: "Lab review",
    VisitKind.URGENT: "Urgent",
}
MODALITY_WORDS = {Modality.VIDEO: "Video", Modality.AUDIO: "Audio only", Modality.IN_PERSON: "In person"}

# What the clinic's lists say of the patient's last device check.
DEVICE_WORDS = {
    DeviceOutcome.ALL_WORK: "devices checked",
    DeviceOutcome.PARTLY: "devices partly checked",
    DeviceOutcome.AUDIO_ONLY: "audio only",
    DeviceOutcome.PROBLEM: "a device is not working",
}


def zone_words(zone: str, now: datetime) -> str:
    """The zone as it is called at ``now``: "EST"."""
    return words.zone_name(now, zone)


async def admit(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: let the waiting patient in; the call begins. 409 while the patient is in another visit."""
    assert work.subject.visit_id is not None
    assert work.subject.patient_id is not None
    booked = await visit_records.get(work.conn, work.subject.visit_id)
    other = await visit_records.in_progress_of(work.conn, work.subject.patient_id)
    if other is not None and other.id != work.subject.visit_id:
        return await attending.another_open(ask, work, await read_visit_people(work), other)
    in_call = await attending.call_of_another(ask, work, work.subject.visit_id)
    if in_call is not None:
        return await attending.in_another_call(ask, work, in_call)
    if booked is not None and booked.modality is Modality.IN_PERSON:  # nobody waits in a browser for it
        await visiting.arrive(work.context, work.subject.visit_id, work.subject.patient_id)
    visit = await visiting.admit(work.context, work.subject.visit_id, work.subject.patient_id)
    for key in (person_key(visit.patient), person_key(visit.prescriber)):
        work.announce(key, "queue")
    work.announce(visit_key(visit.id), "visit")
    return Redirect(f"/visits/{visit.id}")


async def end(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: the visit is over for everybody; the call is closed. Each open safety answer is asked about first."""
    assert work.subject.visit_id is not None
    assert work.subject.patient_id is not None
    visit_people = await read_visit_people(work)
    try:
        await open_alerts.say(ask, work, visit_people)
    except Invalid as error:
        return PageWithStatus(await open_alerts.end_page(ask, work, visit_people, error.fields), 422)
    visit = await visiting.end(work.context, work.subject.visit_id, work.subject.patient_id)
    work.must_happen(outbox.end_room(visit.room))
    for key in (person_key(visit.patient), person_key(visit.prescriber)):
        work.announce(key, "queue")
    work.announce(visit_key(visit.id), "visit")
    return Redirect(f"/visits/{visit.id}")


async def end_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """What was done as it was typed, and how much fits. The visit goes on."""
    return PageWithStatus(
        await open_alerts.end_page(ask, work, await read_visit_people(work), open_alerts.too_long(wrong)), 422
    )


ROUTES = (
    RouteSpec("POST", "/visits/{visit}/admit", admit, Action.VISIT_ADMIT),
    RouteSpec("POST", "/visits/{visit}/end", end, Action.VISIT_END, form="ending", again=end_too_long),
)
