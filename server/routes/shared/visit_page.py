"""The visit's page: the prescriber's with the chart beside the call, the patient's, the guest's; presence; alerts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from compliance.shared.vocabulary import Action, Relation
from emr.notes import use_cases as noting
from emr.questionnaires import use_cases as answering
from emr.shared.contact import Stated
from emr.shared.errors import Invalid
from emr.shared.ids import AlertId
from emr.visits.model import Modality, Status, Visit
from server.application.actors import person_key, visit_key
from server.application.prescribe import meeting_of
from server.application.unit_of_work import Work
from server.http.endpoint import Answer, Ask, Made, Row, See, Shown
from server.presenters import alert_words, outcome_words
from server.presenters.frames import frame, short_name
from server.presenters.visit_parts import (
    OVER,
    VisitPeople,
    banner,
    call_back_words,
    call_setup,
    context,
    people_present,
    stated_place,
    statement_of,
    viewer_zone,
    visit_people,
)
from server.routes.patient import after, my_medicines, my_parts, my_safety
from server.routes.staff import (
    arranging,
    attending,
    correcting,
    crisis_path,
    medicine_list,
    notes,
    open_alerts,
    overview,
    symptoms,
)
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import PatientBanner
from visit_ui.pages.visit.call import GuestVisitPage, NoteState, PatientVisitPage, Stage, Tab, VisitPage
from visit_ui.pages.visit.panels import AlertStrip, SafetyAlert

CLINICAL = frozenset({Relation.OWN_PATIENT, Relation.SUPERVISED})
AHEAD = (Status.SCHEDULED, Status.WAITING)
GOING_ON = (Stage.CALL, Stage.APART, Stage.IN_PERSON)


async def show(ask: Ask, work: Work) -> Answer:
    """GET: the page that fits who asks and where the visit stands."""
    those = await visit_people(work)
    if work.relations & CLINICAL:
        return await _prescriber_page(ask, work, those)
    if Relation.SELF in work.relations:
        return await _patient_page(ask, work, those)
    return await _guest_page(ask, work, those)


async def _prescriber_page(ask: Ask, work: Work, those: VisitPeople) -> Answer:
    zone = await viewer_zone(work)
    visit = those.visit
    stage = _stage(visit, in_call=work.may(Action.VISIT_JOIN))
    stated = await statement_of(work, visit)
    note = await noting.read(work.conn, visit.id)
    in_call = await attending.call_of_another(ask, work, visit.id) if visit.status in AHEAD else None
    too_soon = visit.status is Status.SCHEDULED and ask.now < visit.join_opens_at
    tab = _tab(ask, those, sealed=note is not None and note.seal is not None)
    return VisitPage(
        frame=await frame(ask, work, f"Visit with {those.patient.person.name}", live=True),
        visit=context(ask, those, zone),
        banner=await _banner(work, those, stated),
        stage=stage,
        began=visit.status is Status.IN_PROGRESS,
        opens_at=visit.join_opens_at if too_soon else None,
        passed=visit.why_not_arrive(ask.now) is not None and not too_soon,
        in_call_href=f"/visits/{in_call.id}" if in_call else None,
        starts_at=visit.scheduled_start,
        call=call_setup(ask, those) if stage is Stage.CALL else None,
        people=await people_present(ask, work, those, zone),
        alerts=await _alert_strip(ask, work, those),
        tab=tab,
        panel=await _panel(ask, work, those, tab),
        medicine_count=await medicine_list.count(work, visit.patient),
        note=_note_state(note.seal.signed_at if note and note.seal else None, note.draft.saved_at if note else None),
        invite=await arranging.form(ask, work, those) if work.may(Action.VISIT_INVITE) else None,
        cancel=visit.status in AHEAD and work.may(Action.VISIT_CANCEL),
        call_back=call_back_words(those.patient, stated),
        crisis=await crisis_path.fragment(ask, work, those),
        open_alerts=await open_alerts.fragment(ask, work, those, "end"),
        waiting_since=visit.arrived_at if stage is Stage.WAITING else None,
        ended_words=outcome_words.length_words(visit, zone),
        correction=await outcome_words.newest(work, visit, zone),
        correct_href=await correcting.href(work, visit) if visit.status in OVER else None,
        book_href=correcting.book_again(visit, at_desk=False),
        presence=await attending.block(ask, work, those) if stage in GOING_ON else None,
        may_end=work.may(Action.VISIT_END),
    )


async def _banner(work: Work, those: VisitPeople, stated: Stated | None) -> PatientBanner:
    """Who this is and where they are: in person at the site, as the front desk stated it."""
    shown = await banner(work, those.patient, stated, back=("/day", "Back to the day"), crisis="#crisis-path")
    if those.visit.remote:
        return shown
    meeting = await meeting_of(work, those.visit)
    here = meeting.check_in if meeting.check_in and meeting.check_in.holds else None
    return replace(
        shown,
        location=here.site.words if here else None,
        confirmed_at=here.confirmed_at if here else None,
    )


async def _patient_page(ask: Ask, work: Work, those: VisitPeople) -> Answer:
    visit = those.visit
    if not visit.remote and visit.status not in OVER:
        return See("/home")
    if visit.status in AHEAD:
        return See(f"/visits/{visit.id}/waiting")
    if visit.status is not Status.IN_PROGRESS or ask.query("left"):
        return await after.patients(ask, work, those)
    zone = await viewer_zone(work)
    return PatientVisitPage(
        frame=await frame(ask, work, "Your visit", live=True),
        visit=context(ask, those, zone),
        call=call_setup(ask, those),
        people=await people_present(ask, work, those, zone),
        with_name=those.prescriber.name_words,
        with_short=short_name(those.prescriber),
        medicines=await my_medicines.fragment(ask, work, those),
        scales=await my_parts.my_scales(ask, work, those, zone),
        safety=await my_safety.fragment(ask, work, those),
        help_phone=my_parts.help_phone(ask),
    )


async def _guest_page(ask: Ask, work: Work, those: VisitPeople) -> Answer:
    visit = those.visit
    if not visit.remote and visit.status not in OVER:
        return See("/home")
    if visit.status in AHEAD:
        return See(f"/visits/{visit.id}/waiting")
    if visit.status is not Status.IN_PROGRESS or ask.query("left"):
        return await after.guests(ask, work, those)
    zone = await viewer_zone(work)
    part = those.parts.get(ask.person_id, "guest")
    return GuestVisitPage(
        frame=await frame(ask, work, "Visit", live=True),
        visit=context(ask, those, zone),
        call=call_setup(ask, those),
        people=await people_present(ask, work, those, zone),
        with_name=those.prescriber.name_words,
        why_here=f"You are here as {those.patient.person.given_name}’s {part}.",
        help_phone=my_parts.help_phone(ask),
    )


async def people(ask: Ask, work: Work) -> Answer:
    """GET fragment: who belongs to the visit and who is in the call."""
    return await people_present(ask, work, await visit_people(work), await viewer_zone(work))


async def alerts(ask: Ask, work: Work) -> Answer:
    """GET fragment: safety answers that nobody has taken up."""
    return await _alert_strip(ask, work, await visit_people(work))


async def acknowledge(ask: Ask, work: Work) -> Answer:
    """POST: a clinician takes a safety answer up, and says what was done."""
    those = await visit_people(work)
    done = ask.form.text("what_was_done")
    if not done:
        strip = await _alert_strip(ask, work, those, error="Write what was done, in a few words.")
        return Shown(strip, 422)
    try:
        await answering.acknowledge(work.desk, those.visit.id, those.visit.patient, AlertId(ask.path_id("alert")), done)
    except Invalid as error:
        return Shown(await _alert_strip(ask, work, those, error=" ".join(error.fields.values())), 422)
    for key in (visit_key(those.visit.id), person_key(those.visit.prescriber), person_key(those.visit.patient)):
        work.announce(key, "alerts")
    return Made(await _alert_strip(ask, work, those))


async def _taken_up(ask: Ask, work: Work, _: str) -> AlertStrip:
    return await _alert_strip(ask, work, await visit_people(work))


async def acknowledge_too_long(ask: Ask, work: Work, wrong: Mapping[str, str]) -> Answer:
    """What was done as it was typed, and how much fits. The alert stays open."""
    typed = str(ask.path_id("alert")), ask.form.text("what_was_done")
    strip = await _alert_strip(ask, work, await visit_people(work), error=" ".join(wrong.values()))
    return Shown(replace(strip, typed=typed), 422)


async def _alert_strip(ask: Ask, work: Work, those: VisitPeople, error: str | None = None) -> AlertStrip:
    stated = await statement_of(work, those.visit)
    every = await answering.alerts_of_patient(work.conn, those.visit.patient)
    alerts = [alert for alert in every if alert.acknowledged is None]
    told = await alert_words.told(work, alerts)
    found = [
        SafetyAlert(str(alert.id), words.scale, words.question, words.answer, alert.raised_at, told[alert.id])
        for alert in alerts
        for words in (alert_words.described(ask, alert),)
    ]
    return AlertStrip(
        visit=context(ask, those, await viewer_zone(work)),
        alerts=tuple(found),
        location=stated_place(stated) if stated else None,
        call_back=call_back_words(those.patient, stated),
        error=error,
    )


async def _panel(ask: Ask, work: Work, those: VisitPeople, tab: Tab) -> Page:
    match tab:
        case Tab.OVERVIEW:
            return await overview.panel(ask, work, those)
        case Tab.SYMPTOMS:
            return await symptoms.panel(ask, work, those)
        case Tab.MEDICINES:
            return await medicine_list.panel(ask, work, those)
        case Tab.NOTES:
            return await notes.panel(ask, work, those)


def _tab(ask: Ask, those: VisitPeople, *, sealed: bool) -> Tab:
    """The tab that was asked for; after the visit, what is left to do is its note."""
    asked = ask.query("tab")
    if asked in {one.value for one in Tab}:
        return Tab(asked)
    return Tab.NOTES if those.visit.status is Status.ENDED and not sealed else Tab.OVERVIEW


def _stage(visit: Visit, *, in_call: bool) -> Stage:
    """Whoever may read the visit and is not in it (a colleague, a supervisor) gets no call and no ticket."""
    if visit.status in OVER:
        return Stage(OVER[visit.status].value)
    if visit.modality is Modality.IN_PERSON:
        return Stage.IN_PERSON
    if visit.status is Status.IN_PROGRESS:
        return Stage.CALL if in_call else Stage.APART
    return Stage.WAITING if visit.status is Status.WAITING else Stage.EXPECTED


def _note_state(sealed_at: datetime | None, saved_at: datetime | None) -> NoteState:
    if sealed_at is not None:
        return NoteState("sealed", sealed_at)
    return NoteState("saved", saved_at) if saved_at else NoteState("empty")


ROWS = (
    Row("GET", "/visits/{visit}", show, Action.VISIT_READ, read=True),
    Row("GET", "/visits/{visit}/people", people, Action.VISIT_READ),
    Row("GET", "/visits/{visit}/alerts", alerts, Action.ALERT_READ),
    Row(
        "POST",
        "/visits/{visit}/alerts/{alert}/acknowledge",
        acknowledge,
        Action.ALERT_ACKNOWLEDGE,
        form="alert",
        again=acknowledge_too_long,
        afterwards=_taken_up,
    ),
)
