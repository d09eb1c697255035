"""Booking a visit: a prescriber for themselves, or the front desk for a prescriber who treats the patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compliance.shared.vocabulary import Action, Role
from emr.people import queries as people_records
from emr.people import use_cases as people
from emr.people.model import Patient, Person
from emr.presence import sites
from emr.shared.clinic_time import typed
from emr.shared.clinic_time.days import day_of, there
from emr.shared.errors import Invalid, NotFound
from emr.shared.ids import PersonId, SiteId, VisitId
from emr.visits import booking
from emr.visits import queries as visit_records
from emr.visits.booking import NewVisit
from emr.visits.model import Modality, Visit, VisitKind
from server.application.actors import Subject, person_key
from server.application.unit_of_work import UnitOfWork
from server.auth import accounts
from server.http.endpoint import Answer, Ask, PageWithStatus, Redirect, RouteSpec, uuid_of
from server.http.forms import Reader
from server.presenters.frames import frame
from server.presenters.visit_parts import viewer_zone
from server.routes.staff.visits import KIND_WORDS, MODALITY_WORDS, zone_words
from visit_ui.pages.shell.parts import FieldError, Option
from visit_ui.pages.staff.booking import BookingValues, BookVisit

NO_PATIENT = "Choose a patient."
NO_PRESCRIBER = "Choose a prescriber who treats this patient."
NO_SITE = "Choose one of the clinic's open sites."
LENGTHS = ("15", "20", "30", "45", "60", "90")
TYPED = ("patient", "date", "time", "minutes", "kind", "modality", "place", "prescriber", "site")
MOST_OFFERED = 2000


@dataclass(frozen=True, slots=True)
class _Offer:
    """Whom the viewer may book with whom. ``prescribers``: empty when the viewer books for themselves.

    ``back``: where one goes instead, with a patient chosen and without.
    """

    action: str
    patients: Sequence[Patient]
    prescribers: Sequence[Person]
    back: tuple[str, str]

    def patient(self, id: str) -> Patient | None:
        """The one chosen, if they are among those offered."""
        return next((one for one in self.patients if str(one.id) == id), None)


async def _own(ask: Ask, work: UnitOfWork) -> _Offer:
    """A prescriber's own patients, with themselves."""
    mine = await people.search(work.conn, "", seen_by=ask.person_id, limit=MOST_OFFERED)
    return _Offer("/visits/new", mine, (), (f"/patients/{_chosen(ask)}", "/day"))


async def _everybodys(ask: Ask, work: UnitOfWork) -> _Offer:
    """Everybody's patients, with those who treat the one chosen; with all prescribers before that."""
    everybody = await people.search(work.conn, "", seen_by=None, limit=MOST_OFFERED)
    prescribers = await accounts.holding(work.conn, [Role.PRESCRIBER])
    chosen = next((one for one in everybody if str(one.id) == _chosen(ask)), None)
    if chosen is not None:
        prescribers &= frozenset(await people.prescribers(work.conn, chosen.id))
    known = await people_records.people(work.conn, prescribers)
    named = sorted(known.values(), key=lambda one: (one.family_name, one.given_name))
    return _Offer("/desk/book", everybody, named, ("/desk", "/desk"))


def _chosen(ask: Ask) -> str:
    """Whom the booking is for: a change says so in its form, whatever stands in its address."""
    return ask.form.text("patient") if ask.request.method == "POST" else ask.query("patient")


async def own_form(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: the form; ``?patient=`` when it is for one already chosen, ``?of=`` a visit of theirs to be booked again."""
    offer = await _own(ask, work)
    return await _page(ask, work, offer, await _proposed(ask, work, offer), {})


async def desk_form(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: the same at the front desk, for any prescriber."""
    offer = await _everybodys(ask, work)
    return await _page(ask, work, offer, await _proposed(ask, work, offer), {})


async def book_own(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: book it for a patient of one's own."""
    return await _book(ask, work, await _own(ask, work), "/day")


async def book_at_desk(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: book it for a patient with somebody who treats them."""
    return await _book(ask, work, await _everybodys(ask, work), "/desk")


async def own_nobody(ask: Ask, work: UnitOfWork) -> Answer:
    """POST without a patient: the form as it was typed, and what it lacks. Books nothing."""
    return PageWithStatus(await _page(ask, work, await _own(ask, work), _typed(ask), {"patient": NO_PATIENT}), 422)


async def desk_nobody(ask: Ask, work: UnitOfWork) -> Answer:
    """POST without a patient at the front desk. Books nothing."""
    return PageWithStatus(
        await _page(ask, work, await _everybodys(ask, work), _typed(ask), {"patient": NO_PATIENT}), 422
    )


async def own_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and what does not fit. Books nothing."""
    return PageWithStatus(await _page(ask, work, await _own(ask, work), _typed(ask), wrong), 422)


async def desk_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The same at the front desk."""
    return PageWithStatus(await _page(ask, work, await _everybodys(ask, work), _typed(ask), wrong), 422)


async def _book(ask: Ask, work: UnitOfWork, offer: _Offer, day: str) -> Answer:
    try:
        visit = await booking.book(work.context, await _read(ask, work, offer))
    except Invalid as error:
        return PageWithStatus(await _page(ask, work, offer, _typed(ask), error.fields), 422)
    _announce(work, visit)
    on = day_of(visit.scheduled_start, await viewer_zone(work))
    return Redirect(f"{day}?date={on}&of={visit.id}")


def _announce(work: UnitOfWork, visit: Visit) -> None:
    work.announce(person_key(visit.prescriber), "queue")
    work.announce(person_key(visit.patient), "visit")


async def _proposed(ask: Ask, work: UnitOfWork, offer: _Offer) -> BookingValues:
    zone = await viewer_zone(work)
    again = await _again(ask, work, offer)
    proposed = max(ask.now, again.scheduled_start if again else ask.now)
    day, clock = typed.write_day(day_of(proposed, zone)), typed.write_clock(there(proposed, zone).time())
    if again is not None:
        return BookingValues(
            patient=str(again.patient),
            date=day,
            time=clock,
            minutes=str(again.scheduled_minutes),
            kind=again.kind.value,
            modality=again.modality.value,
            place=again.place or "",
            prescriber=str(again.prescriber),
            site=str(again.site or ""),
        )
    return BookingValues(
        patient=ask.query("patient"),
        date=day,
        time=clock,
        kind=VisitKind.FOLLOW_UP.value,
        modality=ask.query("modality") or Modality.VIDEO.value,
    )


async def _again(ask: Ask, work: UnitOfWork, offer: _Offer) -> Visit | None:
    """The visit that is to be booked again: one of the patient who was chosen, among those offered."""
    chosen = offer.patient(ask.query("patient"))
    if chosen is None or not ask.query("of"):
        return None
    try:
        visit = await visit_records.get(work.conn, VisitId(uuid_of(ask.query("of"))))
    except NotFound:
        return None
    return visit if visit is not None and visit.patient == chosen.id else None


def _typed(ask: Ask) -> BookingValues:
    return BookingValues(**{name: ask.form.text(name) for name in TYPED})


async def _read(ask: Ask, work: UnitOfWork, offer: _Offer) -> NewVisit:
    reader = Reader(ask.form)
    patient = PersonId(reader.uuid("patient", NO_PATIENT))
    prescriber = ask.person_id
    if offer.action == "/desk/book":
        treats = {str(one.id): one.id for one in offer.prescribers}
        prescriber = treats.get(reader.choice("prescriber", treats, NO_PRESCRIBER), prescriber)
    minutes = reader.number("minutes", "Choose a length between 5 and 240 minutes.", low=5, high=240)
    kind = reader.choice("kind", [one.value for one in VisitKind], "Choose what the visit is for.")
    modality = reader.choice("modality", [one.value for one in Modality], "Choose video, audio, or in person.")
    place, site = reader.optional("place", most=200), None
    if modality == Modality.IN_PERSON.value and ask.form.text("site"):
        site = SiteId(reader.uuid("site", NO_SITE))
    start = reader.moment("date", "time", await viewer_zone(work))
    reader.check()
    return NewVisit(
        patient=patient,
        prescriber=prescriber,
        start=start,
        minutes=minutes,
        kind=VisitKind(kind),
        modality=Modality(modality),
        place=place if place and modality == Modality.IN_PERSON.value else None,
        site=site,
    )


async def _page(
    ask: Ask, work: UnitOfWork, offer: _Offer, values: BookingValues, errors: Mapping[str, str]
) -> BookVisit:
    chosen = offer.patient(values.patient)
    zone = await viewer_zone(work)
    return BookVisit(
        frame=await frame(ask, work, "Book a visit", subject=Subject(chosen.id) if chosen else None),
        values=values,
        errors=tuple(FieldError("time" if field == "start" else field, remedy) for field, remedy in errors.items()),
        patient_name=chosen.person.name if chosen else None,
        patients=tuple(Option(str(one.id), one.person.name, one.code) for one in offer.patients),
        lengths=tuple(Option(length, f"{length} minutes") for length in LENGTHS),
        kinds=tuple(Option(kind.value, words) for kind, words in KIND_WORDS.items()),
        modalities=tuple(Option(one.value, words) for one, words in MODALITY_WORDS.items()),
        zone_words=zone_words(zone, ask.now),
        back_href=offer.back[0 if chosen else 1],
        sites=tuple(Option(str(one.id), one.name, f"{one.city} {one.state}") for one in await sites.sites(work.conn)),
        prescribers=tuple(Option(str(one.id), one.name_words) for one in offer.prescribers),
        action=offer.action,
    )


ROUTES = (
    RouteSpec("GET", "/visits/new", own_form, Action.DAY_READ),
    RouteSpec(
        "POST",
        "/visits/new",
        book_own,
        Action.VISIT_BOOK,
        form="booking",
        again=own_too_long,
        nobody_chosen=RouteSpec("POST", "/visits/new", own_nobody, Action.DAY_READ, form="booking", again=own_too_long),
    ),
    RouteSpec("GET", "/desk/book", desk_form, Action.DESK_BOOK),
    RouteSpec(
        "POST",
        "/desk/book",
        book_at_desk,
        Action.DESK_BOOK,
        form="booking",
        again=desk_too_long,
        nobody_chosen=RouteSpec(
            "POST", "/desk/book", desk_nobody, Action.DESK_BOOK, form="booking", again=desk_too_long
        ),
    ),
)
