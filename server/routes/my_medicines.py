"""The patient's own medicine list, in plain words: the same entries that the prescriber sees."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from compliance.vocabulary import Action
from emr import chart as charts
from emr import medicating
from emr.ids import PersonId
from emr.medication import Act, Status
from emr.snapshot import Entry
from server.asking import Answer, Ask, Row
from server.routes.medicine_list import capital
from server.routes.visit_parts import VisitPeople, context, viewer_zone, visit_people
from server.work import Work
from visit_ui.pages.home import PlainMedicine
from visit_ui.pages.visit_call import MyMedicine, MyMedicines

# How long a change is said aloud to somebody who does not see the list.
ANNOUNCED = timedelta(seconds=30)


async def show(ask: Ask, work: Work) -> Answer:
    """GET fragment, live."""
    return await fragment(ask, work, await visit_people(work))


async def fragment(ask: Ask, work: Work, those: VisitPeople) -> MyMedicines:
    """The list as it now is, with what this visit changed."""
    formulary = ask.house.references.formulary
    lines = await charts.entries(work.conn, those.visit.patient)
    zone = await viewer_zone(work)
    today = work.now.astimezone(ZoneInfo(zone)).date()
    shown = []
    said: str | None = None
    for line in lines:
        order = line.current
        here = order.visit == those.visit.id
        if order.status is Status.STOPPED and not here:
            continue
        entry = medicating.plain(line, formulary)
        change = _change(line, today) if here else None
        shown.append(
            MyMedicine(
                name=entry.name,
                dose=entry.dose,
                how="" if entry.instruction.rstrip(".") == entry.dose else entry.instruction,
                why=f"for {order.indication}" if order.indication else None,
                change=change,
                ended=order.status is not Status.ACTIVE,
            )
        )
        if change and work.now - order.written_at < ANNOUNCED:
            said = f"{entry.name}: {change}"
    shown.sort(key=lambda one: one.change is None)  # what was just changed stands first: nobody scrolls to see it
    return MyMedicines(context(ask, those, zone), tuple(shown), none_confirmed=False, announce=said)


async def plain(ask: Ask, work: Work, patient_id: PersonId) -> tuple[PlainMedicine, ...]:
    """The list for the patient's first page."""
    entries = await medicating.plain_list(work.conn, patient_id, ask.house.references.formulary)
    return tuple(
        PlainMedicine(
            name=entry.name,
            how=entry.dose,
            since=f"Since {entry.since:%-d %B}" + (f", {entry.by}" if entry.by else ""),
            state=entry.note or None,
        )
        for entry in entries
    )


def _change(line: Entry, today: date) -> str | None:
    """What this visit changed about a medicine, in words for its patient."""
    order = line.current
    before = line.history[-2] if len(line.history) > 1 else None
    match order.act:
        case Act.STARTED:
            return f"New. You start it {_day(order.starts_on, today)}."
        case Act.REVISED if before is not None and order.starts_on > today:
            return f"From {_day(order.starts_on, today)}: {order.sentence}. Until then {before.sentence}."
        case Act.REVISED if before is not None:
            return f"Now {order.sentence}. It was {before.sentence}."
        case Act.RENEWED:
            return "You get more of it. The dose stays the same."
        case Act.HELD:
            return "On hold. Do not take it until we tell you."
        case Act.STOPPED:
            return f"{capital(order.name)} is stopped. Do not take it any more."
        case _:
            return None


def _day(starts_on: date, today: date) -> str:
    """ "today", "tomorrow" or "Sunday 29 November"."""
    words = {0: "today", 1: "tomorrow"}
    return words.get((starts_on - today).days, f"{starts_on:%A %-d %B}")


ROWS = (Row("GET", "/visits/{visit}/my-medicines", show, Action.MEDICATION_READ),)
