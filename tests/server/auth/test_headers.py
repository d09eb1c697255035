"""What every answer tells the browser."""

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from server.http.headers import HeaderSettings, SecurityHeaders, content_security_policy, header_settings
from tests.server.auth.street import Browser, Street, bound, serving

OWN = "https://visits.example"
PROVIDER = "https://id.example"


def directives(policy: str) -> dict[str, list[str]]:
    parts = (part.split() for part in policy.split(";"))
    return {words[0]: words[1:] for words in parts}


def test_the_policy_allows_nothing_inline_and_nothing_unnamed() -> None:
    policy = content_security_policy(OWN, (PROVIDER,))
    assert "unsafe" not in policy
    assert "*" not in policy
    found = directives(policy)
    assert found["default-src"] == found["frame-ancestors"] == found["base-uri"] == ["'none'"]
    assert found["script-src"] == found["style-src"] == ["'self'"]
    assert found["connect-src"] == ["'self'", "wss://visits.example"]
    assert found["form-action"] == ["'self'", PROVIDER]


def test_an_address_that_is_not_ours_gets_the_narrow_policy() -> None:
    found = directives(content_security_policy(None, (PROVIDER,)))
    assert found["connect-src"] == found["form-action"] == ["'self'"]


def test_forms_may_lead_to_the_provider_and_in_the_demo_to_its_hosts() -> None:
    class Chosen:
        oidc_issuer = f"{PROVIDER}/realms/clinic"

    assert header_settings(Chosen(), (OWN,), demo=False) == HeaderSettings((OWN,), (PROVIDER,))
    assert header_settings(Chosen(), (OWN,), demo=True).form_targets == (PROVIDER, OWN)


async def test_pages_and_refusals_carry_them_all(street: Street, browser: Browser) -> None:
    for path in ("/sign-in", "/home", "/no-such-page"):
        headers = (await browser.get(f"{street.clinic}{path}")).headers
        assert directives(headers["content-security-policy"])["connect-src"] == [
            "'self'",
            street.clinic.replace("http", "ws", 1),
        ]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "camera=(self)" in headers["permissions-policy"]
        assert "geolocation=()" in headers["permissions-policy"]
        # Browsers ignore HSTS over plain HTTP, and on localhost it would lock every other program out.
        assert "strict-transport-security" not in headers


async def test_hsts_stands_behind_tls_only_and_static_files_may_be_kept() -> None:
    async def page(request: object) -> PlainTextResponse:
        return PlainTextResponse("page", headers={"Referrer-Policy": "no-referrer"})

    inner = Starlette(routes=[Route("/static/app.css", page), Route("/", page)])
    app: ASGIApp = SecurityHeaders(inner, HeaderSettings((OWN, "http://localhost:8000"), (PROVIDER,)))
    line = bound()
    address = f"http://127.0.0.1:{line.getsockname()[1]}"
    async with serving((app, line)), httpx2.AsyncClient(verify=False) as http:
        tls = await http.get(address, headers={"Host": "visits.example"})
        assert tls.headers["strict-transport-security"] == "max-age=31536000"
        assert tls.headers["referrer-policy"] == "no-referrer"
        plain = await http.get(address, headers={"Host": "localhost:8000"})
        assert "strict-transport-security" not in plain.headers
        static = await http.get(f"{address}/static/app.css", headers={"Host": "visits.example"})
        assert "cache-control" not in static.headers
        assert static.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("own", ["https://visits.example:8443", "http://ada.localhost:8000"])
def test_sockets_are_allowed_to_the_pages_own_address_alone(own: str) -> None:
    assert directives(content_security_policy(own, ()))["connect-src"] == ["'self'", own.replace("http", "ws", 1)]
