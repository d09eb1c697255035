"""What only the demo has: its provider, its front page of cards, the styleguide, and the addresses of its people."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from server.application.demo_parts import DemoParts
from server.demo import cards, cast
from server.demo.provider import DemoProvider, Member, ProviderSettings, load_key
from server.demo.styleguide import styleguide
from server.platform.settings import Settings


def public_origins(settings: Settings) -> tuple[str, ...]:
    """Every address of the demo: plain localhost, and a host for each person."""
    parts = urlsplit(settings.public_url)
    hosts = [parts.netloc, *(f"{slug}.{parts.netloc}" for slug in _subjects()), f"127.0.0.1:{settings.port}"]
    return tuple(f"{parts.scheme}://{host}" for host in hosts)


def routes(settings: Settings) -> list[BaseRoute]:
    """The demo's own routes. They are not there at all in production."""
    provider = DemoProvider(
        ProviderSettings(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            client_origins=public_origins(settings),
        ),
        tuple(Member(slug, name) for slug, name in _subjects().items()),
        load_key(settings.log_key_file.with_name("provider-key.pem")),
        _show_cards,
    )
    return [Route("/", provider.front), *provider.routes(), Route("/styleguide", styleguide)]


async def _show_cards(request: Request, addresses: Mapping[str, str]) -> Response:
    return HTMLResponse(await cards.page(request.app.state.app_context, addresses))


def _subjects() -> dict[str, str]:
    return {member.slug: member.name for member in cast.CAST} | {cast.STRANGER_SLUG: cast.STRANGER_NAME}


async def keep_alive(settings: Settings, now: datetime) -> None:
    """A demo that is left open all day still has two visits that can be joined."""
    from server.demo.history import bring_up_to_date  # the whole story: only a demo's worker needs it

    await bring_up_to_date(settings, now, seals=True)


PARTS = DemoParts(public_origins, routes, keep_alive)
