"""Adjusting a medicine in a visit: the ladder, the findings, a new order that replaces the old one."""

from collections.abc import Mapping
from dataclasses import replace

from compliance.shared.vocabulary import Action, PrescribingAction
from emr.chart.model import MedicationListEntry
from emr.medications.model import Order, OrderStatus
from emr.prescribing.ground import Ground
from emr.shared.clinic_time import words
from emr.shared.errors import Invalid, Refused
from emr.shared.ids import OrderId
from server.application.prescribe.attempt import PrescribeAttempt
from server.application.prescribe.decide import decide, intent_on, supply_terms
from server.application.prescribe.first import at_first
from server.application.prescribe.parse import DoseFormInput
from server.application.prescribe.sign import Blocked, NotReady, ground_of, line_shown, sign
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import ASKS, Answer, Ask, PageWithStatus, RouteSpec
from server.presenters import dose_form, responses
from server.presenters.visit_ground import people_in, zone_of
from server.presenters.visit_parts import visit_context
from server.routes.staff import medicine_list
from server.routes.staff.medicine_list import capital
from server.routes.staff.prescribe_forms import about_line, attempted, blocked, first_day
from visit_ui.pages.visit.dosing import AdjustPanel
from visit_ui.pages.visit.parts import Block


async def adjust(ask: Ask, work: UnitOfWork) -> Answer:
    """POST fragment: the ladder of real doses; ``to`` chooses one. That it is blocked is on record."""
    ground = await ground_of(work, lock=False)
    line = line_shown(ground, OrderId(ask.path_id("order")))
    about, references = about_line(line, ground), ask.app_context.references
    named = line.current.product or line.current.name
    intent = intent_on(ground, ask.person_id, PrescribingAction.CONTINUE, None, named)
    most = supply_terms(references, intent, decide(references, intent)).limits.refills
    said = at_first(references.formulary, about, ask.form.text("to"), first_day(ground), most)
    return await _adjust_panel(ask, work, ground, line, said)


async def check_adjust(ask: Ask, work: UnitOfWork) -> Answer:
    """POST fragment: the form with its findings. Writes nothing."""
    ground = await ground_of(work, lock=False)
    line = ground.line_of(OrderId(ask.path_id("order")))
    if line.current.id != ask.path_id("order"):
        return await _replaced(ask, work, ground, line)
    return await _adjust_panel(ask, work, ground, line, dose_form.said_by(ask.form), preview=True)


async def revise(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: sign the change. A new order replaces the one that was shown; nothing is edited."""
    ground = await ground_of(work, lock=True)
    line = ground.line_of(OrderId(ask.path_id("order")))
    if line.current.id != ask.path_id("order"):
        return await _replaced(ask, work, ground, line)
    said = dose_form.said_by(ask.form)
    try:
        written = await sign(work, attempted(work, ground, about_line(line, ground), said), said.shown)
    except NotReady as error:
        panel = await _adjust_panel(ask, work, ground, line, said, complain=True)
        return PageWithStatus(replace(panel, conflict=error.unread), 422)
    except Blocked:
        return await _adjust_panel(ask, work, ground, line, said)  # records the attempt, and shows why
    except (Invalid, Refused) as error:
        panel = await _adjust_panel(ask, work, ground, line, said, complain=True)
        return PageWithStatus(replace(panel, conflict=str(error)), 409)
    return await medicine_list.signed(ask, work, written.ground, written.order)


async def too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and which of its texts do not fit. Writes nothing."""
    ground = await ground_of(work, lock=False)
    line, said = ground.line_of(OrderId(ask.path_id("order"))), dose_form.said_by(ask.form)
    panel = await _adjust_panel(ask, work, ground, line, dose_form.without(said, wrong), preview=True)
    return PageWithStatus(replace(panel, form=panel.form and dose_form.again(panel.form, said, wrong)), 422)


async def _replaced(ask: Ask, work: UnitOfWork, ground: Ground, line: MedicationListEntry) -> Answer:
    """Somebody changed it since the form was opened: what was typed, over the dose as it is now. Signs nothing."""
    order = line.current
    panel = await _adjust_panel(ask, work, ground, line, dose_form.said_by(ask.form), preview=True)
    by = f", by {line.by}" if line.by else ""
    words = f"{capital(order.name)} is now {order.sentence}{by}. What you entered is kept below. Review it again."
    return PageWithStatus(replace(panel, conflict=words), 409)


async def _adjust_panel(
    ask: Ask,
    work: UnitOfWork,
    ground: Ground,
    line: MedicationListEntry,
    said: DoseFormInput,
    *,
    preview: bool = False,
    complain: bool = False,
) -> AdjustPanel:
    order, today, visit_people = line.current, ground.chart.today, people_in(ground)
    taken, held = line.taken_on(today), order.status is OrderStatus.HELD
    tried = attempted(work, ground, about_line(line, ground), said)
    stopped = None if preview or complain else await _probe(ask, ground, order, tried)
    sign_words = f"Sign: resume {order.name}" if held else "Sign change"
    references, chart = ask.app_context.references, ground.chart
    form = dose_form.form_of(references, chart, tried, said, sign_words=sign_words, complain=complain)
    days = (today - line.since_of(taken)).days
    return AdjustPanel(
        visit=visit_context(ask, visit_people, zone_of(ground, ask.person_id)),
        order_id=str(order.id),
        name=capital(order.name),
        indication=f"for {order.indication}" if order.indication else None,
        since=line.started,
        at_now=f"{days} days at {taken.daily_total}" if line.taken and taken.daily_total and days > 0 else None,
        verb="Resume" if held else "Adjust",
        ahead=f"{order.sentence} from {words.short(order.starts_on)}" if taken is not order else None,
        responses_of=references.scales.get(responses.SCALE).short,
        responses=await responses.after_each_step(work, ground.patient.id, line),
        form=None if stopped else form,
        block=stopped,
    )


async def _probe(ask: Ask, ground: Ground, order: Order, tried: PrescribeAttempt) -> Block | None:
    """Whether policy would stop any prescription of this medicine here; the attempt is recorded when it does."""
    if tried.decided is not None:
        intent, decision = tried.decided.intent, tried.decided.decision
    else:
        named = order.product or order.name
        intent = intent_on(ground, ask.person_id, PrescribingAction.CONTINUE, None, named)
        decision = decide(ask.app_context.references, intent)
    return None if decision.allowed else await blocked(ask, ground, intent, decision)


_ORDER = "/visits/{visit}/medicines/{order}"
ROUTES = (
    RouteSpec("POST", f"{_ORDER}/adjust", adjust, Action.MEDICATION_REVISE, keyless=ASKS),
    RouteSpec(
        "POST", f"{_ORDER}/check", check_adjust, Action.MEDICATION_REVISE, keyless=ASKS, form="dose", again=too_long
    ),
    RouteSpec(
        "POST",
        f"{_ORDER}/revise",
        revise,
        Action.MEDICATION_REVISE,
        form="dose",
        again=too_long,
        afterwards=medicine_list.after,
    ),
)
