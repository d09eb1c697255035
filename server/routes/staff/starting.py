"""Starting a medicine in a visit: a name, what it is understood as, the form, or the block."""

from collections.abc import Mapping
from dataclasses import replace

from compliance.shared.vocabulary import Action, PrescribingAction
from emr.formulary.entries import MedicineId
from emr.prescribing import use_cases as prescribing
from emr.shared.errors import Invalid, Refused
from server.application import prescribe as prescriptions
from server.application.unit_of_work import Work
from server.http.endpoint import ASKS, Answer, Ask, Made, Row, Shown
from server.presenters import dosing_texts, read_back
from server.presenters.visit_parts import VisitPeople, context, viewer_zone, visit_people
from server.routes.staff import dosing, medicine_list
from server.routes.staff.dosing import Chosen
from server.routes.staff.medicine_list import capital
from server.routes.staff.medicine_wishes import blocked, tell, wish_for
from visit_ui.pages.visit.dosing import ProductChoice, StartPanel

MOST_CHOICES = 8


async def start_form(ask: Ask, work: Work) -> Answer:
    """GET fragment: the search, with nothing typed yet."""
    those = await visit_people(work)
    return StartPanel(visit=context(ask, those, await viewer_zone(work)))


async def find(ask: Ask, work: Work) -> Answer:
    """POST fragment: what a name was understood as, then the form, a choice, or the block, which is on record."""
    those = await visit_people(work)
    name, product = ask.form.text("name"), ask.form.text("product")
    here = context(ask, those, await viewer_zone(work))
    if not name:
        return StartPanel(visit=here)
    wish = await wish_for(work, those, PrescribingAction.NEW, None, name)
    decision = prescriptions.decide(work, wish)
    if not decision.allowed:
        understood = " and ".join(decision.ingredients) or None
        stopped = await blocked(ask, work, those, wish, decision)
        return StartPanel(visit=here, query=name, understood_as=understood, block=stopped)
    understood = " and ".join(decision.ingredients)
    medicine = _medicine(ask, name, product)
    if medicine is None:
        return _choices(ask, StartPanel(visit=here, query=name, understood_as=understood), name)
    formulary = ask.house.references.formulary
    limits = prescriptions.supply_terms(work, wish, decision).limits
    said = dosing.at_first(medicine, None, formulary, "", dosing.first_day(ask, those), limits, name)
    return await _start_panel(ask, work, those, name, medicine, said, understood)


async def find_too_long(ask: Ask, work: Work, wrong: Mapping[str, str]) -> Answer:
    """The name as it was typed, and how long a name may be. That it was tried is on record as a block, like any try."""
    those = await visit_people(work)
    wish = await wish_for(work, those, PrescribingAction.NEW, None, ask.form.text("name"))
    stopped = await blocked(ask, work, those, wish, prescriptions.decide(work, wish))
    here = context(ask, those, await viewer_zone(work))
    said = " ".join(wrong.values())
    return Shown(StartPanel(here, ask.form.text("name"), not_understood=said, block=stopped), 422)


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
    filled = await dosing.fill(
        ask, work, those, medicine, None, said, sign_words="Sign start", name=name, complain=True
    )
    if filled.proposal is None or not filled.form.may_sign:
        return Shown(await _start_panel(ask, work, those, name, medicine, said, understood, complain=True), 422)
    if unread := read_back.refusal(said.shown, filled.form.shown):
        panel = await _start_panel(ask, work, those, name, medicine, said, understood, complain=True)
        return Shown(replace(panel, conflict=unread), 422)
    wish = await wish_for(work, those, PrescribingAction.NEW, filled.proposal)
    decision = prescriptions.decide(work, wish)
    if not decision.allowed:
        panel = await _start_panel(ask, work, those, name, medicine, said, understood)
        return replace(panel, block=await blocked(ask, work, those, wish, decision))
    try:
        with prescriptions.grounds():
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
        return Shown(replace(panel, conflict=str(error)), 409)
    tell(work, those)
    signed = await medicine_list.panel(ask, work, those, notice=medicine_list.said(work, those, written.order))
    return Made(signed, str(written.order.id))


async def start_too_long(ask: Ask, work: Work, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and which of its texts do not fit. Writes nothing."""
    those = await visit_people(work)
    medicine, said = _posted_medicine(ask), dosing.chosen(ask)
    fitting, understood = dosing_texts.without(said, wrong), _plain_name(ask, medicine)
    panel = await _start_panel(ask, work, those, ask.form.text("name"), medicine, fitting, understood)
    form = panel.form and dosing_texts.again(panel.form, said, wrong)
    return Shown(replace(panel, indication=said.indication, form=form), 422)


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
    filled = await dosing.fill(
        ask, work, those, medicine, None, said, sign_words="Sign start", name=name, complain=complain
    )
    return StartPanel(
        visit=context(ask, those, await viewer_zone(work)),
        query=name,
        understood_as=f"{understood}, {filled.form_words}" if filled.form_words else understood,
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


ROWS = (
    Row("GET", "/visits/{visit}/medicines/start", start_form, Action.MEDICATION_START),
    Row(
        "POST",
        "/visits/{visit}/medicines/find",
        find,
        Action.MEDICATION_START,
        form="find",
        again=find_too_long,
        keyless=ASKS,
    ),
    Row(
        "POST",
        "/visits/{visit}/medicines/start/check",
        check_start,
        Action.MEDICATION_START,
        form="start",
        again=start_too_long,
        keyless=ASKS,
    ),
    Row(
        "POST",
        "/visits/{visit}/medicines/start",
        start,
        Action.MEDICATION_START,
        form="start",
        again=start_too_long,
        afterwards=medicine_list.after,
    ),
)
