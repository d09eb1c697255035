"""The administrator's sites: where the clinic meets patients in person."""

from collections.abc import Mapping

from compliance.shared.vocabulary import Action
from emr.presence import sites
from emr.presence.model import Site
from emr.presence.sites import NewSite
from emr.shared import contact
from emr.shared.errors import Invalid
from emr.shared.ids import SiteId
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, PageWithStatus, Redirect, RouteSpec
from server.presenters.frames import frame
from visit_ui.pages.admin.sites import SiteRow, Sites, SiteValues
from visit_ui.pages.shell.parts import FieldError, Option


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: the list and the form; ``?of=`` the site that was just added or closed."""
    return await _page(ask, work, SiteValues(), {})


async def add(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: open a site."""
    typed = _typed(ask)
    try:
        added = await sites.add_site(work.context, NewSite(**typed))
    except Invalid as error:
        return PageWithStatus(await _page(ask, work, SiteValues(**typed), dict(error.fields)), 422)
    return Redirect(f"/sites?of={added.id}")


async def add_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and what does not fit. No site is opened."""
    return PageWithStatus(await _page(ask, work, SiteValues(**_typed(ask)), dict(wrong)), 422)


def _typed(ask: Ask) -> dict[str, str]:
    return {name: ask.form.text(name) for name in ("name", "line", "city", "state", "postal")}


async def close(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: nobody is booked or checked in there any more."""
    site = SiteId(ask.path_id("site"))
    await sites.close_site(work.context, site)
    return Redirect(f"/sites?of={site}")


async def _page(ask: Ask, work: UnitOfWork, values: SiteValues, errors: dict[str, str]) -> Sites:
    known = sorted(await sites.sites(work.conn, closed=True), key=lambda one: one.closed_at is not None)
    states = contact.states()
    return Sites(
        frame=await frame(ask, work, "Sites"),
        sites=tuple(_row(one, states[one.state]) for one in known),
        values=values,
        errors=tuple(FieldError(name, remedy) for name, remedy in errors.items()),
        states=tuple(Option(code, name) for code, name in states.items()),
        said=next((_said(one) for one in known if str(one.id) == ask.query("of")), None),
    )


def _row(site: Site, state: str) -> SiteRow:
    return SiteRow(
        name=site.name,
        line=site.line,
        city=site.city,
        state=state,
        postal=site.postal,
        since=site.added_at,
        close_action=None if site.closed_at else f"/sites/{site.id}/close",
        closed=site.closed_at,
    )


def _said(site: Site) -> str:
    return f"{site.name} is closed." if site.closed_at else f"{site.name} is open for check-in."


ROUTES = (
    RouteSpec("GET", "/sites", show, Action.SITE_READ),
    RouteSpec("POST", "/sites", add, Action.SITE_CHANGE, form="site", again=add_too_long),
    RouteSpec("POST", "/sites/{site}/close", close, Action.SITE_CHANGE),
)
