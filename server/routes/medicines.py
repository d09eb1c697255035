"""Adjusting, starting, stopping, holding and reporting medicines during a visit."""

from dataclasses import replace
from datetime import date

from compliance.decision import Decision
from compliance.vocabulary import Action, PrescribingAction
from emr import chart as charts
from emr import medicating, medication, prescribing
from emr.dose_proposal import Proposal
from emr.errors import Conflict, Invalid, NotFound, Refused
from emr.formulary_entries import MedicineId
from emr.ids import OrderId
from emr.medicating import Told
from emr.medication import Kind, Order
from emr.snapshot import Entry
from server import prescriptions
from server.actors import person_key, visit_key
from server.asking import Answer, Ask, Row, Shown
from server.prescriptions import Wish
from server.routes import dosing, medicine_list, responses
from server.routes.blocks import block
from server.routes.dosing import Chosen
from server.routes.medicine_list import capital
from server.routes.visit_parts import VisitPeople, context, statement_of, viewer_zone, visit_people
from server.work import Work
from visit_ui.pages.visit_dosing import AdjustPanel, ProductChoice, StartPanel
from visit_ui.pages.visit_medicines import EndKind, EndPanel, MedicineKind, ReportValues
from visit_ui.pages.visit_parts import Block

MOST_CHOICES = 8


# Adjusting


async def adjust(ask: Ask, work: Work) -> Answer:
    """GET fragment: the ladder of real doses; ``?to=`` chooses one."""
    those = await visit_people(work)
    line = await _line(ask, work, those)
    medicine = _adjustable(line.current)
    first = dosing.first_day(ask, those)
    said = dosing.at_first(medicine, line.current, ask.house.references.formulary, ask.query("to"), first)
    return await _adjust_panel(ask, work, those, line, said)


async def check_adjust(ask: Ask, work: Work) -> Answer:
    """POST fragment: the form with its findings. Writes nothing."""
    those = await visit_people(work)
    line = await _line(ask, work, those)
    return await _adjust_panel(ask, work, those, line, dosing.chosen(ask), preview=True)


async def revise(ask: Ask, work: Work) -> Answer:
    """POST: sign the change. A new order replaces the one that was shown; nothing is edited."""
    those = await visit_people(work)
    line = await _line(ask, work, those)
    said = dosing.chosen(ask)
    medicine = _adjustable(line.current)
    filled = await dosing.fill(ask, work, those, medicine, line.current, said, sign_words="Sign change", complain=True)
    if filled.proposal is None or not filled.form.may_sign:
        return Shown(await _adjust_panel(ask, work, those, line, said, complain=True), 422)
    action = PrescribingAction(medication.action(line.current, filled.proposal))
    wish = await _wish(work, those, action, filled.proposal)
    decision = prescriptions.decide(work, wish)
    if not decision.allowed:
        panel = await _adjust_panel(ask, work, those, line, said)
        return replace(panel, form=None, block=await _blocked(ask, work, those, wish, decision))
    try:
        async with work.conn.begin_nested():
            recorded = await prescriptions.record(work, wish, decision)
            written = await prescribing.revise(
                work.desk,
                formulary=ask.house.references.formulary,
                visit_id=those.visit.id,
                patient_id=those.visit.patient,
                order_id=line.current.id,
                proposal=filled.proposal,
                answers=said.answers,
                clearance=prescriptions.clearance(recorded, wish, ask.person_id),
            )
    except (Invalid, Refused) as error:  # a Conflict goes on: the form of a replaced order cannot be checked again
        panel = await _adjust_panel(ask, work, those, line, said, complain=True)
        return Shown(replace(panel, conflict=str(error)), 409)
    _tell(work, those)
    return await medicine_list.panel(ask, work, those, notice=medicine_list.said(written.order))


async def _adjust_panel(
    ask: Ask,
    work: Work,
    those: VisitPeople,
    line: Entry,
    said: Chosen,
    *,
    preview: bool = False,
    complain: bool = False,
) -> AdjustPanel:
    order = line.current
    medicine = _adjustable(order)
    filled = await dosing.fill(ask, work, those, medicine, order, said, sign_words="Sign change", complain=complain)
    stopped = None
    if not preview and not complain:
        stopped = await _probe(ask, work, those, order, filled.proposal)
    days = (dosing.first_day(ask, those) - line.since).days - 1
    return AdjustPanel(
        visit=context(ask, those, await viewer_zone(ask, work)),
        order_id=str(order.id),
        name=capital(order.name),
        indication=f"for {order.indication}" if order.indication else None,
        since=line.started,
        at_now=f"{days} days at {order.daily_total}" if order.daily_total and days > 0 else None,
        responses_of=ask.house.references.scales.get(responses.SCALE).short,
        responses=await responses.after_each_step(work, those.visit.patient, line),
        form=None if stopped else filled.form,
        block=stopped,
    )


async def _probe(ask: Ask, work: Work, those: VisitPeople, order: Order, proposal: Proposal | None) -> Block | None:
    """Whether policy would stop any prescription of this medicine here; the attempt is recorded when it does."""
    action = PrescribingAction(medication.action(order, proposal)) if proposal else PrescribingAction.CONTINUE
    product = proposal.product if proposal else order.product or order.name
    wish = await _wish(work, those, action, proposal, product)
    decision = prescriptions.decide(work, wish)
    return None if decision.allowed else await _blocked(ask, work, those, wish, decision)


# Starting


async def start_form(ask: Ask, work: Work) -> Answer:
    """GET fragment: search, what it was understood as, then the form, a choice, or the block."""
    those = await visit_people(work)
    name, product = ask.query("name"), ask.query("product")
    here = context(ask, those, await viewer_zone(ask, work))
    if not name:
        return StartPanel(visit=here)
    wish = await _wish(work, those, PrescribingAction.NEW, None, name)
    decision = prescriptions.decide(work, wish)
    if not decision.allowed:
        understood = " and ".join(decision.ingredients) or None
        stopped = await _blocked(ask, work, those, wish, decision)
        return StartPanel(visit=here, query=name, understood_as=understood, block=stopped)
    understood = " and ".join(decision.ingredients)
    medicine = _medicine(ask, name, product)
    if medicine is None:
        return _choices(ask, StartPanel(visit=here, query=name, understood_as=understood), name)
    formulary = ask.house.references.formulary
    said = dosing.at_first(medicine, None, formulary, "", dosing.first_day(ask, those))
    return await _start_panel(ask, work, those, name, medicine, said, understood)


async def check_start(ask: Ask, work: Work) -> Answer:
    """POST fragment: the form with its findings. Writes nothing."""
    those = await visit_people(work)
    medicine = _posted_medicine(ask)
    name = ask.form.text("name")
    return await _start_panel(ask, work, those, name, medicine, dosing.chosen(ask), _plain_name(ask, medicine))


async def start(ask: Ask, work: Work) -> Answer:
    """POST: sign a new medicine."""
    those = await visit_people(work)
    medicine, name, said = _posted_medicine(ask), ask.form.text("name"), dosing.chosen(ask)
    understood = _plain_name(ask, medicine)
    filled = await dosing.fill(ask, work, those, medicine, None, said, sign_words="Sign start", complain=True)
    if filled.proposal is None or not filled.form.may_sign:
        return Shown(await _start_panel(ask, work, those, name, medicine, said, understood, complain=True), 422)
    wish = await _wish(work, those, PrescribingAction.NEW, filled.proposal)
    decision = prescriptions.decide(work, wish)
    if not decision.allowed:
        panel = await _start_panel(ask, work, those, name, medicine, said, understood)
        return replace(panel, form=None, block=await _blocked(ask, work, those, wish, decision))
    try:
        async with work.conn.begin_nested():
            recorded = await prescriptions.record(work, wish, decision)
            written = await prescribing.start(
                work.desk,
                formulary=ask.house.references.formulary,
                visit_id=those.visit.id,
                patient_id=those.visit.patient,
                proposal=filled.proposal,
                answers=said.answers,
                clearance=prescriptions.clearance(recorded, wish, ask.person_id),
            )
    except (Invalid, Refused) as error:
        panel = await _start_panel(ask, work, those, name, medicine, said, understood, complain=True)
        return Shown(replace(panel, not_understood=str(error)), 409)
    _tell(work, those)
    return await medicine_list.panel(ask, work, those, notice=medicine_list.said(written.order))


async def _start_panel(
    ask: Ask,
    work: Work,
    those: VisitPeople,
    name: str,
    medicine: MedicineId,
    said: Chosen,
    understood: str,
    *,
    complain: bool = False,
) -> StartPanel:
    filled = await dosing.fill(ask, work, those, medicine, None, said, sign_words="Sign start", complain=complain)
    return StartPanel(
        visit=context(ask, those, await viewer_zone(ask, work)),
        query=name,
        understood_as=understood,
        product=str(medicine),
        product_name=capital(_plain_name(ask, medicine)),
        indication=said.indication,
        form=filled.form,
    )


def _medicine(ask: Ask, name: str, product: str) -> MedicineId | None:
    """The medicine that was chosen, or the only one the name can mean."""
    formulary = ask.house.references.formulary
    if product:
        return formulary.medicine(MedicineId(product)).id
    found = formulary.recognise(name)
    if found.complete and len(found.medicines) == 1 and not found.substances:
        return found.medicines[0]
    return None


def _choices(ask: Ask, panel: StartPanel, name: str) -> StartPanel:
    """Which formulation is meant; or that there is no dose data for it here."""
    formulary = ask.house.references.formulary
    recognised = formulary.recognise(name).medicines
    found = [one for one in formulary.search(name) if one.medicine.id in recognised] or formulary.search(name)
    choices = tuple(
        ProductChoice(str(one.medicine.id), one.medicine.name, f"{', '.join(one.forms[:2])}; {one.strengths}"[:120])
        for one in found[:MOST_CHOICES]
        if one.strengths
    )
    if choices:
        return replace(panel, choices=choices)
    why = "It is in no schedule, but this clinic's formulary has no doses for it. Write it in your other system."
    return replace(panel, not_understood=why)


def _posted_medicine(ask: Ask) -> MedicineId:
    return ask.house.references.formulary.medicine(MedicineId(ask.form.text("product"))).id


def _plain_name(ask: Ask, medicine: MedicineId) -> str:
    return ask.house.references.formulary.medicine(medicine).plain_name


# Stopping, holding, reporting


async def stop_form(ask: Ask, work: Work) -> Answer:
    """GET fragment."""
    those = await visit_people(work)
    return await _end_panel(ask, work, those, await _line(ask, work, those), EndKind.STOP)


async def hold_form(ask: Ask, work: Work) -> Answer:
    """GET fragment."""
    those = await visit_people(work)
    return await _end_panel(ask, work, those, await _line(ask, work, those), EndKind.HOLD)


async def stop(ask: Ask, work: Work) -> Answer:
    """POST: the medicine ends; always possible, since nothing is dispensed."""
    return await _end(ask, work, EndKind.STOP)


async def hold(ask: Ask, work: Work) -> Answer:
    """POST: not for now."""
    return await _end(ask, work, EndKind.HOLD)


async def _end(ask: Ask, work: Work, kind: EndKind) -> Answer:
    those = await visit_people(work)
    line = await _line(ask, work, those)
    reason = ask.form.text("reason")
    act = medicating.stop if kind is EndKind.STOP else medicating.hold
    try:
        async with work.conn.begin_nested():
            order = await act(
                work.desk,
                patient_id=those.visit.patient,
                order_id=line.current.id,
                reason=reason,
                visit_id=those.visit.id,
            )
    except Invalid as error:
        panel = await _end_panel(ask, work, those, line, kind)
        return Shown(replace(panel, reason=reason, errors=error.fields), 422)
    except (Refused, Conflict) as error:
        panel = await _end_panel(ask, work, those, line, kind)
        return Shown(replace(panel, reason=reason, conflict=str(error)), 409)
    _tell(work, those)
    return await medicine_list.panel(ask, work, those, notice=medicine_list.said(order))


async def _end_panel(ask: Ask, work: Work, those: VisitPeople, line: Entry, kind: EndKind) -> EndPanel:
    order = line.current
    advice, source = _advice(ask, order)
    return EndPanel(
        visit=context(ask, those, await viewer_zone(ask, work)),
        kind=kind,
        order_id=str(order.id),
        name=capital(order.name),
        sentence=order.sentence,
        advice=advice,
        advice_source=source,
    )


def _advice(ask: Ask, order: Order) -> tuple[str | None, str | None]:
    """What the reference data says about stopping this kind of medicine."""
    formulary = ask.house.references.formulary
    medicine = order.medicine or next(iter(formulary.recognise(order.name).medicines), None)
    if medicine is None:
        return None, None
    what = formulary.medicine(medicine)
    if not what.taper_needed:
        return None, None
    education = formulary.education(medicine)
    return education.never_stop_suddenly, f"{education.source}. Not yet reviewed by a clinician."


async def report(ask: Ask, work: Work) -> Answer:
    """POST: put a medicine on the list that is not prescribed here."""
    those = await visit_people(work)
    typed = ask.form
    values = ReportValues(typed.text("name"), typed.text("sentence"), typed.text("source"), typed.text("since"))
    elsewhere = values.source == MedicineKind.PRESCRIBED_ELSEWHERE.value
    today = dosing.first_day(ask, those).toordinal() - 1
    try:
        since = date.fromisoformat(values.since) if values.since else date.fromordinal(today)
        told = Told(
            name=values.name,
            kind=Kind.PRESCRIBED_ELSEWHERE if elsewhere else Kind.SELF_REPORTED,
            sentence=values.sentence,
            since=since,
            prescriber=typed.text("prescriber") or ("another prescriber" if elsewhere else None),
        )
        order = await medicating.report(
            work.desk,
            formulary=ask.house.references.formulary,
            patient_id=those.visit.patient,
            told=told,
            visit_id=those.visit.id,
        )
    except Invalid as error:
        refused = replace(values, errors=error.fields)
        return Shown(await medicine_list.panel(ask, work, those, report=refused), 422)
    except ValueError:
        refused = replace(values, errors={"since": "Write a date such as 2026-11-01."})
        return Shown(await medicine_list.panel(ask, work, those, report=refused), 422)
    _tell(work, those)
    return await medicine_list.panel(ask, work, those, notice=medicine_list.said(order))


# Together


async def _line(ask: Ask, work: Work, those: VisitPeople) -> Entry:
    """The line of the list that the path names, whether or not it is still the current order. Raises ``NotFound``."""
    wanted = OrderId(ask.path_id("order"))
    for line in await charts.entries(work.conn, those.visit.patient):
        if line.current.id == wanted:
            return line
        if any(order.id == wanted for order in line.history):
            raise Conflict(
                "order_changed", "This medicine was changed meanwhile. Look at it as it is now.", line.current
            )
    raise NotFound


def _adjustable(order: Order) -> MedicineId:
    """The medicine of an order that can be prescribed here. Raises ``Refused`` with what to do instead."""
    medication.may_prescribe(order)
    if order.medicine is None:
        raise Refused("not_in_formulary", "This medicine has no doses in the formulary. Write it in your other system.")
    return order.medicine


async def _wish(
    work: Work, those: VisitPeople, action: PrescribingAction, proposal: Proposal | None, product: str = ""
) -> Wish:
    return Wish(
        visit=those.visit,
        stated=await statement_of(work, those.visit),
        patient_zone=those.patient.person.zone,
        action=action,
        product=proposal.product if proposal else product,
        code=proposal.code if proposal else None,
        directions=proposal.sig if proposal else "",
    )


async def _blocked(ask: Ask, work: Work, those: VisitPeople, wish: Wish, decision: Decision) -> Block:
    recorded = await prescriptions.record_block(ask.house, ask.person_id, wish, decision)
    lines = await charts.entries(work.conn, those.visit.patient)
    return block(ask, those, wish.product, decision, recorded, lines)


def _tell(work: Work, those: VisitPeople) -> None:
    work.announce(visit_key(those.visit.id), "medications")
    work.announce(person_key(those.visit.patient), "medications")


_ORDER = "/visits/{visit}/medicines/{order}"
ROWS = (
    Row("GET", "/visits/{visit}/medicines/start", start_form, Action.MEDICATION_START),
    Row("POST", "/visits/{visit}/medicines/start/check", check_start, Action.MEDICATION_START),
    Row("POST", "/visits/{visit}/medicines/start", start, Action.MEDICATION_START),
    Row("POST", "/visits/{visit}/medicines/report", report, Action.MEDICATION_REPORT),
    Row("GET", f"{_ORDER}/adjust", adjust, Action.MEDICATION_REVISE),
    Row("POST", f"{_ORDER}/check", check_adjust, Action.MEDICATION_REVISE),
    Row("POST", f"{_ORDER}/revise", revise, Action.MEDICATION_REVISE),
    Row("GET", f"{_ORDER}/stop", stop_form, Action.MEDICATION_STOP),
    Row("POST", f"{_ORDER}/stop", stop, Action.MEDICATION_STOP),
    Row("GET", f"{_ORDER}/hold", hold_form, Action.MEDICATION_HOLD),
    Row("POST", f"{_ORDER}/hold", hold, Action.MEDICATION_HOLD),
)
