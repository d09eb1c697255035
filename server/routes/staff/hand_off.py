"""The hand-off sheet: what a controlled substance that was decided on here is written from in a certified system."""

from collections.abc import Mapping, Sequence
from datetime import date

from compliance.prescribing import decisions
from compliance.shared.vocabulary import Action
from emr.chart import reading as charts
from emr.chart.model import MedicationListEntry
from emr.dosing.model import CountingUnit, listed, piece_word
from emr.dosing.proposal import Supply
from emr.medications import queries as medication_records
from emr.medications.model import Order, OrderStatus
from emr.medications.queries import Controlled
from emr.people import queries as people_records
from emr.presence import queries as presence_records
from emr.shared.clinic_time import words
from emr.shared.errors import NotFound
from emr.shared.ids import OrderId
from emr.shared.quantity import number
from emr.shared.together import together
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, Redirect, RouteSpec
from server.presenters.frames import frame
from server.presenters.visit_parts import read_visit_people, statement_of
from visit_ui.pages.staff.hand_off import HandOffSheet, ObligationView


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: the sheet of one order, to be printed; of what is not controlled there is none: the list instead."""
    visit_people = await read_visit_people(work)
    wanted = OrderId(ask.path_id("order"))
    order, controlled = await together(
        work.conn, medication_records.get(work.conn, wanted), medication_records.controlled(work.conn, [wanted])
    )
    if order is None or order.patient != visit_people.visit.patient or order.visit != visit_people.visit.id:
        raise NotFound
    written = controlled.get(wanted)
    stored = await decisions.read(work.conn, written.decision) if written else None
    if written is None or written.check_in is None or stored is None:
        return Redirect(f"/visits/{visit_people.visit.id}?tab=medicines")
    check_in = await presence_records.check_in(work.conn, written.check_in, work.now)
    assert check_in is not None
    known, stated, superseded = await together(
        work.conn,
        people_records.people(work.conn, {check_in.stated_by, order.author}),
        statement_of(work, visit_people.visit),
        _superseded(work, order),
    )
    place = stated.statement if stated else None
    return HandOffSheet(
        frame=await frame(ask, work, "Prescribe in a certified e-prescribing system"),
        patient=visit_people.patient.person.name,
        born=words.full(visit_people.patient.birth_date),
        address=f"{place.line}, {place.city}, {place.state} {place.postal}" if place else None,
        prescriber=known[order.author].signature,
        medicine=order.product or order.name,
        directions=order.sig,
        quantity=listed([_counted(one) for one in order.supply]),
        days_supply=f"{order.days_supply} {'day' if order.days_supply == 1 else 'days'}",
        refills=str(order.refills) if order.refills else "None",
        indication=order.indication or None,
        schedule=written.schedule,
        decided=stored.decision.decided_at,
        decision=str(stored.id),
        entry=stored.audit_entry_id,
        checked_in=check_in.confirmed_at or check_in.stated_at,
        site=check_in.site.words,
        checked_in_by=known[check_in.stated_by].name_words,
        duties=tuple(ObligationView(one.sentence, one.citation.text) for one in stored.decision.obligations),
        back_href=f"/visits/{visit_people.visit.id}?tab=medicines",
        not_valid_why=superseded,
    )


def _counted(supply: Supply) -> str:
    """ "30 capsules of 30 mg", "75 mL"."""
    piece = supply.piece
    return (
        supply.words
        if piece.kind is CountingUnit.LIQUID
        else f"{number(piece.count)} {piece_word(piece)} of {piece.each}"
    )


async def _superseded(work: UnitOfWork, order: Order) -> str | None:
    """Why nobody should write it any more: something followed it."""
    lines = await charts.entries(work.conn, order.patient)
    line = next(one for one in lines if any(each.id == order.id for each in one.history))
    if line.current.id == order.id:
        return None
    after = line.history[[each.id for each in line.history].index(order.id) + 1]
    words = {OrderStatus.STOPPED: "Stopped", OrderStatus.HELD: "Put on hold"}.get(
        after.status, "Replaced by another order"
    )
    return f"{words} {_on(after.starts_on)}."


def _on(day: date) -> str:
    return f"on {words.full(day)}"


async def hrefs(work: UnitOfWork, lines: Sequence[MedicationListEntry]) -> Mapping[OrderId, str]:
    """For each line of a controlled substance prescribed here that is taken: its current order -> the sheet."""
    current = [line.current.id for line in lines if line.current.status is OrderStatus.ACTIVE]
    return addresses(work, lines, await medication_records.controlled(work.conn, current))


def addresses(
    work: UnitOfWork, lines: Sequence[MedicationListEntry], found: Mapping[OrderId, Controlled]
) -> Mapping[OrderId, str]:
    """The same of what was read already: what was prescribed of controlled substances, by order."""
    current = [line.current for line in lines if line.current.status is OrderStatus.ACTIVE]
    return {
        order.id: f"/visits/{order.visit}/medicines/{order.id}/hand-off"
        for order in current
        if order.id in found and found[order.id].check_in is not None and work.may(Action.MEDICATION_REVISE)
    }


ROUTES = (RouteSpec("GET", "/visits/{visit}/medicines/{order}/hand-off", show, Action.MEDICATION_REVISE, read=True),)
