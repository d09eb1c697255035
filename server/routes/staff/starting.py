"""Starting a medicine in a visit: a name, what it is understood as, the form, or the block."""

from collections.abc import Mapping
from dataclasses import replace

from compliance.shared.vocabulary import Action, PrescribingAction
from emr.formulary.entries import MedicineId
from emr.prescribing.ground import Ground
from emr.shared.errors import Invalid, Refused
from server.application.prescribe.decide import decide, intent_on, supply_terms
from server.application.prescribe.first import at_first
from server.application.prescribe.parse import DoseFormInput
from server.application.prescribe.propose import MedicineTarget
from server.application.prescribe.sign import Blocked, NotReady, ground_of, sign
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import ASKS, Answer, Ask, PageWithStatus, RouteSpec
from server.presenters import dose_form
from server.presenters.visit_ground import people_in, zone_of
from server.presenters.visit_parts import read_visit_people, viewer_zone, visit_context
from server.routes.staff import medicine_list
from server.routes.staff.medicine_list import capital
from server.routes.staff.prescribe_forms import attempted, blocked, first_day
from visit_ui.pages.visit.dosing import ProductChoice, StartPanel

MOST_CHOICES = 8


async def start_form(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment: the search, with nothing typed yet."""
    visit_people = await read_visit_people(work)
    return StartPanel(visit=visit_context(ask, visit_people, await viewer_zone(work)))


async def find(ask: Ask, work: UnitOfWork) -> Answer:
    """POST fragment: what a name was understood as, then the form, a choice, or the block, which is on record."""
    ground = await ground_of(work, lock=False)
    visit_people = people_in(ground)
    name, product = ask.form.text("name"), ask.form.text("product")
    here = visit_context(ask, visit_people, zone_of(ground, ask.person_id))
    if not name:
        return StartPanel(visit=here)
    references = ask.app_context.references
    intent = intent_on(ground, ask.person_id, PrescribingAction.NEW, None, name)
    decision = decide(references, intent)
    understood = " and ".join(decision.ingredients)
    if not decision.allowed:
        stopped = await blocked(ask, ground, intent, decision)
        return StartPanel(visit=here, query=name, understood_as=understood or None, block=stopped)
    medicine = _medicine(ask, name, product)
    if medicine is None:
        return _choices(ask, StartPanel(visit=here, query=name, understood_as=understood), name)
    most = supply_terms(references, intent, decision).limits.refills
    about = MedicineTarget(medicine=medicine, name=name)
    said = at_first(references.formulary, about, "", first_day(ground), most)
    return _start_panel(ask, work, ground, about, said, understood)


async def find_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The name as it was typed, and how long a name may be. That it was tried is on record as a block, like any try."""
    ground = await ground_of(work, lock=False)
    visit_people = people_in(ground)
    intent = intent_on(ground, ask.person_id, PrescribingAction.NEW, None, ask.form.text("name"))
    stopped = await blocked(ask, ground, intent, decide(ask.app_context.references, intent))
    here = visit_context(ask, visit_people, zone_of(ground, ask.person_id))
    said = " ".join(wrong.values())
    return PageWithStatus(StartPanel(here, ask.form.text("name"), not_understood=said, block=stopped), 422)


async def check_start(ask: Ask, work: UnitOfWork) -> Answer:
    """POST fragment: the form with its findings. Writes nothing."""
    ground = await ground_of(work, lock=False)
    about = _posted(ask)
    return _start_panel(ask, work, ground, about, dose_form.said_by(ask.form), _plain_name(ask, about.medicine))


async def start(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: sign a new medicine."""
    ground = await ground_of(work, lock=True)
    about, said = _posted(ask), dose_form.said_by(ask.form)
    understood = _plain_name(ask, about.medicine)
    try:
        written = await sign(work, attempted(work, ground, about, said), said.shown)
    except NotReady as error:
        panel = _start_panel(ask, work, ground, about, said, understood, complain=True)
        return PageWithStatus(replace(panel, conflict=error.unread), 422)
    except Blocked as error:
        panel = _start_panel(ask, work, ground, about, said, understood)
        return replace(panel, block=await blocked(ask, ground, error.decided.intent, error.decided.decision))
    except (Invalid, Refused) as error:
        panel = _start_panel(ask, work, ground, about, said, understood, complain=True)
        return PageWithStatus(replace(panel, conflict=str(error)), 409)
    return await medicine_list.signed(ask, work, written.ground, written.order)


async def start_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and which of its texts do not fit. Writes nothing."""
    ground = await ground_of(work, lock=False)
    about, said = _posted(ask), dose_form.said_by(ask.form)
    fitting, understood = dose_form.without(said, wrong), _plain_name(ask, about.medicine)
    panel = _start_panel(ask, work, ground, about, fitting, understood)
    form = panel.form and dose_form.again(panel.form, said, wrong)
    return PageWithStatus(replace(panel, indication=said.indication, form=form), 422)


def _start_panel(
    ask: Ask,
    work: UnitOfWork,
    ground: Ground,
    about: MedicineTarget,
    said: DoseFormInput,
    understood: str,
    *,
    complain: bool = False,
) -> StartPanel:
    tried, references = attempted(work, ground, about, said), ask.app_context.references
    words = dose_form.form_words(tried)
    return StartPanel(
        visit=visit_context(ask, people_in(ground), zone_of(ground, ask.person_id)),
        query=about.name,
        understood_as=f"{understood}, {words}" if words else understood,
        product=str(about.medicine),
        product_name=capital(_plain_name(ask, about.medicine)),
        indication=said.indication,
        form=dose_form.form_of(references, ground.chart, tried, said, sign_words="Sign start", complain=complain),
    )


def _medicine(ask: Ask, name: str, product: str) -> MedicineId | None:
    """The medicine that was chosen, or the only one the name can mean."""
    formulary = ask.app_context.references.formulary
    if product:
        return formulary.medicine(MedicineId(product)).id
    found = formulary.recognize(name)
    if found.complete and len(found.medicines) == 1 and not found.substances:
        return found.medicines[0]
    return None


def _choices(ask: Ask, panel: StartPanel, name: str) -> StartPanel:
    """Which formulation is meant; or that there is no dose data for it here."""
    formulary = ask.app_context.references.formulary
    recognized = formulary.recognize(name).medicines
    found = [one for one in formulary.search(name) if one.medicine.id in recognized] or formulary.search(name)
    choices = tuple(
        ProductChoice(str(one.medicine.id), one.medicine.name, f"{', '.join(one.forms[:2])}; {one.strengths}"[:120])
        for one in found[:MOST_CHOICES]
        if one.strengths
    )
    if choices:
        return replace(panel, choices=choices)
    why = "It is not a controlled substance, but the formulary has no doses for it. Prescribe it in your other system."
    return replace(panel, not_understood=why)


def _posted(ask: Ask) -> MedicineTarget:
    """The new medicine that a form is about. Raises ``NotFound`` for one that is none."""
    medicine = ask.app_context.references.formulary.medicine(MedicineId(ask.form.text("product"))).id
    return MedicineTarget(medicine=medicine, name=ask.form.text("name"))


def _plain_name(ask: Ask, medicine: MedicineId) -> str:
    return ask.app_context.references.formulary.medicine(medicine).plain_name


ROUTES = (
    RouteSpec("GET", "/visits/{visit}/medicines/start", start_form, Action.MEDICATION_START),
    RouteSpec(
        "POST",
        "/visits/{visit}/medicines/find",
        find,
        Action.MEDICATION_START,
        form="find",
        again=find_too_long,
        keyless=ASKS,
    ),
    RouteSpec(
        "POST",
        "/visits/{visit}/medicines/start/check",
        check_start,
        Action.MEDICATION_START,
        form="start",
        again=start_too_long,
        keyless=ASKS,
    ),
    RouteSpec(
        "POST",
        "/visits/{visit}/medicines/start",
        start,
        Action.MEDICATION_START,
        form="start",
        again=start_too_long,
        afterwards=medicine_list.after,
    ),
)
