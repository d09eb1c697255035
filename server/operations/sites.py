"""``titrate site``: the clinic's sites from the shell, as the administrator's page has them."""

from emr.presence import sites
from emr.presence.model import Site
from emr.presence.sites import NewSite
from emr.shared.errors import NotFound
from server.operations.operating import operating
from server.platform.settings import Settings


async def add_site(settings: Settings, new: NewSite) -> Site:
    """Open a site. Raises ``Invalid``."""
    async with operating(settings, "command.site_add") as context:
        return await sites.add_site(context, new, by_operator=True)


async def close_site(settings: Settings, name: str) -> Site:
    """Close the open site of that name, whatever its capitals. Raises ``NotFound`` when there is none."""
    async with operating(settings, "command.site_close") as context:
        for site in await sites.sites(context.conn):
            if site.name.casefold() == name.strip().casefold():
                await sites.close_site(context, site.id)
                return site
    raise NotFound("no_such_site", "No open site has this name: see titrate site list.")


async def list_sites(settings: Settings) -> tuple[Site, ...]:
    """Every site by name, those that were closed too."""
    async with operating(settings, "command.site_list") as context:
        return tuple(await sites.sites(context.conn, closed=True))
