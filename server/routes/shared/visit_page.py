"""The visit's page: the prescriber's with the chart beside the call, the patient's, the guest's; presence; alerts."""

from dataclasses import dataclass, replace

from compliance.shared.vocabulary import Action, Relation
from emr.notes import use_cases as noting
from emr.notes.model import Note
from emr.people import use_cases as people_of_record
from emr.shared.contact import StatedContact
from emr.shared.together import together
from emr.visits.model import Modality, Visit, VisitStatus
from server.application.prescribe.encounter import encounter_setting
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, Redirect, RouteSpec
from server.presenters import outcome_words
from server.presenters.call_parts import call_setup
from server.presenters.frames import frame, short_name
from server.presenters.visit_parts import (
    OVER,
    VisitPeople,
    banner_of,
    call_back_words,
    people_present,
    read_visit_people,
    statement_of,
    viewer_zone,
    visit_context,
)
from server.routes.patient import after, my_medicines, my_parts, my_safety
from server.routes.staff import (
    alert_strip,
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
from visit_ui.pages.staff.outcome import Corrected
from visit_ui.pages.visit.call import CallStage, GuestVisitPage, NoteState, PatientVisitPage, Tab, VisitPage
from visit_ui.pages.visit.danger import CrisisPath, OpenAlerts
from visit_ui.pages.visit.panels import AlertStrip, InviteForm
from visit_ui.pages.visit.presence import Attendance
from visit_ui.texts import _

CLINICAL = frozenset({Relation.OWN_PATIENT, Relation.SUPERVISED})
AHEAD = (VisitStatus.SCHEDULED, VisitStatus.WAITING)
GOING_ON = (CallStage.CALL, CallStage.APART, CallStage.IN_PERSON)


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: the page that fits who asks and where the visit stands."""
    visit_people = await read_visit_people(work)
    if work.relations & CLINICAL:
        return await _prescriber_page(ask, work, visit_people)
    if Relation.SELF in work.relations:
        return await _patient_page(ask, work, visit_people)
    return await _guest_page(ask, work, visit_people)


@dataclass(frozen=True, slots=True)
class _Read:
    """What the prescriber's page shows of the record."""

    stated: StatedContact | None
    banner: PatientBanner
    medicine_count: int
    note: Note | None
    tab: Tab
    panel: Page
    alerts: AlertStrip
    crisis: CrisisPath
    open_alerts: OpenAlerts
    invite: InviteForm | None
    correction: Corrected | None
    presence: Attendance | None


async def _read(ask: Ask, work: UnitOfWork, visit_people: VisitPeople, stage: CallStage) -> _Read:
    conn, visit = work.conn, visit_people.visit
    chart, (tab, panel), danger, who = await together(
        conn,
        together(
            conn,
            statement_of(work, visit),
            _banner(work, visit_people),
            medicine_list.count(work, visit.patient),
            noting.read(conn, visit.id),
        ),
        _tab_and_panel(ask, work, visit_people),
        together(
            conn,
            alert_strip.strip(ask, work, visit_people),
            crisis_path.fragment(ask, work, visit_people),
            open_alerts.fragment(ask, work, visit_people, "end"),
        ),
        together(
            conn,
            _invite(ask, work, visit_people),
            outcome_words.newest(work, visit, await viewer_zone(work)),
            _attendance(ask, work, visit_people, stage),
        ),
    )
    return _Read(*chart, tab, panel, *danger, *who)


async def _prescriber_page(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> Answer:
    zone, visit = await viewer_zone(work), visit_people.visit
    stage = _stage(visit, in_call=work.may(Action.VISIT_JOIN))
    in_call = await attending.call_of_another(ask, work, visit.id) if visit.status in AHEAD else None
    too_soon = visit.status is VisitStatus.SCHEDULED and ask.now < visit.join_opens_at
    read = await _read(ask, work, visit_people, stage)
    return VisitPage(
        frame=await frame(ask, work, f"Visit with {visit_people.patient.person.name}", live=True),
        visit=visit_context(ask, visit_people, zone),
        banner=read.banner,
        stage=stage,
        began=visit.status is VisitStatus.IN_PROGRESS,
        opens_at=visit.join_opens_at if too_soon else None,
        passed=visit.why_not_arrive(ask.now) is not None and not too_soon,
        in_call_href=f"/visits/{in_call.id}" if in_call else None,
        starts_at=visit.scheduled_start,
        call=call_setup(ask, visit_people) if stage is CallStage.CALL else None,
        people=await people_present(ask, work, visit_people, zone),
        alerts=read.alerts,
        tab=read.tab,
        panel=read.panel,
        medicine_count=read.medicine_count,
        note=_note_state(read.note),
        invite=read.invite,
        cancel=visit.status in AHEAD and work.may(Action.VISIT_CANCEL),
        call_back=call_back_words(visit_people.patient, read.stated),
        crisis=read.crisis,
        open_alerts=read.open_alerts,
        waiting_since=visit.arrived_at if stage is CallStage.WAITING else None,
        ended_words=outcome_words.length_words(visit, zone),
        correction=read.correction,
        correct_href=await correcting.href(work, visit) if visit.status in OVER else None,
        book_href=correcting.book_again(visit, at_desk=False),
        presence=read.presence,
        may_end=work.may(Action.VISIT_END),
    )


async def _tab_and_panel(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> tuple[Tab, Page]:
    note = (
        await noting.read(work.conn, visit_people.visit.id) if visit_people.visit.status is VisitStatus.ENDED else None
    )
    tab = _tab(ask, visit_people, sealed=note is not None and note.seal is not None)
    return tab, await _panel(ask, work, visit_people, tab)


async def _invite(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> InviteForm | None:
    return await arranging.form(ask, work, visit_people) if work.may(Action.VISIT_INVITE) else None


async def _attendance(ask: Ask, work: UnitOfWork, visit_people: VisitPeople, stage: CallStage) -> Attendance | None:
    return await attending.block(ask, work, visit_people) if stage in GOING_ON else None


async def _banner(work: UnitOfWork, visit_people: VisitPeople) -> PatientBanner:
    """Who this is and where they are: in person at the site, as the front desk stated it."""
    stated, known, meeting = await together(
        work.conn,
        statement_of(work, visit_people.visit),
        people_of_record.allergies(work.conn, visit_people.patient.id),
        encounter_setting(work, visit_people.visit),
    )
    shown = banner_of(
        work, visit_people.patient, known, stated, back=("/day", "Back to the day"), crisis="#crisis-path"
    )
    if visit_people.visit.remote:
        return shown
    here = meeting.check_in if meeting.check_in and meeting.check_in.holds else None
    return replace(
        shown,
        location=here.site.words if here else None,
        confirmed_at=here.confirmed_at if here else None,
    )


async def _patient_page(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> Answer:
    visit = visit_people.visit
    if not visit.remote and visit.status not in OVER:
        return Redirect("/home")
    if visit.status in AHEAD:
        return Redirect(f"/visits/{visit.id}/waiting")
    if visit.status is not VisitStatus.IN_PROGRESS or ask.query("left"):
        return await after.patients(ask, work, visit_people)
    zone = await viewer_zone(work)
    present = await people_present(ask, work, visit_people, zone)
    medicines, scales, safety = await together(
        work.conn,
        my_medicines.fragment(ask, work, visit_people),
        my_parts.my_scales(ask, work, visit_people, zone),
        my_safety.fragment(ask, work, visit_people),
    )
    return PatientVisitPage(
        frame=await frame(ask, work, _("Your visit"), live=True),
        visit=visit_context(ask, visit_people, zone),
        call=call_setup(ask, visit_people),
        people=present,
        with_name=visit_people.prescriber.name_words,
        with_short=short_name(visit_people.prescriber),
        medicines=medicines,
        scales=scales,
        safety=safety,
        help_phone=my_parts.help_phone(ask),
    )


async def _guest_page(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> Answer:
    visit = visit_people.visit
    if not visit.remote and visit.status not in OVER:
        return Redirect("/home")
    if visit.status in AHEAD:
        return Redirect(f"/visits/{visit.id}/waiting")
    if visit.status is not VisitStatus.IN_PROGRESS or ask.query("left"):
        return await after.guests(ask, work, visit_people)
    zone = await viewer_zone(work)
    part = visit_people.parts.get(ask.person_id, _("guest"))
    return GuestVisitPage(
        frame=await frame(ask, work, _("Visit"), live=True),
        visit=visit_context(ask, visit_people, zone),
        call=call_setup(ask, visit_people),
        people=await people_present(ask, work, visit_people, zone),
        with_name=visit_people.prescriber.name_words,
        why_here=_("You are here as %(name)s’s %(part)s.", name=visit_people.patient.person.given_name, part=part),
        help_phone=my_parts.help_phone(ask),
    )


async def people(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment: who belongs to the visit and who is in the call."""
    return await people_present(ask, work, await read_visit_people(work), await viewer_zone(work))


async def _panel(ask: Ask, work: UnitOfWork, visit_people: VisitPeople, tab: Tab) -> Page:
    match tab:
        case Tab.OVERVIEW:
            return await overview.panel(ask, work, visit_people)
        case Tab.SYMPTOMS:
            return await symptoms.panel(ask, work, visit_people)
        case Tab.MEDICINES:
            return await medicine_list.panel(ask, work, visit_people)
        case Tab.NOTES:
            return await notes.panel(ask, work, visit_people)


def _tab(ask: Ask, visit_people: VisitPeople, *, sealed: bool) -> Tab:
    """The tab that was asked for; after the visit, what is left to do is its note."""
    asked = ask.query("tab")
    if asked in {one.value for one in Tab}:
        return Tab(asked)
    return Tab.NOTES if visit_people.visit.status is VisitStatus.ENDED and not sealed else Tab.OVERVIEW


def _stage(visit: Visit, *, in_call: bool) -> CallStage:
    """Whoever may read the visit and is not in it (a colleague, a supervisor) gets no call and no ticket."""
    if visit.status in OVER:
        return CallStage(OVER[visit.status].value)
    if visit.modality is Modality.IN_PERSON:
        return CallStage.IN_PERSON
    if visit.status is VisitStatus.IN_PROGRESS:
        return CallStage.CALL if in_call else CallStage.APART
    return CallStage.WAITING if visit.status is VisitStatus.WAITING else CallStage.EXPECTED


def _note_state(note: Note | None) -> NoteState:
    if note is None:
        return NoteState("empty")
    return NoteState("sealed", note.seal.signed_at) if note.seal else NoteState("saved", note.draft.saved_at)


ROUTES = (
    RouteSpec("GET", "/visits/{visit}", show, Action.VISIT_READ, read=True),
    RouteSpec("GET", "/visits/{visit}/people", people, Action.VISIT_READ),
)
