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
                why=f"for {order.indication}" if order.indication else None,
                change=change,
                ended=order.status is OrderStatus.STOPPED or entry.on_hold,
                ahead=_ahead(entry.ahead, today),
            )
        )
        if change and work.now - order.written_at < ANNOUNCED:
            news.append((order.written_at, f"{entry.name}: {change}"))
    shown.sort(key=lambda one: one.change is None)  # what was just changed stands first: nobody scrolls to see it
    newest = max(news)[1] if news else None
    return MyMedicines(visit_context(ask, visit_people, zone), tuple(shown), none_confirmed=False, announce=newest)


def _today(entry: PlainEntry) -> str:
    """Today's dose, or that there is none to take."""
    if entry.status is OrderStatus.STOPPED:
        return "Stopped"
    return "On hold" if entry.on_hold else entry.dose


async def plain(ask: Ask, work: UnitOfWork, patient_id: PersonId) -> tuple[PlainMedicine, ...]:
    """The list for the patient's first page."""
    today = day_of(work.now, await viewer_zone(work))
    entries = await medicating.plain_list(work.conn, patient_id, ask.app_context.references.formulary, today)
    return tuple(
        PlainMedicine(
            name=entry.name,
            how=entry.dose,
            since=f"{'From' if entry.since > today else 'Since'} {words.spoken(entry.since)}"
            + (f", {entry.by}" if entry.by and not entry.ahead else ""),  # who wrote what is ahead is named with it
            state=entry.note or None,
            ahead=f"From {_day(entry.ahead.since, today)}: {entry.ahead.dose}" + (f", {entry.by}" if entry.by else "")
            if entry.ahead
            else None,
        )
        for entry in entries
    )


def _ahead(entry: medicating.PlainDose | None, today: date) -> DoseAhead | None:
    if entry is None:
        return None
    return DoseAhead(f"From {_day(entry.since, today)}", entry.dose, _how(entry.dose, entry.instruction))


def _how(dose: str, instruction: str) -> str:
    """The instruction, unless it says no more than the dose."""
    return "" if instruction.rstrip(".") == dose else instruction


def change_words(line: MedicationListEntry, today: date) -> str | None:
    """What this visit changed about a medicine, in words for its patient."""
    order = line.current
    before = line.taken_before
    match order.act:
        case Act.STARTED if order.starts_on < today:
            return f"New since {_day(order.starts_on, today)}."
        case Act.STARTED:
            return f"New. You start it {_day(order.starts_on, today)}."
        case Act.REVISED if line.held_until(today):
            return (
                f"You take it again from {_day(order.starts_on, today)}: {order.sentence}. "
                "Until then it is on hold: do not take it."
            )
        case Act.REVISED if order.starts_on > today:
            if line.in_force(today) is order:
                return f"You start it {_day(order.starts_on, today)}, with {order.sentence}."
            if line.in_force(today).sentence == order.sentence:
                return f"The dose stays the same. From {_day(order.starts_on, today)}: {_sentence(order.sig)}"
            return f"From {_day(order.starts_on, today)} {order.sentence}. Until then {line.in_force(today).sentence}."
        case Act.REVISED if before is not None and before.sentence == order.sentence:
            return f"The dose stays the same. From today: {_sentence(order.sig)}"
        case Act.REVISED if before is not None:
            return f"Now {order.sentence}. It was {before.sentence}."
        case Act.REVISED:
            return f"Now {order.sentence}."
        case Act.RENEWED:
            return "You get more of it. The dose stays the same."
        case Act.HELD:
            return "On hold. Do not take it until we tell you."
        case Act.STOPPED if order.kind is not OrderOrigin.PRESCRIBED_HERE:
            return "You told us that you do not take this any more."
        case Act.STOPPED:
            return "Stopped. Do not take it any more."
        case _:
            return None


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _day(starts_on: date, today: date) -> str:
    """ "today", "tomorrow" or "Sunday, November 29"."""
    said = words.near(starts_on, today)
    return said.lower() if abs((starts_on - today).days) <= 1 else said


ROUTES = (RouteSpec("GET", "/visits/{visit}/my-medicines", show, Action.MEDICATION_READ),)
