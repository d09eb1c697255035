"""The patient's own medicine list, in plain words: the same entries that the prescriber sees."""

from datetime import date, datetime, timedelta

from compliance.shared.vocabulary import Action
from emr.chart import reading as charts
from emr.chart.model import MedicationListEntry
from emr.medications.model import Act, OrderOrigin, OrderStatus
from emr.prescribing import list_use_cases as medicating
from emr.prescribing.list_use_cases import PlainEntry
from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import day_of
from emr.shared.ids import PersonId
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters.visit_parts import VisitPeople, patients_day, read_visit_people, viewer_zone, visit_context
from visit_ui.pages.patient.home import PlainMedicine
from visit_ui.pages.visit.call import DoseAhead, MyMedicine, MyMedicines
from visit_ui.texts import _, marked

# How long a change is said aloud to somebody who does not see the list.
ANNOUNCED = timedelta(seconds=30)


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment, live."""
    return await fragment(ask, work, await read_visit_people(work))


async def fragment(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> MyMedicines:
    """The list as it now is, with what this visit changed."""
    formulary = ask.app_context.references.formulary
    lines = await charts.entries(work.conn, visit_people.visit.patient)
    zone, today = await viewer_zone(work), patients_day(visit_people, work.now)
    shown = []
    news: list[tuple[datetime, str]] = []
    for line in lines:
        order = line.current
        here = order.visit == visit_people.visit.id
        if order.status is OrderStatus.STOPPED and not here:
            continue
        entry = medicating.plain(line, formulary, today)
        change = change_words(line, today) if here else None
        shown.append(
            MyMedicine(
                name=entry.name,
                dose=_today(entry),
                how=_how(entry.dose, entry.instruction),
                why=_("for %(reason)s", reason=order.indication) if order.indication else None,
                change=change,
                ended=order.status is OrderStatus.STOPPED or entry.on_hold,
                ahead=_ahead(entry.ahead, today),
            )
        )
        if change and work.now - order.written_at < ANNOUNCED:
            news.append((order.written_at, _("%(medicine)s: %(change)s", medicine=entry.name, change=change)))
    shown.sort(key=lambda one: one.change is None)  # what was just changed stands first: nobody scrolls to see it
    newest = max(news)[1] if news else None
    return MyMedicines(visit_context(ask, visit_people, zone), tuple(shown), none_confirmed=False, announce=newest)


def _today(entry: PlainEntry) -> str:
    """Today's dose, or that there is none to take."""
    if entry.status is OrderStatus.STOPPED:
        return _("Stopped")
    return _("On hold") if entry.on_hold else entry.dose


async def plain(ask: Ask, work: UnitOfWork, patient_id: PersonId) -> tuple[PlainMedicine, ...]:
    """The list for the patient's first page."""
    today = day_of(work.now, await viewer_zone(work))
    entries = await medicating.plain_list(work.conn, patient_id, ask.app_context.references.formulary, today)
    return tuple(
        PlainMedicine(
            name=entry.name,
            how=entry.dose,
            since=_since(entry, today),
            state=marked(entry.note) if entry.note else None,
            ahead=_plain_ahead(entry, today),
        )
        for entry in entries
    )


def _since(entry: PlainEntry, today: date) -> str:
    """ "Since October 6, Dr. Marsh"; who wrote what is ahead is named with it."""
    day = words.spoken(entry.since)
    since = _("Starting %(day)s", day=day) if entry.since > today else _("Since %(day)s", day=day)
    return _("%(since)s, %(name)s", since=since, name=entry.by) if entry.by and not entry.ahead else since


def _plain_ahead(entry: PlainEntry, today: date) -> str | None:
    """ "Starting tomorrow: 150 mg each morning, Dr. Marsh", or None."""
    if entry.ahead is None:
        return None
    said = _("Starting %(day)s: %(dose)s", day=_day(entry.ahead.since, today), dose=entry.ahead.dose)
    return _("%(dose)s, %(name)s", dose=said, name=entry.by) if entry.by else said


def _ahead(entry: medicating.PlainDose | None, today: date) -> DoseAhead | None:
    if entry is None:
        return None
    return DoseAhead(
        _("Starting %(day)s", day=_day(entry.since, today)), entry.dose, _how(entry.dose, entry.instruction)
    )


def _how(dose: str, instruction: str) -> str:
    """The instruction, unless it says no more than the dose."""
    return "" if instruction.rstrip(".") == dose else instruction


def change_words(line: MedicationListEntry, today: date) -> str | None:
    """What this visit changed about a medicine, in words for its patient."""
    order = line.current
    before = line.taken_before
    day, dose = _day(order.starts_on, today), order.sentence
    match order.act:
        case Act.STARTED if order.starts_on < today:
            return _("New since %(day)s.", day=day)
        case Act.STARTED:
            return _("New. You start it %(day)s.", day=day)
        case Act.REVISED if line.held_until(today):
            until = _("Until then it is on hold: do not take it.")
            return _("You take it again starting %(day)s: %(dose)s. %(until)s", day=day, dose=dose, until=until)
        case Act.REVISED if order.starts_on > today:
            return _later(line, today, day)
        case Act.REVISED if before is not None and before.sentence == dose:
            return _("The dose stays the same. Starting today: %(how)s", how=_sentence(order.sig))
        case Act.REVISED if before is not None:
            return _("Now %(dose)s. It was %(before)s.", dose=dose, before=before.sentence)
        case Act.REVISED:
            return _("Now %(dose)s.", dose=dose)
        case Act.RENEWED:
            return _("You get more of it. The dose stays the same.")
        case Act.HELD:
            return _("On hold. Do not take it until we tell you.")
        case Act.STOPPED if order.kind is not OrderOrigin.PRESCRIBED_HERE:
            return _("You told us that you no longer take this.")
        case Act.STOPPED:
            return _("Stopped. Do not take it anymore.")
    return None


def _later(line: MedicationListEntry, today: date, day: str) -> str:
    """A change that begins on a day to come."""
    order, now = line.current, line.in_force(today)
    if now is order:
        return _("You start it %(day)s, with %(dose)s.", day=day, dose=order.sentence)
    if now.sentence == order.sentence:
        return _("The dose stays the same. Starting %(day)s: %(how)s", day=day, how=_sentence(order.sig))
    return _("Starting %(day)s: %(dose)s. Until then: %(now)s.", day=day, dose=order.sentence, now=now.sentence)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _day(starts_on: date, today: date) -> str:
    """ "today", "tomorrow" or "Sunday, November 29"."""
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    return near.get((starts_on - today).days) or words.long(starts_on)


ROUTES = (RouteSpec("GET", "/visits/{visit}/my-medicines", show, Action.MEDICATION_READ),)
