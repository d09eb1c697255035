"""The Medicines tab: one list of everything taken, with the next real dose step down and up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from compliance.shared.vocabulary import Action, Schedule
from compliance.substances import remembered as schedules
from emr.chart import reading as charts
from emr.chart.model import MedicationListEntry
from emr.dosing import forms as dose_forms
from emr.dosing import ladder as dose_ladder
from emr.dosing.ladder import Ladder
from emr.dosing.proposal import supplied
from emr.formulary.model import Formulary
from emr.medications.model import Act, Order, OrderOrigin, OrderStatus
from emr.prescribing.ground import Ground
from emr.shared.clinic_time import words
from emr.shared.ids import OrderId, PersonId
from emr.shared.quantity import number as plain
from emr.visits.model import VisitStatus
from server.application.prescribe.ending import ahead_words
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, Created, RouteSpec, uuid_of
from server.presenters.visit_ground import people_in, zone_of
from server.presenters.visit_parts import VisitPeople, patients_day, read_visit_people, viewer_zone, visit_context
from server.routes.staff import hand_off
from server.routes.staff.prescribe_forms import tell
from visit_ui.pages.visit.medicines import (
    DoseMove,
    MedicineKind,
    MedicineRow,
    MedicinesPanel,
    ReportValues,
    StoppedMedicine,
)
from visit_ui.pages.visit.parts import pronouns_of

STOPPED_SHOWN = 8
SAID_AGAIN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class SignedSummary:
    """What was just signed: a sentence, and the rest of it line by line."""

    words: str
    lines: tuple[str, ...] = ()


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment."""
    return await panel(ask, work, await read_visit_people(work))


async def signed(ask: Ask, work: UnitOfWork, ground: Ground, order: Order) -> Created:
    """The answer to a change that was just signed: both sides are told, and the list as it is now, `ground`, read back
    with the order.
    """
    visit_people = people_in(ground)
    tell(work, visit_people)
    told = said(work, visit_people, order, resumed=_resumes(ground.line_of(order.id), order))
    sheets = hand_off.addresses(work, ground.lines, ground.controlled)
    shown = _panel(ask, work, visit_people, ground.lines, sheets, zone_of(ground, ask.person_id), notice=told)
    return Created(shown, str(order.id))


async def panel(
    ask: Ask,
    work: UnitOfWork,
    visit_people: VisitPeople,
    *,
    notice: SignedSummary | None = None,
    report: ReportValues | None = None,
) -> MedicinesPanel:
    """The tab. ``notice``: what just happened; ``report``: a refused report with what was typed."""
    lines = await charts.entries(work.conn, visit_people.visit.patient)
    sheets = await hand_off.hrefs(work, lines)
    return _panel(ask, work, visit_people, lines, sheets, await viewer_zone(work), notice=notice, report=report)


def _panel(
    ask: Ask,
    work: UnitOfWork,
    visit_people: VisitPeople,
    lines: tuple[MedicationListEntry, ...],
    sheets: Mapping[OrderId, str],
    zone: str,
    *,
    notice: SignedSummary | None,
    report: ReportValues | None = None,
) -> MedicinesPanel:
    told = notice or _just_signed(work, visit_people, lines)
    stopped = [line for line in lines if line.current.status is OrderStatus.STOPPED][:STOPPED_SHOWN]
    return MedicinesPanel(
        visit=visit_context(ask, visit_people, zone),
        medicines=_rows(ask, work, visit_people, lines, sheets),
        stopped=tuple(
            StoppedMedicine(
                capital(line.current.name), last_taken(line).sentence, line.current.starts_on, line.current.reason
            )
            for line in stopped
        ),
        none_confirmed=False,
        may_prescribe=may_prescribe(work, visit_people),
        may_not_why=None if may_prescribe(work, visit_people) else _why_not(visit_people),
        notice=told.words if told else None,
        signed=told.lines if told else (),
        report=report,
    )


def last_taken(line: MedicationListEntry) -> Order:
    """What was taken until the line ended; a dose that would have begun later was never taken."""
    return line.taken_before or line.current


def _just_signed(
    work: UnitOfWork, visit_people: VisitPeople, lines: tuple[MedicationListEntry, ...]
) -> SignedSummary | None:
    """What was signed a moment ago: said again when the list re-reads itself over its own answer."""
    here = [line for line in lines if line.current.visit == visit_people.visit.id]
    newest = max(here, key=lambda line: line.current.written_at, default=None)
    if newest is None or work.now - newest.current.written_at >= SAID_AGAIN:
        return None
    return said(work, visit_people, newest.current, resumed=_resumes(newest, newest.current))


def _resumes(line: MedicationListEntry, order: Order) -> bool:
    before = _order_of(line, order.replaces)
    return before is not None and before.status is OrderStatus.HELD and order.status is OrderStatus.ACTIVE


def _order_of(line: MedicationListEntry, wanted: OrderId | None) -> Order | None:
    return next((order for order in line.history if order.id == wanted), None)


def said(work: UnitOfWork, visit_people: VisitPeople, order: Order, *, resumed: bool = False) -> SignedSummary:
    """An order that was just signed, read back in full. ``resumed``: it ends a hold."""
    return SignedSummary(_sentence(work, visit_people, order, resumed=resumed), tuple(_read_back(order)))


def _read_back(order: Order) -> Iterator[str]:
    """What was signed, line by line: how it is taken and supplied, for what, why, and each answer to a finding."""
    if order.supply and order.days_supply is not None and order.refills is not None:
        yield f"{order.sig.rstrip('.')}. {supplied(order.supply, order.days_supply, order.refills)}."
    if order.act is Act.STARTED:
        yield f"Indication: {order.indication}"
    if order.reason:
        yield f"Reason: {order.reason}"
    yield from (f"{capital(one.title)}: {one.reason}" for one in order.answers)


def _sentence(work: UnitOfWork, visit_people: VisitPeople, order: Order, *, resumed: bool) -> str:
    name = capital(order.name)
    today = patients_day(visit_people, work.now)
    ahead = f" from {words.short(order.starts_on)}" if order.starts_on > today else ""
    match order.act:
        case Act.STARTED:
            return f"{name} started: {order.sentence}{ahead}. Signed."
        case Act.STOPPED:
            return f"{name} stopped. Signed."
        case Act.HELD:
            return f"{name} on hold. Signed."
        case Act.REPORTED:
            return f"{name} was added to the list."
        case _ if resumed:
            return f"{name} resumed: {order.sentence}{ahead}. Signed."
        case _:
            return f"{name} is {'' if ahead else 'now '}{order.sentence}{ahead}. Signed."


async def after(ask: Ask, work: UnitOfWork, of: str) -> MedicinesPanel:
    """The list after an order was signed: said again to who signs the same once more."""
    visit_people = await read_visit_people(work)
    signed = OrderId(uuid_of(of))
    for line in await charts.entries(work.conn, visit_people.visit.patient):
        if order := _order_of(line, signed):
            return await panel(
                ask, work, visit_people, notice=said(work, visit_people, order, resumed=_resumes(line, order))
            )
    return await panel(ask, work, visit_people)


async def rows(
    ask: Ask, work: UnitOfWork, visit_people: VisitPeople, lines: tuple[MedicationListEntry, ...]
) -> tuple[MedicineRow, ...]:
    """The current lines as rows."""
    return _rows(ask, work, visit_people, lines, await hand_off.hrefs(work, lines))


def _rows(
    ask: Ask,
    work: UnitOfWork,
    visit_people: VisitPeople,
    lines: tuple[MedicationListEntry, ...],
    sheets: Mapping[OrderId, str],
) -> tuple[MedicineRow, ...]:
    formulary = ask.app_context.references.formulary
    return tuple(
        replace(_row(ask, work, visit_people, line, formulary), hand_off_href=sheets.get(line.current.id))
        for line in lines
        if line.current.status is not OrderStatus.STOPPED
    )


def may_prescribe(work: UnitOfWork, visit_people: VisitPeople) -> bool:
    """Whether the viewer may change medicines here and now."""
    return visit_people.visit.status is VisitStatus.IN_PROGRESS and work.may(Action.MEDICATION_REVISE)


async def count(work: UnitOfWork, patient_id: PersonId) -> int:
    """How many medicines are on the list."""
    lines = await charts.entries(work.conn, patient_id)
    return sum(line.current.status is not OrderStatus.STOPPED for line in lines)


def _row(
    ask: Ask, work: UnitOfWork, visit_people: VisitPeople, line: MedicationListEntry, formulary: Formulary
) -> MedicineRow:
    order = line.current
    today = patients_day(visit_people, work.now)
    taken = line.shown_on(today)
    adjustable = order.kind is OrderOrigin.PRESCRIBED_HERE and may_prescribe(work, visit_people)
    down, up = _moves(taken, formulary) if adjustable and line.taken else (None, None)
    spoken = pronouns_of(visit_people.patient.person.pronouns)
    by = line.by or f"{spoken.possessive} own report"
    return MedicineRow(
        order_id=str(order.id),
        name=capital(order.name),
        sentence=taken.sentence,
        ahead=f"{ahead_words(order)}, {by}" if taken is not order else None,
        since=line.since_of(taken),
        by=by if taken is order else None,
        kind=MedicineKind(order.kind.value),
        now=str(taken.daily_total) if taken.daily_total else None,
        down=down,
        up=up,
        adjustable=adjustable,
        schedule=schedule_of(ask, order, today),
        held_since=taken.starts_on if taken.status is OrderStatus.HELD else None,
        not_interpreted=order.medicine is None and not formulary.recognize(order.name).known,
        just_changed=order.visit == visit_people.visit.id and work.now - order.written_at < SAID_AGAIN,
    )


def schedule_of(ask: Ask, order: Order, on: date) -> str | None:
    """The schedule of a medicine on the list, by compliance alone, on that day; None: in none, or not known."""
    found = schedules.schedule_of(ask.app_context.references.substances, order.name, on)
    return None if found is None or found is Schedule.NONE else found.value


def _moves(order: Order, formulary: Formulary) -> tuple[DoseMove | None, DoseMove | None]:
    steps = ladder_of(order, formulary)
    if steps is None or order.daily_total is None:
        return None, None
    near = dose_ladder.neighbors(steps, order.daily_total)
    down, up = (DoseMove(str(rung.total), plain(rung.total.value)) if rung else None for rung in (near.down, near.up))
    return down, up


def ladder_of(order: Order, formulary: Formulary) -> Ladder | None:
    """The ladder of the form that the dose is taken in; None when there is none to climb."""
    if order.medicine is None or order.dose is None or order.daily_total is None:
        return None
    form = dose_forms.form_of(formulary, order.medicine, order.dose)
    made = dose_ladder.ladder(
        formulary, order.medicine, form=form, times_a_day=order.dose.times_a_day, now=order.daily_total
    )
    return made if isinstance(made, Ladder) else None


def capital(name: str) -> str:
    """A name at the start of a line."""
    return name[:1].upper() + name[1:]


def _why_not(visit_people: VisitPeople) -> str:
    match visit_people.visit.status:
        case VisitStatus.ENDED:
            return "This visit has ended. To change a medicine, start a new visit."
        case VisitStatus.IN_PROGRESS:
            return "You can read this list. Only the attending prescriber can change it."
        case _:
            return "Medicines can be changed once the visit has begun."


ROUTES = (RouteSpec("GET", "/visits/{visit}/medicines", show, Action.MEDICATION_READ),)
