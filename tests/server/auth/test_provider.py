"""The demo's provider refuses what a real one must refuse, and says what a real one says."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from server.demo.provider import load_key
from tests.server.auth.street import KEY, SECRET, Street

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def asked(street: Street, **changes: str | None) -> str:
    query: dict[str, str | None] = {
        "client_id": "titrate",
        "response_type": "code",
        "redirect_uri": f"{street.clinic}/sign-in/callback",
        "scope": "openid profile",
        "state": "s",
        "nonce": "n" * 20,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "login_hint": "ada",
    }
    kept = {name: value for name, value in (query | changes).items() if value is not None}
    return f"{street.issuer}/authorize?{urlencode(kept)}"


def answer_of(response: httpx2.Response) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}


async def code_of(street: Street, http: httpx2.AsyncClient) -> str:
    return answer_of(await http.get(asked(street)))["code"]


async def redeem(street: Street, http: httpx2.AsyncClient, code: str, **changes: str | None) -> httpx2.Response:
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{street.clinic}/sign-in/callback",
        "code_verifier": VERIFIER,
        "client_id": "titrate",
        "client_secret": SECRET,
    }
    kept = {name: value for name, value in (form | changes).items() if value is not None}
    return await http.post(f"{street.issuer}/token", data=kept)


async def test_discovery_names_endpoints_that_answer(street: Street) -> None:
    found = (await street.http.get(f"{street.issuer}/.well-known/openid-configuration")).json()
    assert found["issuer"] == street.issuer
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]
    keys = (await street.http.get(found["jwks_uri"])).json()["keys"]
    assert [key["kid"] for key in keys] == [KEY.kid]
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(keys[0])
    assert (await street.http.get(found["userinfo_endpoint"])).status_code == 401


async def test_a_code_is_worth_an_id_token_and_userinfo(street: Street) -> None:
    token = (await redeem(street, street.http, await code_of(street, street.http))).json()
    claims = jwt.decode(token["id_token"], KEY, ["RS256"]).claims
    assert (claims["iss"], claims["aud"], claims["sub"]) == (street.issuer, "titrate", "ada")
    assert {"nonce", "sid", "at_hash", "auth_time", "iat", "exp"} <= set(claims)
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    found = (await street.http.get(f"{street.issuer}/userinfo", headers=bearer)).json()
    assert found == {"sub": "ada", "name": "Ada Lindqvist"}
    street.clock.pass_by(minutes=6)
    assert (await street.http.get(f"{street.issuer}/userinfo", headers=bearer)).status_code == 401


async def test_a_code_used_twice_is_refused_and_takes_its_token_back(street: Street) -> None:
    code = await code_of(street, street.http)
    token = (await redeem(street, street.http, code)).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert (await street.http.get(f"{street.issuer}/userinfo", headers=bearer)).status_code == 200
    again = await redeem(street, street.http, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await street.http.get(f"{street.issuer}/userinfo", headers=bearer)).status_code == 401


async def test_a_code_lasts_a_minute(street: Street) -> None:
    code = await code_of(street, street.http)
    street.clock.pass_by(seconds=61)
    assert (await redeem(street, street.http, code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": CHALLENGE}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:1/sign-in/callback"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_secret": None}, "invalid_client"),
        ({"client_id": "another"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
    ],
)
async def test_a_wrong_exchange_is_refused(street: Street, changes: dict[str, str | None], error: str) -> None:
    assert (await redeem(street, street.http, await code_of(street, street.http))).status_code == 200
    code = answer_of(await street.http.get(asked(street, nonce="m" * 20)))["code"]
    answer = await redeem(street, street.http, code, **changes)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] == error
    assert "id_token" not in answer.json()


async def test_an_invented_code_is_refused(street: Street) -> None:
    assert (await redeem(street, street.http, "invented")).json()["error"] == "invalid_grant"


async def test_a_guessed_verifier_costs_the_code(street: Street) -> None:
    code = await code_of(street, street.http)
    assert (await redeem(street, street.http, code, code_verifier="w" * 43)).status_code == 400
    assert (await redeem(street, street.http, code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "variant",
    [
        "{clinic}/sign-in/callback/",
        "{clinic}/sign-in/callback?x=1",
        "{clinic}/sign-in/callback#x",
        "{clinic}/sign-in/Callback",
        "{clinic}/sign-in/../sign-in/callback",
        "{clinic}@evil.example/sign-in/callback",
        "http://localhost.evil.example/sign-in/callback",
        "http://olu.localhost/sign-in/callback",
        "https://evil.example/sign-in/callback",
        "javascript:alert(1)",
        "",
    ],
)
async def test_only_the_registered_addresses_get_a_code(street: Street, variant: str) -> None:
    answer = await street.http.get(asked(street, redirect_uri=variant.format(clinic=street.clinic)))
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_an_unknown_client_gets_no_redirect(street: Street) -> None:
    for client_id in ("another", None):
        answer = await street.http.get(asked(street, client_id=client_id))
        assert answer.status_code in {400, 401}
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"prompt": "none", "login_hint": None}, "login_required"),
    ],
)
async def test_a_request_that_lacks_protection_gets_an_error_instead_of_a_code(
    street: Street, changes: dict[str, str | None], error: str
) -> None:
    answer = await street.http.get(asked(street, **changes))
    found = answer_of(answer)
    assert found["error"] == error
    assert found["state"] == "s"
    assert found["iss"] == street.issuer
    assert "code" not in found


async def test_a_repeated_parameter_is_refused(street: Street) -> None:
    for more in (f"&redirect_uri={street.clinic}/sign-in/callback", "&x=1" * 60):
        assert (await street.http.get(asked(street) + more)).status_code == 400


async def test_an_unknown_person_is_shown_the_cards(street: Street) -> None:
    answer = await street.http.get(asked(street, login_hint="mallory"))
    assert answer.status_code == 200
    assert "login_hint=ada" in answer.text
    assert "mallory" not in answer.text


async def test_signing_out_redirects_only_to_a_registered_address_with_a_token_of_ours(street: Street) -> None:
    token = (await redeem(street, street.http, await code_of(street, street.http))).json()["id_token"]
    forged = jwt.encode(
        {"alg": "RS256"}, dict(jwt.decode(token, KEY, ["RS256"]).claims), RSAKey.generate_key(2048), ["RS256"]
    )
    back = f"{street.clinic}/signed-out"
    tries: list[tuple[dict[str, str], int]] = [
        ({"id_token_hint": token, "post_logout_redirect_uri": back}, 303),
        ({"id_token_hint": token, "post_logout_redirect_uri": "https://evil.example/"}, 200),
        ({"id_token_hint": forged, "post_logout_redirect_uri": back}, 400),
        ({"client_id": "titrate", "post_logout_redirect_uri": back}, 200),
        ({"id_token_hint": token, "client_id": "another", "post_logout_redirect_uri": back}, 400),
    ]
    for query, status in tries:
        answer = await street.http.get(f"{street.issuer}/end-session?{urlencode(query)}")
        assert answer.status_code == status, query
        assert ("location" in answer.headers) == (status == 303)


async def test_cards_open_on_hosts_of_their_own(street: Street) -> None:
    urls = street.provider.own_host_urls()
    assert urls["ada"] == f"http://ada.localhost:{street.port}/sign-in/start?login_hint=ada"
    assert len({urlsplit(url).netloc for url in urls.values()}) == len(urls)


def test_the_signing_key_survives_a_restart(tmp_path: Any) -> None:
    path = tmp_path / "provider.pem"
    first, second = load_key(path), load_key(path)
    assert first.kid == second.kid
    assert path.stat().st_mode & 0o077 == 0
