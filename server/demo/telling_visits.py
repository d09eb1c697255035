"""A visit from booking to signed note, and what happens between visits, through the use cases."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import assert_never
from uuid import uuid5

from compliance.shared.vocabulary import Action
from emr.diary import use_cases as diary
from emr.diary.model import QuestionOutcome
from emr.notes import use_cases as noting
from emr.presence import checking_in, joining
from emr.presence import queries as presence_records
from emr.questionnaires import use_cases as answering
from emr.questionnaires.alert import Alert
from emr.shared import contact
from emr.shared.contact import ContactStatement, StatedContact
from emr.shared.context import UseCaseContext
from emr.shared.ids import SiteId, VisitId
from emr.visits import booking
from emr.visits import use_cases as visiting
from emr.visits.booking import NewVisit
from emr.visits.model import Modality, ParticipantRole, Visit
from emr.visits.use_cases import DeviceOutcome
from server.demo import cast
from server.demo.story import (
    LABS,
    Between,
    Booked,
    Followed,
    Held,
    Measured,
    Noticed,
    OutOfHours,
    PatientStory,
    Place,
    Took,
    Wrote,
)
from server.demo.telling import StoryError, Teller
from server.demo.telling_acts import Scene, attempt, perform
from server.demo.telling_people import FRONT_DESK
from server.demo.when import Calendar

# What the worker writes for joins and leaves that the media process reports.
PRESENCE = "call.presence"
OPEN = "-"


def visit_id(patient: str, name: str) -> VisitId:
    """The id of a visit of the story, the same on every machine."""
    return VisitId(uuid5(cast.NAMESPACE, f"visit/{patient}/{name}"))


async def book(
    teller: Teller, story: PatientStory, booked: Booked, now: datetime, *, id: VisitId | None = None
) -> None:
    """The prescriber books it, with the scales to be answered before, and adds whoever else comes."""
    asked = tuple(scale for scale, answers in _scales(booked) if answers)
    patient = cast.person_id(story.slug)
    async with teller.acting(booked.by, Action.VISIT_BOOK, now, patient=story.slug) as work:
        new = NewVisit(
            patient=patient,
            prescriber=cast.person_id(booked.by),
            start=teller.calendar.at(booked.when),
            minutes=booked.minutes,
            kind=booked.kind,
            modality=booked.modality,
            site=await _site(teller) if booked.modality is Modality.IN_PERSON else None,
            scales=asked,
        )
        visit = await booking.book(work.context, new, id=id)
    for slug, part in booked.invited.items():
        async with teller.acting(booked.by, Action.VISIT_INVITE, now, patient=story.slug, visit=visit.id) as work:
            await booking.invite(work.context, visit.id, patient, cast.person_id(slug), ParticipantRole(part))
    teller.visits[f"{story.slug}/{booked.name}"] = visit


async def _site(teller: Teller) -> SiteId | None:
    """The clinic's site while it is open: whoever plays the administrator may have closed it."""
    site = await presence_records.site(teller.conn, cast.SITE_ID)
    return site.id if site is not None and site.closed_at is None else None


async def hold(teller: Teller, story: PatientStory, held: Held) -> None:
    """The whole visit: prepared, arrived, admitted, what was done, ended, and its note."""
    visit = teller.visits[f"{story.slug}/{held.name}"]
    start = visit.scheduled_start
    alerts = await prepare(teller, story, held, start - timedelta(minutes=25))
    stated = await _arrive(teller, story, held, visit, start - timedelta(minutes=6))
    begun = start + timedelta(minutes=1)
    async with teller.acting(held.by, Action.VISIT_ADMIT, begun, patient=story.slug, visit=visit.id) as work:
        visit = await visiting.admit(work.context, visit.id, visit.patient)
    await _presence(teller, story, held, visit, begun, joined=True)
    scene = Scene(story.slug, held.by, visit, stated, str(teller.calendar.zone))
    await _take_up(teller, story, held, visit, alerts, begun + timedelta(minutes=2))
    await _take_questions(teller, story, held, visit, begun + timedelta(minutes=3))
    last = start + timedelta(minutes=held.minutes - 2)
    now = begun + timedelta(minutes=4)
    for place, act in enumerate(held.acts):
        await perform(teller, scene, act, now + timedelta(seconds=_odd_seconds(visit.id, place)))
        now = min(now + timedelta(minutes=2), last - timedelta(minutes=2))
    await _presence(teller, story, held, visit, last, joined=False)
    async with teller.acting(held.by, Action.VISIT_END, last, patient=story.slug, visit=visit.id) as work:
        teller.visits[f"{story.slug}/{held.name}"] = await visiting.end(work.context, visit.id, visit.patient)
    await _write_note(teller, story, held, visit, last)


async def prepare(teller: Teller, story: PatientStory, booked: Booked, now: datetime) -> tuple[Alert, ...]:
    """The patient answers what was asked for. Returns the safety alerts that the answers raised."""
    raised: tuple[Alert, ...] = ()
    visit = teller.visits[f"{story.slug}/{booked.name}"]
    for scale, answers in _scales(booked):
        if answers in ("", OPEN):
            continue
        items = teller.app_context.references.scales.get(scale).scored_items
        given = {item.id: int(digit) for item, digit in zip(items, answers, strict=True)}
        async with teller.acting(story.slug, Action.SCALE_ANSWER, now, patient=story.slug, visit=visit.id) as work:
            answered = await answering.answer(work.context, visit.id, visit.patient, scale, given)
        raised += answered.alerts
        now += timedelta(minutes=3)
    return raised


def _odd_seconds(visit: VisitId, place: int) -> int:
    """Nobody signs on the full minute."""
    return (visit.int + 17 * place) % 60


def _scales(booked: Booked) -> tuple[tuple[str, str], ...]:
    return ("phq9", booked.phq9), ("gad7", booked.gad7)


async def _arrive(teller: Teller, story: PatientStory, held: Held, visit: Visit, now: datetime) -> StatedContact | None:
    """Devices checked and place said, then the waiting room; in person, checked in at the front desk."""
    if not visit.remote:
        await _check_in(teller, story, visit, now)
        return None
    said = _statement(held.place or story.home)
    found = DeviceOutcome.AUDIO_ONLY if visit.modality is Modality.AUDIO else DeviceOutcome.ALL_WORK
    before = now - timedelta(minutes=4)
    async with teller.acting(story.slug, Action.DEVICE_CHECK, before, patient=None, visit=visit.id) as work:
        await visiting.note_devices(work.context, visit.id, visit.patient, found)
    async with teller.acting(story.slug, Action.VISIT_ARRIVE, now, patient=story.slug, visit=visit.id) as work:
        await visiting.arrive(work.context, visit.id, visit.patient, said)
    return StatedContact(said, now, visit.patient)


async def _check_in(teller: Teller, story: PatientStory, visit: Visit, now: datetime) -> None:
    """The front desk states that both are at the site; a minute later the patient says so on its screen."""
    member, here = cast.BY_SLUG[story.slug], frozenset({visit.patient, visit.prescriber})
    async with teller.acting(FRONT_DESK, Action.VISIT_CHECK_IN, now, patient=story.slug, visit=visit.id) as work:
        await checking_in.state(work.context, visit.id, visit.patient, site_id=cast.SITE_ID, here=here)
    said = now + timedelta(minutes=1)
    async with teller.acting(FRONT_DESK, Action.VISIT_CHECK_IN, said, patient=story.slug, visit=visit.id) as work:
        await checking_in.confirm(work.context, visit.id, visit.patient, member.name, member.born)


def _statement(place: Place) -> ContactStatement:
    return contact.statement(
        line=place.line, city=place.city, state=place.state, postal=place.postal, call_back=place.call_back
    )


async def _presence(
    teller: Teller, story: PatientStory, held: Held, visit: Visit, now: datetime, *, joined: bool
) -> None:
    """Who reached the call, and left it, as the worker records what the media process tells."""
    if not visit.remote:
        return
    note = joining.note_joined if joined else joining.note_left
    for slug in (held.by, story.slug, *held.invited):
        context = UseCaseContext(teller.conn, cast.person_id(slug), now)
        await note(context, visit.id, visit.patient, context.actor)
        teller.keep(context, role="program", rule=PRESENCE)


async def _take_up(
    teller: Teller, story: PatientStory, held: Held, visit: Visit, alerts: tuple[Alert, ...], now: datetime
) -> None:
    if bool(alerts) != bool(held.taken_up):
        raise StoryError(f"{story.slug}/{held.name}: an alert without an answer, or the other way round")
    for alert in alerts:
        async with teller.acting(held.by, Action.ALERT_ACKNOWLEDGE, now, patient=story.slug, visit=visit.id) as work:
            await answering.acknowledge(work.context, visit.id, visit.patient, alert.id, held.taken_up)


async def _take_questions(teller: Teller, story: PatientStory, held: Held, visit: Visit, now: datetime) -> None:
    for question in teller.questions.pop(story.slug, []):
        async with teller.acting(held.by, Action.NOTE_WRITE, now, patient=story.slug, visit=visit.id) as work:
            await diary.mark_question(work.context, visit.id, visit.patient, question, QuestionOutcome.ANSWERED)


async def _write_note(teller: Teller, story: PatientStory, held: Held, visit: Visit, ended: datetime) -> None:
    """Saved in the visit, signed soon after; an addendum later, when there is one."""
    note, ids = held.note, (visit.id, visit.patient)
    saved = ended - timedelta(minutes=1)
    async with teller.acting(held.by, Action.NOTE_WRITE, saved, patient=story.slug, visit=visit.id) as work:
        draft = await noting.save(work.context, *ids, 0, note.said)
    if note.signed:
        signed = ended + timedelta(minutes=6)
        async with teller.acting(held.by, Action.NOTE_SIGN, signed, patient=story.slug, visit=visit.id) as work:
            await noting.sign(work.context, *ids, draft.version)
    if note.later is not None:
        hours, text = note.later
        later = ended + timedelta(hours=hours)
        async with teller.acting(held.by, Action.NOTE_ADDEND, later, patient=story.slug, visit=visit.id) as work:
            await noting.add(work.context, *ids, text)


async def between(teller: Teller, story: PatientStory, told: Between, now: datetime) -> None:
    """One thing that happens between visits."""
    if isinstance(told, Measured):
        await _measure(teller, story, told, now)
        return
    if isinstance(told, OutOfHours):
        visit = teller.visits[f"{story.slug}/{told.visit}"]
        scene = Scene(story.slug, told.by, visit, None, str(teller.calendar.zone))
        await attempt(teller, scene, told.attempt, now)
        return
    patient, days = cast.person_id(story.slug), teller.calendar
    async with teller.acting(story.slug, Action.SCALE_ANSWER, now, patient=story.slug) as work:
        match told:
            case Noticed():
                since = days.told(told.since, now)
                effect = await diary.report_side_effect(
                    work.context, patient, told.name, told.severity, since, told.detail
                )
                teller.effects[story.slug, told.name] = effect.id
            case Followed():
                ended = None if told.ended is None else days.told(told.ended, now)
                known = teller.effects[story.slug, told.name]
                await diary.follow_side_effect(work.context, patient, known, told.severity, ended)
            case Wrote():
                question = await diary.write_question(work.context, patient, told.text)
                teller.questions.setdefault(story.slug, []).append(question.id)
            case Took():
                await diary.report_adherence(work.context, patient, _doses(told, days, now))
            case _:
                assert_never(told)


def _doses(told: Took, days: Calendar, now: datetime) -> diary.DosesTaken:
    return diary.DosesTaken(
        medicine=told.medicine,
        from_date=days.told(told.since, now),
        to_date=days.told(told.until, now),
        doses_due=told.due,
        doses_taken=told.taken,
        detail=told.detail,
    )


async def _measure(teller: Teller, story: PatientStory, told: Measured, now: datetime) -> None:
    lab = LABS[told.what]
    measured = diary.NewMeasurement(
        code=lab.code,
        name=lab.name,
        value=Decimal(told.value),
        unit=lab.unit,
        observed_at=now - timedelta(minutes=20),
        source=lab.source,
    )
    async with teller.acting(told.by, Action.NOTE_WRITE, now, patient=story.slug) as work:
        await diary.record_observation(work.context, cast.person_id(story.slug), measured)
