"""Stopping and holding a medicine, always possible by video too; and reporting one from elsewhere."""

from collections.abc import Mapping
from dataclasses import replace

from compliance.shared.vocabulary import Action
from emr.medications import reasons
from emr.medications.model import Order, OrderOrigin
from emr.prescribing import list_use_cases as medicating
from emr.prescribing.ground import Ground
from emr.prescribing.list_use_cases import Ending, ReportedMedication
from emr.shared.clinic_time import typed as as_typed
from emr.shared.errors import Conflict, Invalid, Refused
from emr.shared.ids import OrderId
from server.application.prescribe.ending import OrderToEnd, end, to_end
from server.application.prescribe.sign import NotReady, ground_of
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, Created, PageWithStatus, RouteSpec
from server.presenters.visit_ground import people_in, zone_of
from server.presenters.visit_parts import patients_day, read_visit_people, visit_context
from server.routes.staff import medicine_list
from server.routes.staff.medicine_list import capital
from server.routes.staff.prescribe_forms import tell
from visit_ui.pages.visit.medicines import EndKind, EndPanel, MedicineKind, ReportValues


async def stop_form(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment."""
    return await _shown(ask, work, Ending.STOP)


async def hold_form(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment."""
    return await _shown(ask, work, Ending.HOLD)


async def stop(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: the medicine ends; always possible, since nothing is dispensed."""
    return await _end(ask, work, Ending.STOP)


async def hold(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: not for now."""
    return await _end(ask, work, Ending.HOLD)


async def stop_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and how long a reason may be. Changes nothing."""
    return await _too_long(ask, work, Ending.STOP, wrong)


async def hold_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """As for a stop."""
    return await _too_long(ask, work, Ending.HOLD, wrong)


async def _shown(ask: Ask, work: UnitOfWork, ending: Ending) -> EndPanel:
    ground = await ground_of(work, lock=False)
    return _end_panel(ask, work, ground, to_end(ground, OrderId(ask.path_id("order")), ending))


async def _too_long(ask: Ask, work: UnitOfWork, ending: Ending, wrong: Mapping[str, str]) -> Answer:
    return PageWithStatus(replace(await _shown(ask, work, ending), reason=ask.form.text("reason"), errors=wrong), 422)


async def _end(ask: Ask, work: UnitOfWork, ending: Ending) -> Answer:
    ground = await ground_of(work, lock=True)
    what, reason = to_end(ground, OrderId(ask.path_id("order")), ending), ask.form.text("reason")
    seen = replace(_end_panel(ask, work, ground, what), reason=reason)
    try:
        order = await end(work, ground, what, reason, ask.form.text("shown"))
    except NotReady as error:
        return PageWithStatus(replace(seen, conflict=error.unread, anew=True), 422)
    except Invalid as error:
        return PageWithStatus(replace(seen, errors=error.fields), 422)
    except (Refused, Conflict) as error:
        return PageWithStatus(replace(seen, conflict=str(error)), 409)
    return await medicine_list.signed(ask, work, ground.after(order), order)


def _end_panel(ask: Ask, work: UnitOfWork, ground: Ground, what: OrderToEnd) -> EndPanel:
    advice, source = _advice(ask, what.order)
    return EndPanel(
        visit=visit_context(ask, people_in(ground), zone_of(ground, ask.person_id)),
        kind=EndKind(what.ending.value),
        order_id=str(what.order.id),
        name=capital(what.order.name),
        sentence=what.now.sentence,
        advice=advice,
        advice_source=source,
        ahead=what.ahead,
        shown=what.shown,
        reasons=ask.app_context.references.reasons[reasons.ChangeKind(what.ending.value)],
    )


def _advice(ask: Ask, order: Order) -> tuple[str | None, str | None]:
    """What the reference data says about stopping this kind of medicine."""
    formulary = ask.app_context.references.formulary
    medicine = order.medicine or next(iter(formulary.recognize(order.name).medicines), None)
    if medicine is None:
        return None, None
    what = formulary.medicine(medicine)
    if not what.taper_needed:
        return None, None
    education = formulary.education(medicine)
    return education.never_stop_suddenly, f"{education.source}. Not yet reviewed by a clinician."


async def report_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and which of its texts do not fit. Changes nothing."""
    refused = replace(_reported(ask), errors=wrong)
    return PageWithStatus(await medicine_list.panel(ask, work, await read_visit_people(work), report=refused), 422)


def _reported(ask: Ask) -> ReportValues:
    typed = ask.form
    return ReportValues(typed.text("name"), typed.text("sentence"), typed.text("source"), typed.text("since"))


async def report(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: put a medicine on the list that is not prescribed here."""
    visit_people = await read_visit_people(work)
    typed, values = ask.form, _reported(ask)
    elsewhere = values.source == MedicineKind.PRESCRIBED_ELSEWHERE.value
    since = as_typed.day(values.since) if values.since else patients_day(visit_people, ask.now)
    if since is None:
        refused = replace(values, errors={"since": as_typed.day_remedy()})
        return PageWithStatus(await medicine_list.panel(ask, work, visit_people, report=refused), 422)
    try:
        told = ReportedMedication(
            name=values.name,
            kind=OrderOrigin.PRESCRIBED_ELSEWHERE if elsewhere else OrderOrigin.SELF_REPORTED,
            sentence=values.sentence,
            since=since,
            prescriber=typed.text("prescriber") or ("another prescriber" if elsewhere else None),
        )
        order = await medicating.report(
            work.context,
            formulary=ask.app_context.references.formulary,
            patient_id=visit_people.visit.patient,
            told=told,
            visit_id=visit_people.visit.id,
        )
    except Invalid as error:
        refused = replace(values, errors=error.fields)
        return PageWithStatus(await medicine_list.panel(ask, work, visit_people, report=refused), 422)
    tell(work, visit_people)
    shown = await medicine_list.panel(ask, work, visit_people, notice=medicine_list.said(work, visit_people, order))
    return Created(shown, str(order.id))


_ORDER = "/visits/{visit}/medicines/{order}"
ROUTES = (
    RouteSpec(
        "POST",
        "/visits/{visit}/medicines/report",
        report,
        Action.MEDICATION_REPORT,
        form="report",
        again=report_too_long,
        afterwards=medicine_list.after,
    ),
    RouteSpec("GET", f"{_ORDER}/stop", stop_form, Action.MEDICATION_STOP),
    RouteSpec(
        "POST",
        f"{_ORDER}/stop",
        stop,
        Action.MEDICATION_STOP,
        form="end",
        again=stop_too_long,
        afterwards=medicine_list.after,
    ),
    RouteSpec("GET", f"{_ORDER}/hold", hold_form, Action.MEDICATION_HOLD),
    RouteSpec(
        "POST",
        f"{_ORDER}/hold",
        hold,
        Action.MEDICATION_HOLD,
        form="end",
        again=hold_too_long,
        afterwards=medicine_list.after,
    ),
)
