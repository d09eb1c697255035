"""Checking a patient in: the front desk states who is at which site, then the patient says so on the same screen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from compliance.shared.vocabulary import Action
from emr.people import use_cases as people
from emr.people.model import Patient, Person
from emr.presence import checking_in, sites
from emr.presence.model import CheckIn, CheckInProblem
from emr.shared.clinic_time.days import day_of
from emr.shared.errors import Invalid, NotFound, Refused
from emr.shared.ids import PersonId, SiteId
from emr.shared.together import together
from emr.visits.model import Visit
from server.application.actors import person_key, visit_key
from server.application.unit_of_work import UnitOfWork
from server.auth import confirm_tries
from server.calls.in_call import in_a_call
from server.http.endpoint import Answer, Ask, PageWithStatus, Redirect, RouteSpec, uuid_of
from server.http.forms import calendar_day, whole
from server.presenters.frames import frame, short_name
from server.presenters.visit_parts import viewer_zone
from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import FieldError, Option
from visit_ui.pages.staff import desk as pages
from visit_ui.pages.staff.desk import CheckInConfirm, CheckInDone, ConfirmValues
from visit_ui.texts import _

NO_SITE = "No site is open. An administrator can add one under Sites."
NAME = _("Enter your first and last name.")
BORN = _("Choose the month, then enter the day and the year.")
NO_SUCH_DAY = _("That is not a real date. Check the month and the day, and make sure the year has four digits.")


@dataclass(frozen=True, slots=True)
class _Two:
    """The visit and the two who have to be at the site for it."""

    visit: Visit
    patient: Patient
    prescriber: Person

    @property
    def base(self) -> str:
        """Where the pages of this check-in are."""
        return f"/desk/visits/{self.visit.id}"


async def _two(work: UnitOfWork) -> _Two:
    visit = await work.visit()
    prescriber, patient = await together(work.conn, _prescriber(work, visit), people.patient(work.conn, visit.patient))
    return _Two(visit, patient, prescriber)


async def _prescriber(work: UnitOfWork, visit: Visit) -> Person:
    return await people.person(work.conn, await checking_in.prescriber_of(work.conn, visit))


async def _refuse_in_a_call(ask: Ask, work: UnitOfWork, two: _Two) -> None:
    """Raises ``Refused`` while one of the two is in a call: whoever is seen there is not seen here."""
    both = two.patient.person, two.prescriber
    inside = await in_a_call(ask.app_context, work.conn, [one.id for one in both])
    for one in both:
        if one.id in inside:
            who = short_name(one)
            raise Refused(
                "in_a_call",
                f"{who} is in a call right now, so check-in is not possible. Check in after {who} leaves the call.",
            )


async def form(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: who is here? Why not, when it cannot be said now."""
    two = await _two(work)
    if await _holds(work, two):
        return Redirect(await _day_href(work, two))
    try:
        await _refuse_in_a_call(ask, work, two)
    except Refused as error:
        return await _page(ask, work, two, refused=error.message)
    return await _page(ask, work, two)


async def state(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: both are at this site. Then the screen is the patient's."""
    two = await _two(work)
    if await _holds(work, two):
        return Redirect(await _day_href(work, two))
    ticked = {
        "patient_here": (ask.form.text("patient_here") == "yes", two.patient.id),
        # Whom the desk saw named, which somebody who took over since is not.
        "prescriber_here": (ask.form.text("prescriber_here") == str(two.prescriber.id), two.prescriber.id),
    }
    here: frozenset[PersonId] = frozenset(person for yes, person in ticked.values() if yes)
    try:
        await _refuse_in_a_call(ask, work, two)
        await checking_in.state(work.context, two.visit.id, two.patient.id, site_id=_site(ask), here=here)
    except Invalid as error:
        return PageWithStatus(await _page(ask, work, two, errors=dict(error.fields)), 422)
    except Refused as error:
        return PageWithStatus(await _page(ask, work, two, refused=error.message), 409)
    return Redirect(f"{two.base}/confirm")


def _site(ask: Ask) -> SiteId | None:
    try:
        return SiteId(uuid_of(ask.form.text("site")))
    except NotFound:
        return None


async def _holds(work: UnitOfWork, two: _Two) -> bool:
    """Whether there is nothing to do: a second statement would only stand before the one that holds."""
    made = await checking_in.latest(work.context, two.visit.id)
    return made is not None and made.holds and made.prescriber == two.prescriber.id


async def _page(
    ask: Ask, work: UnitOfWork, two: _Two, *, errors: dict[str, str] | None = None, refused: str | None = None
) -> pages.CheckIn:
    known = await sites.sites(work.conn)
    not_now = checking_in.why_not_now(two.visit, work.now)
    chosen = ask.form.text("site") or str(two.visit.site or "") or (str(known[0].id) if len(known) == 1 else "")
    return pages.CheckIn(
        frame=await frame(ask, work, "Check in"),
        action=f"{two.base}/check-in",
        starts=two.visit.scheduled_start,
        minutes=two.visit.scheduled_minutes,
        patient=two.patient.person.name,
        patient_first=two.patient.person.given_name,
        patient_code=two.patient.code,
        prescriber=two.prescriber.name_words,
        prescriber_id=str(two.prescriber.id),
        sites=tuple(Option(str(one.id), one.name, f"{one.city} {one.state}") for one in known),
        back_href=await _day_href(work, two),
        site=chosen,
        patient_here=ask.form.text("patient_here") == "yes",
        prescriber_here=ask.form.text("prescriber_here") == str(two.prescriber.id),
        errors=tuple(FieldError(name, remedy) for name, remedy in (errors or {}).items()),
        refused=refused or (not_now.message if not_now else None if known else NO_SITE),
    )


async def _day_href(work: UnitOfWork, two: _Two) -> str:
    day = day_of(two.visit.scheduled_start, await viewer_zone(work))
    return f"/desk?date={day}&of={two.visit.id}"


async def confirm_form(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: the patient's part of the screen, while something stated waits for them."""
    two = await _two(work)
    stated = await _to_confirm(ask, work, two)
    if stated is None:
        return Redirect(f"{two.base}/done")
    return await _confirm_page(ask, work, two, stated, ConfirmValues())


async def confirm(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: the patient says who they are and that they are here. Whatever stops it names nobody to them."""
    two = await _two(work)
    stated = await _to_confirm(ask, work, two)
    if stated is None:
        return Redirect(f"{two.base}/done")
    values = _typed(ask)
    born, errors = _read(values)
    if errors:
        return PageWithStatus(await _confirm_page(ask, work, two, stated, values, errors), 422)
    try:
        await _refuse_in_a_call(ask, work, two)
        if not await confirm_tries.take(ask.app_context, stated.id):
            return Redirect(f"{two.base}/done")
        await checking_in.confirm(work.context, two.visit.id, two.patient.id, values.full_name, born)
    except Invalid:
        return PageWithStatus(await _confirm_page(ask, work, two, stated, values, mismatch=True), 422)
    except Refused:  # the desk's own page says why
        return Redirect(f"{two.base}/done")
    work.announce(person_key(two.prescriber.id), "queue")
    for topic in ("presence", "visit"):
        work.announce(visit_key(two.visit.id), topic)
    return Redirect(f"{two.base}/done")


async def confirm_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and how long a name may be. No try is used up."""
    two = await _two(work)
    stated = await _to_confirm(ask, work, two)
    if stated is None:
        return Redirect(f"{two.base}/done")
    return PageWithStatus(await _confirm_page(ask, work, two, stated, _typed(ask), dict(wrong)), 422)


def _typed(ask: Ask) -> ConfirmValues:
    return ConfirmValues(*(ask.form.text(one) for one in ("full_name", "born_month", "born_day", "born_year")))


async def _to_confirm(ask: Ask, work: UnitOfWork, two: _Two) -> CheckIn | None:
    """What the desk stated and the patient has yet to confirm; None: nothing, or they tried too often."""
    stated = await checking_in.latest(work.context, two.visit.id)
    if stated is None or stated.trouble is not CheckInProblem.UNCONFIRMED:
        return None
    return None if await confirm_tries.used_up(ask.app_context, stated.id) else stated


def _read(values: ConfirmValues) -> tuple[date | None, dict[str, str]]:
    """The birth date, and what is missing or is no date."""
    wrong: dict[str, str] = {}
    if not values.full_name:
        wrong["full_name"] = NAME
    parts = [whole(one) for one in (values.born_year, values.born_month, values.born_day)]
    year, month, day = parts
    if year is None or month is None or day is None:
        return None, {**wrong, "born": BORN}
    born = calendar_day(f"{year:04}-{month:02}-{day:02}")
    return born, wrong if born else {**wrong, "born": NO_SUCH_DAY}


async def _confirm_page(
    ask: Ask,
    work: UnitOfWork,
    two: _Two,
    stated: CheckIn,
    values: ConfirmValues,
    errors: dict[str, str] | None = None,
    *,
    mismatch: bool = False,
) -> CheckInConfirm:
    return CheckInConfirm(
        frame=await _patients_frame(ask, work),
        action=f"{two.base}/confirm",
        site_name=stated.site.name,
        not_now_href=f"{two.base}/done?not-now=yes",
        values=values,
        errors=tuple(FieldError(name, remedy) for name, remedy in (errors or {}).items()),
        mismatch=mismatch,
    )


async def _patients_frame(ask: Ask, work: UnitOfWork) -> Frame:
    """The patient holds the screen: no way into anything."""
    return replace(await frame(ask, work, "Check in"), nav=(), live_url=None, search_url=None)


async def done(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: give the screen back; ``?not-now=yes`` when the patient chose to."""
    two = await _two(work)
    made = await checking_in.latest(work.context, two.visit.id)
    waits = made is not None and made.trouble is CheckInProblem.UNCONFIRMED
    return CheckInDone(
        frame=await _patients_frame(ask, work),
        until=made.valid_until if made and made.holds else None,
        not_now=ask.query("not-now") == "yes",
        no_match=waits and made is not None and await confirm_tries.used_up(ask.app_context, made.id),
        desk_href=await _day_href(work, two),
    )


ROUTES = (
    RouteSpec("GET", "/desk/visits/{visit}/check-in", form, Action.VISIT_CHECK_IN),
    RouteSpec("POST", "/desk/visits/{visit}/check-in", state, Action.VISIT_CHECK_IN),
    RouteSpec("GET", "/desk/visits/{visit}/confirm", confirm_form, Action.VISIT_CHECK_IN),
    RouteSpec(
        "POST", "/desk/visits/{visit}/confirm", confirm, Action.VISIT_CHECK_IN, form="confirm", again=confirm_too_long
    ),
    RouteSpec("GET", "/desk/visits/{visit}/done", done, Action.VISIT_CHECK_IN),
)
