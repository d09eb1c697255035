"""Who waits for a prescriber, live, over their day; and safety answers of those who do not wait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from compliance.shared.vocabulary import Action
from emr.people import queries as people_records
from emr.people.model import Patient
from emr.questionnaires import use_cases as answering
from emr.questionnaires.alert import Alert
from emr.questionnaires.model import Scales
from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import day_of
from emr.shared.ids import PersonId
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import Visit
from emr.visits.use_cases import DeviceOutcome
from emr.worklist import reading as days
from emr.worklist.reading import DayVisit as Held
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters.frames import frame
from server.routes.staff import attending
from server.routes.staff.visits import DEVICE_WORDS, KIND_WORDS
from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.staff.day import SafetyAlert, Waiting, WaitingPerson


async def waiting(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment, live: the waiting room alone."""
    around, line = await together(work.conn, frame(ask, work, "Day", live=True), read_line(work, ask))
    return await shown(ask, around, line)


@dataclass(frozen=True, slots=True)
class WaitingRoom:
    """Who waits, the open safety answers of everybody with whose they are, and the visits that are going on."""

    queue: Sequence[Held]
    alerts: Sequence[Alert]
    known: Mapping[PersonId, Patient]
    going_on: Sequence[Visit]


async def read_line(work: UnitOfWork, ask: Ask) -> WaitingRoom:
    queue, (alerts, known), going_on = await together(
        work.conn,
        days.waiting(work.conn, ask.person_id),
        _open_alerts(work, ask.person_id),
        visit_records.in_progress(work.conn, ask.person_id),
    )
    return WaitingRoom(queue, alerts, known, going_on)


async def _open_alerts(work: UnitOfWork, prescriber: PersonId) -> tuple[Sequence[Alert], Mapping[PersonId, Patient]]:
    alerts = await answering.open_alerts(work.conn, prescriber)
    return alerts, await people_records.patients(work.conn, {one.patient for one in alerts})


async def shown(ask: Ask, around: Frame, line: WaitingRoom) -> Waiting:
    scales = ask.app_context.references.scales
    people = tuple(_person(one, scales, ask.now, around.zone) for one in line.queue)
    in_call = await attending.call_among(ask, line.going_on) if line.queue else None
    return Waiting(around, people, _alerts(line), in_call_href=f"/visits/{in_call.id}" if in_call else None)


def _alerts(line: WaitingRoom) -> tuple[SafetyAlert, ...]:
    """Safety answers nobody has acknowledged, of patients who do not wait: those who wait carry theirs in the line."""
    in_line, known = {one.visit.id for one in line.queue}, line.known
    left = [one for one in line.alerts if one.visit not in in_line]
    return tuple(
        SafetyAlert(
            patient_name=known[one.patient].person.name,
            what=f"scored {one.value} on the self-harm item",
            at=one.raised_at,
            href=f"/visits/{one.visit}",
        )
        for one in left
    )


def _person(one: Held, scales: Scales, now: datetime, zone: str) -> WaitingPerson:
    visit = one.visit
    alert = one.alerts[0] if one.alerts else None
    at = words.lately(alert.raised_at, day_of(now, zone), zone) if alert else None
    return WaitingPerson(
        patient_id=str(visit.patient),
        name=one.patient.person.name,
        starts=visit.scheduled_start,
        kind=KIND_WORDS[visit.kind].lower(),
        detail=_detail(one, scales),
        since=visit.arrived_at or now,
        waited_minutes=one.waited_minutes(now),
        admit_url=f"/visits/{visit.id}/admit",
        alert=_item_words(alert, scales) if alert else None,
        alert_at=at,
        alert_href=f"/visits/{visit.id}" if alert else None,
    )


def _item_words(alert: Alert, scales: Scales) -> str:
    """ "PHQ-9 item 9: 2", as clinicians name it."""
    scale = scales.get(alert.scale)
    number = [item.id for item in scale.items].index(alert.item) + 1
    return f"{scale.short} item {number}: {alert.value}"


def _detail(one: Held, scales: Scales) -> str:
    parts = []
    if one.totals and one.scales_answered[0]:
        parts.append(f"{scales.get(days.CURVE_SCALE).short} {one.totals[-1]}")
    if one.devices:
        parts.append(DEVICE_WORDS[DeviceOutcome(one.devices.detail or DeviceOutcome.PROBLEM)])
    if one.questions:
        parts.append(f"{one.questions} question{'s' if one.questions > 1 else ''}")
    return ", ".join(parts)


ROUTES = (RouteSpec("GET", "/day/waiting", waiting, Action.DAY_READ),)
