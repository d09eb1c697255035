"""Stopping and holding a medicine, always possible by video too; and reporting one from elsewhere."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from compliance.shared.vocabulary import Action, PrescribingAction
from emr.chart.model import Entry
from emr.medications import reasons
from emr.medications.model import Kind, Order
from emr.prescribing import list_use_cases as medicating
from emr.prescribing.list_use_cases import Told
from emr.shared.clinic_time import typed as as_typed
from emr.shared.errors import Conflict, Invalid, Refused
from server.application import prescribe as prescriptions
from server.application.unit_of_work import Work
from server.http.endpoint import Answer, Ask, Made, Row, Shown
from server.presenters import read_back
from server.presenters.visit_parts import VisitPeople, context, patients_day, viewer_zone, visit_people
from server.routes.staff import dosing, medicine_list
from server.routes.staff.medicine_list import capital
from server.routes.staff.medicine_wishes import line_of, tell, wish_for
from visit_ui.pages.visit.medicines import EndKind, EndPanel, MedicineKind, ReportValues


async def stop_form(ask: Ask, work: Work) -> Answer:
    """GET fragment."""
    those = await visit_people(work)
    return await _end_panel(ask, work, those, await line_of(ask, work, those), EndKind.STOP)


async def hold_form(ask: Ask, work: Work) -> Answer:
    """GET fragment."""
    those = await visit_people(work)
    return await _end_panel(ask, work, those, await line_of(ask, work, those), EndKind.HOLD)


async def stop(ask: Ask, work: Work) -> Answer:
    """POST: the medicine ends; always possible, since nothing is dispensed."""
    return await _end(ask, work, EndKind.STOP)


async def hold(ask: Ask, work: Work) -> Answer:
    """POST: not for now."""
    return await _end(ask, work, EndKind.HOLD)


async def stop_too_long(ask: Ask, work: Work, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and how long a reason may be. Changes nothing."""
    return await _too_long(ask, work, EndKind.STOP, wrong)


async def hold_too_long(ask: Ask, work: Work, wrong: Mapping[str, str]) -> Answer:
    """As for a stop."""
    return await _too_long(ask, work, EndKind.HOLD, wrong)


async def _too_long(ask: Ask, work: Work, kind: EndKind, wrong: Mapping[str, str]) -> Answer:
    those = await visit_people(work)
    panel = await _end_panel(ask, work, those, await line_of(ask, work, those), kind)
    return Shown(replace(panel, reason=ask.form.text("reason"), errors=wrong), 422)


async def _end(ask: Ask, work: Work, kind: EndKind) -> Answer:
    those = await visit_people(work)
    line = await line_of(ask, work, those)
    reason = ask.form.text("reason")
    seen = await _end_panel(ask, work, those, line, kind)
    if unread := read_back.refusal(ask.form.text("shown"), seen.shown):
        return Shown(replace(seen, reason=reason, conflict=unread, anew=True), 422)
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
            await _decided(work, those, order, kind)
    except Invalid as error:
        return Shown(replace(seen, reason=reason, errors=error.fields), 422)
    except (Refused, Conflict) as error:
        return Shown(replace(seen, reason=reason, conflict=str(error)), 409)
    tell(work, those)
    shown = await medicine_list.panel(ask, work, those, notice=medicine_list.said(work, those, order))
    return Made(shown, str(order.id))


async def _decided(work: Work, those: VisitPeople, order: Order, kind: EndKind) -> None:
    """A decision of its own in the log, of what is prescribed here."""
    if order.kind is not Kind.PRESCRIBED_HERE:
        return
    action = PrescribingAction.DISCONTINUE if kind is EndKind.STOP else PrescribingAction.HOLD
    await prescriptions.record_ending(work, await wish_for(work, those, action, None, order.name))


async def _end_panel(ask: Ask, work: Work, those: VisitPeople, line: Entry, kind: EndKind) -> EndPanel:
    order, now = line.current, line.shown_on(patients_day(those, work.now))
    advice, source = _advice(ask, order)
    ahead = medicine_list.ahead_words(order) if now is not order else None
    return EndPanel(
        visit=context(ask, those, await viewer_zone(work)),
        kind=kind,
        order_id=str(order.id),
        name=capital(order.name),
        sentence=now.sentence,
        advice=advice,
        advice_source=source,
        ahead=ahead,
        shown=read_back.stands_for(kind.value, order.name, now.sentence, ahead or ""),
        reasons=ask.house.references.reasons[reasons.Kind(kind.value)],
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


async def report_too_long(ask: Ask, work: Work, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and which of its texts do not fit. Changes nothing."""
    refused = replace(_reported(ask), errors=wrong)
    return Shown(await medicine_list.panel(ask, work, await visit_people(work), report=refused), 422)


def _reported(ask: Ask) -> ReportValues:
    typed = ask.form
    return ReportValues(typed.text("name"), typed.text("sentence"), typed.text("source"), typed.text("since"))


async def report(ask: Ask, work: Work) -> Answer:
    """POST: put a medicine on the list that is not prescribed here."""
    those = await visit_people(work)
    typed, values = ask.form, _reported(ask)
    elsewhere = values.source == MedicineKind.PRESCRIBED_ELSEWHERE.value
    today = dosing.first_day(ask, those).toordinal() - 1
    since = as_typed.day(values.since) if values.since else date.fromordinal(today)
    if since is None:
        refused = replace(values, errors={"since": as_typed.day_remedy()})
        return Shown(await medicine_list.panel(ask, work, those, report=refused), 422)
    try:
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
    tell(work, those)
    shown = await medicine_list.panel(ask, work, those, notice=medicine_list.said(work, those, order))
    return Made(shown, str(order.id))


_ORDER = "/visits/{visit}/medicines/{order}"
ROWS = (
    Row(
        "POST",
        "/visits/{visit}/medicines/report",
        report,
        Action.MEDICATION_REPORT,
        form="report",
        again=report_too_long,
        afterwards=medicine_list.after,
    ),
    Row("GET", f"{_ORDER}/stop", stop_form, Action.MEDICATION_STOP),
    Row(
        "POST",
        f"{_ORDER}/stop",
        stop,
        Action.MEDICATION_STOP,
        form="end",
        again=stop_too_long,
        afterwards=medicine_list.after,
    ),
    Row("GET", f"{_ORDER}/hold", hold_form, Action.MEDICATION_HOLD),
    Row(
        "POST",
        f"{_ORDER}/hold",
        hold,
        Action.MEDICATION_HOLD,
        form="end",
        again=hold_too_long,
        afterwards=medicine_list.after,
    ),
)
