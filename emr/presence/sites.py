"""Use cases of the clinic's sites: add one, close one. The site's state is the place whose law holds in person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.presence import repository as records
from emr.presence.events import SiteAdded, SiteClosed
from emr.presence.model import Site
from emr.shared import contact
from emr.shared import text as words
from emr.shared.context import UseCaseContext
from emr.shared.errors import Invalid, NotFound
from emr.shared.ids import SiteId

_POSTAL = re.compile(r"\d{5}(-\d{4})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSite:
    """What is asked for when a site is added. Texts as typed."""

    name: str
    line: str
    city: str
    state: str
    postal: str


async def add_site(
    context: UseCaseContext, new: NewSite, *, id: SiteId | None = None, by_operator: bool = False
) -> Site:
    """A place where people are seen from now on. Raises `Invalid` with a remedy for each field that cannot be used.

    `by_operator`: by somebody at the shell, who is nobody on record.
    """
    name, line, city = words.line(new.name, 100), words.line(new.line, 200), words.line(new.city, 100)
    state, postal = new.state.strip().upper(), new.postal.strip()
    wrong: dict[str, str] = {}
    if name is None:
        wrong["name"] = "Enter a site name of at most 100 characters."
    elif any(one.name.casefold() == name.casefold() for one in await records.sites(context.conn)):
        wrong["name"] = "A site with this name already exists. Choose another name."
    if line is None:
        wrong["line"] = "Enter the street address."
    if city is None:
        wrong["city"] = "Enter the city or town."
    if state not in contact.states():
        wrong["state"] = "Choose the site's state. State law determines what may be prescribed there."
    if not _POSTAL.fullmatch(postal):
        wrong["postal"] = "Enter the five-digit ZIP code, for example 33605."
    if wrong or name is None or line is None or city is None:
        raise Invalid(wrong)
    site = Site(id or SiteId(uuid4()), name, line, city, state, postal, context.now)
    await records.add_site(context.conn, site, None if by_operator else context.actor)
    context.events.append(SiteAdded(patient=None, visit=None, site=site.id))
    return site


async def close_site(context: UseCaseContext, site_id: SiteId) -> None:
    """Nobody is booked or checked in there any more. Closing a closed site changes nothing. Raises `NotFound`."""
    site = await records.site(context.conn, site_id)
    if site is None:
        raise NotFound
    if site.closed_at is None:
        await records.close_site(context.conn, site_id, context.now)
        context.events.append(SiteClosed(patient=None, visit=None, site=site_id))


async def sites(conn: AsyncConnection, *, closed: bool = False) -> Sequence[Site]:
    """The open sites by name; with `closed`, those that were closed too."""
    return await records.sites(conn, closed=closed)
