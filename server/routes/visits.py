"""Booking a visit, inviting a third person, admitting, ending."""

from datetime import datetime
from zoneinfo import ZoneInfo

from compliance.vocabulary import Action
from emr import booking, people, visiting
from emr.booking import NewVisit
from emr.errors import Invalid, Refused
from emr.ids import PersonId
from emr.records import visits as visit_records
from emr.visit import Kind, Modality
from server.actors import Subject, person_key, visit_key
from server.asking import Answer, Ask, Row, See, Shown
from server.forms import Reader
from server.frames import frame
from server.routes import attending
from server.routes.visit_parts import viewer_zone, visit_people
from server.work import Work
from visit_ui.pages.booking import BookingValues, BookVisit
from visit_ui.pages.parts import FieldError, Option

NO_PATIENT = "Choose a patient."
LENGTHS = ("15", "20", "30", "45", "60", "90")
KIND_WORDS = {
    Kind.FIRST_EVALUATION: "First evaluation",
    Kind.FOLLOW_UP: "Follow-up",
    Kind.MEDICATION_REVIEW: "Medication review",
    Kind.LAB_REVIEW: "Lab review",
    Kind.URGENT: "Urgent",
}
MODALITY_WORDS = {Modality.VIDEO: "Video", Modality.AUDIO: "Audio only", Modality.IN_PERSON: "In person"}


async def book_form(ask: Ask, work: Work) -> Answer:
    """GET: the form; ``?patient=`` when it is for one already chosen."""
    zone = ZoneInfo(await viewer_zone(work))
    proposed = ask.now.astimezone(zone)
    values = BookingValues(
        patient=ask.query("patient"),
        date=f"{proposed:%Y-%m-%d}",
        time=f"{proposed:%H:%M}",
        kind=Kind.FOLLOW_UP.value,
        modality=ask.query("modality") or Modality.VIDEO.value,
    )
    return await _book_page(ask, work, values, {})


async def book(ask: Ask, work: Work) -> Answer:
    """POST: book it for a patient of one's own."""
    try:
        new = await _read(ask, work)
        visit = await booking.book(work.desk, new)
    except Invalid as error:
        return Shown(await _book_page(ask, work, _typed(ask), dict(error.fields)), 422)
    work.announce(person_key(visit.prescriber), "queue")
    work.announce(person_key(visit.patient), "visit")
    day = visit.scheduled_start.astimezone(ZoneInfo(await viewer_zone(work)))
    return See(f"/day?date={day:%Y-%m-%d}&of={visit.id}")


async def book_nobody(ask: Ask, work: Work) -> Answer:
    """POST without a patient: the form as it was typed, and what it lacks. Books nothing."""
    return Shown(await _book_page(ask, work, _typed(ask), {"patient": NO_PATIENT}), 422)


def _typed(ask: Ask) -> BookingValues:
    names = ("patient", "date", "time", "minutes", "kind", "modality", "place")
    return BookingValues(**{name: ask.form.typed.get(name, "").strip() for name in names})


async def _read(ask: Ask, work: Work) -> NewVisit:
    reader = Reader(ask.form)
    patient = PersonId(reader.uuid("patient", NO_PATIENT))
    minutes = reader.number("minutes", "Choose a length between 5 and 240 minutes.", low=5, high=240)
    kind = reader.choice("kind", [one.value for one in Kind], "Choose what the visit is for.")
    modality = reader.choice("modality", [one.value for one in Modality], "Choose video, audio or in person.")
    place = reader.optional("place", most=200)
    zone = ZoneInfo(await viewer_zone(work))
    start: datetime = reader.moment("date", "time", zone, "Write day and time, for example 2026-11-24 and 10:30.")
    reader.check()
    return NewVisit(
        patient=patient,
        prescriber=ask.person_id,
        start=start,
        minutes=minutes,
        kind=Kind(kind),
        modality=Modality(modality),
        place=place or None,
    )


async def _book_page(ask: Ask, work: Work, values: BookingValues, errors: dict[str, str]) -> BookVisit:
    mine = await people.search(work.conn, "", seen_by=ask.person_id, limit=200)
    chosen = next((one for one in mine if str(one.id) == values.patient), None)
    zone = await viewer_zone(work)
    return BookVisit(
        frame=await frame(ask, work, "Book a visit", subject=Subject(chosen.id) if chosen else None),
        values=values,
        errors=tuple(FieldError("time" if field == "start" else field, remedy) for field, remedy in errors.items()),
        patient_name=chosen.person.name if chosen else None,
        patients=tuple(Option(str(one.id), one.person.name, one.code) for one in mine),
        lengths=tuple(Option(length, f"{length} minutes") for length in LENGTHS),
        kinds=tuple(Option(kind.value, words) for kind, words in KIND_WORDS.items()),
        modalities=tuple(Option(one.value, words) for one, words in MODALITY_WORDS.items()),
        zone_words=zone_words(zone, ask.now),
        back_href=f"/patients/{chosen.id}" if chosen else "/day",
    )


def zone_words(zone: str, now: datetime) -> str:
    """The zone as it is called at ``now``: "EST"."""
    return now.astimezone(ZoneInfo(zone)).tzname() or zone


async def admit(ask: Ask, work: Work) -> Answer:
    """POST: let the waiting patient in; the call begins. 409 while the patient is in another visit."""
    assert work.subject.visit_id is not None
    assert work.subject.patient_id is not None
    booked = await visit_records.get(work.conn, work.subject.visit_id)
    await _refuse_second_call(ask, work)
    other = await visit_records.in_progress_of(work.conn, work.subject.patient_id)
    if other is not None and other.id != work.subject.visit_id:
        return await attending.another_open(ask, work, await visit_people(work), other)
    if booked is not None and booked.modality is Modality.IN_PERSON:  # nobody waits in a browser for it
        await visiting.arrive(work.desk, work.subject.visit_id, work.subject.patient_id)
    visit = await visiting.admit(work.desk, work.subject.visit_id, work.subject.patient_id)
    for key in (person_key(visit.patient), person_key(visit.prescriber)):
        work.announce(key, "queue")
    work.announce(visit_key(visit.id), "visit")
    return See(f"/visits/{visit.id}")


async def _refuse_second_call(ask: Ask, work: Work) -> None:
    """Two calls in one room would hear each other's patient."""
    for other in await visit_records.in_progress(work.conn, ask.person_id):
        here = {one.participant for one in await ask.house.bus.presence(other.room) if not one.away}
        if other.id != work.subject.visit_id and str(ask.person_id) in here:
            raise Refused("in_another_call", "You are in the call of another visit. Leave or end that one first.")


async def end(ask: Ask, work: Work) -> Answer:
    """POST: the visit is over for everybody; the call is closed."""
    assert work.subject.visit_id is not None
    assert work.subject.patient_id is not None
    visit = await visiting.end(work.desk, work.subject.visit_id, work.subject.patient_id)
    work.after_commit.append(lambda: ask.house.bus.end_room(visit.room))
    for key in (person_key(visit.patient), person_key(visit.prescriber)):
        work.announce(key, "queue")
    work.announce(visit_key(visit.id), "visit")
    return See(f"/visits/{visit.id}")


ROWS = (
    Row("GET", "/visits/new", book_form, Action.DAY_READ),
    Row(
        "POST",
        "/visits/new",
        book,
        Action.VISIT_BOOK,
        nobody_chosen=Row("POST", "/visits/new", book_nobody, Action.DAY_READ),
    ),
    Row("POST", "/visits/{visit}/admit", admit, Action.VISIT_ADMIT),
    Row("POST", "/visits/{visit}/end", end, Action.VISIT_END),
)
