"""ID tokens and logout tokens that must not hold. Pure: keys, time and expectations are given."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

from server.auth.errors import TokenRefused, UnknownTokenKey
from server.auth.settings import OidcSettings
from server.auth.tokens import (
    LOGOUT_EVENT,
    Expected,
    IdToken,
    LogoutToken,
    read_keys,
    verify_id_token,
    verify_logout_token,
)

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
KEY = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
OTHER = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
CURVE = ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)
OTHER_CURVE = {"keys": [ECKey.generate_key("P-256", {"use": "sig"}).as_dict(private=False)]}
PUBLIC = KEY.as_pem(private=False)
PUBLISHED = {"keys": [KEY.as_dict(private=False), CURVE.as_dict(private=False)]}
EXPECTED = Expected("https://id.example", "titrate", ("RS256", "ES256"), 60)
GONE = object()


def seconds(**delta: float) -> int:
    return int((NOW + timedelta(**delta)).timestamp())


def claims(**changes: object) -> dict[str, Any]:
    found: dict[str, Any] = {
        "iss": "https://id.example",
        "aud": "titrate",
        "sub": "ada",
        "nonce": "n",
        "iat": seconds(),
        "exp": seconds(minutes=5),
        "auth_time": seconds(minutes=-1),
        "sid": "s-1",
    }
    return {name: value for name, value in (found | changes).items() if value is not GONE}


def signed(body: dict[str, Any], key: Key = KEY, algorithm: str = "RS256", **header: object) -> str:
    head: dict[str, Any] = {"alg": algorithm, "kid": key.kid} | header
    return jwt.encode({k: v for k, v in head.items() if v is not GONE}, body, key, [algorithm])


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def verify(raw: str, *, max_age_s: int | None = None, now: datetime = NOW, jwks: object = PUBLISHED) -> IdToken:
    keys = read_keys(jwks)
    return verify_id_token(raw, keys, EXPECTED, nonce="n", access_token=None, max_age_s=max_age_s, now=now)


def refused(raw: str, part_name: str, **how: Any) -> None:
    with pytest.raises(TokenRefused) as caught:
        verify(raw, **how)
    assert caught.value.part == part_name


def test_a_good_token_names_the_person() -> None:
    raw = signed(claims())
    assert verify(raw) == IdToken("https://id.example", "ada", "s-1", NOW - timedelta(minutes=1), raw)


def test_an_elliptic_key_and_a_token_without_key_id_hold_too() -> None:
    assert verify(signed(claims(), CURVE, "ES256")).subject == "ada"
    assert verify(signed(claims(), KEY, "RS256", kid=GONE)).subject == "ada"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_an_unsigned_token_is_refused(algorithm: str) -> None:
    for signature in ("", "x"):
        refused(f"{part({'alg': algorithm, 'kid': KEY.kid})}.{part(claims())}.{signature}", "alg")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_the_public_key_is_no_shared_secret(algorithm: str) -> None:
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    for secret in (PUBLIC, PUBLIC.strip(), json.dumps(KEY.as_dict(private=False)).encode()):
        text = f"{part({'alg': algorithm, 'kid': KEY.kid})}.{part(claims())}"
        refused(f"{text}.{part(hmac.new(secret, text.encode(), digest).digest())}", "alg")


def test_a_published_shared_secret_is_not_even_read() -> None:
    secret = OctKey.import_key("x" * 32, {"kid": "shared", "use": "sig"})
    assert read_keys({"keys": [secret.as_dict(), *PUBLISHED["keys"]]})[0].kid == KEY.kid
    assert len(read_keys({"keys": [secret.as_dict(), *PUBLISHED["keys"]]})) == 2


def test_a_short_rsa_key_verifies_nothing() -> None:
    with pytest.warns(SecurityWarning):
        short = RSAKey.generate_key(1024, {"use": "sig"}, auto_kid=True)
    published = {"keys": [short.as_dict(private=False), *PUBLISHED["keys"]]}
    assert [one.kid for one in read_keys(published)] == [KEY.kid, CURVE.kid]
    with pytest.raises(UnknownTokenKey):
        verify(signed(claims(), short), jwks=published)


def test_no_settings_can_allow_an_unsigned_or_shared_algorithm() -> None:
    for algorithm in ("none", "HS256"):
        with pytest.raises(ValueError, match="algorithms"):
            OidcSettings("https://id.example", "titrate", "s", ("https://a.example",), ("RS256", algorithm))


def test_an_algorithm_outside_our_list_is_refused_though_the_key_would_fit() -> None:
    raw = jwt.encode({"alg": "PS256", "kid": KEY.kid}, claims(), KEY, ["PS256"])
    refused(raw, "alg")


def test_another_key_under_the_right_id_is_refused() -> None:
    refused(signed(claims(), OTHER, kid=KEY.kid), "signature")


def test_an_unknown_key_id_asks_for_the_keys_again() -> None:
    with pytest.raises(UnknownTokenKey):
        verify(signed(claims(), OTHER))


def test_a_key_for_encryption_verifies_nothing() -> None:
    with pytest.raises(UnknownTokenKey):
        verify(signed(claims()), jwks={"keys": [KEY.as_dict(private=False) | {"use": "enc"}]})


def test_a_key_inside_the_token_is_not_used() -> None:
    with pytest.raises(TokenRefused):
        verify(signed(claims(), OTHER, kid=GONE, jwk=OTHER.as_dict(private=False)))
    refused(signed(claims(), CURVE, "ES256", kid=GONE, jku="https://evil.example/jwks"), "signature", jwks=OTHER_CURVE)


def test_a_changed_claim_breaks_the_signature() -> None:
    head, _, signature = signed(claims()).split(".")
    refused(f"{head}.{part(claims(sub='drew'))}.{signature}", "signature")


def test_an_extension_that_must_be_understood_is_refused() -> None:
    head = part({"alg": "RS256", "kid": KEY.kid, "crit": ["exp"], "exp": 1})
    refused(f"{head}.{part(claims())}.x", "crit")


@pytest.mark.parametrize(
    ("changes", "part_name"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"iss": GONE}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": GONE}, "aud"),
        ({"aud": ["another"]}, "aud"),
        ({"aud": {"titrate": 1}}, "aud"),
        ({"aud": ["titrate", "another"]}, "azp"),
        ({"aud": ["titrate", "another"], "azp": "another"}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"nonce": "other"}, "nonce"),
        ({"nonce": GONE}, "nonce"),
        ({"nonce": ""}, "nonce"),
        ({"exp": seconds(minutes=-2)}, "exp"),
        ({"exp": GONE}, "exp"),
        ({"exp": "tomorrow"}, "exp"),
        ({"iat": seconds(minutes=5)}, "iat"),
        ({"iat": GONE}, "iat"),
        ({"nbf": seconds(minutes=5)}, "nbf"),
        ({"auth_time": seconds(minutes=5)}, "auth_time"),
        ({"auth_time": "now"}, "auth_time"),
        ({"auth_time": True}, "auth_time"),
        ({"auth_time": 1e300}, "auth_time"),
        ({"sub": GONE}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sub": "a" * 256}, "sub"),
        ({"sid": 7}, "sid"),
    ],
)
def test_a_wrong_claim_is_refused_by_name(changes: dict[str, object], part_name: str) -> None:
    assert verify(signed(claims())).subject == "ada"
    refused(signed(claims(**changes)), part_name)


def test_a_token_for_several_of_which_we_are_the_authorised_party_holds() -> None:
    assert verify(signed(claims(aud=["titrate", "another"], azp="titrate"))).subject == "ada"


def test_a_sign_in_older_than_we_asked_for_is_refused() -> None:
    old = signed(claims(auth_time=seconds(minutes=-10)))
    assert verify(old, max_age_s=600).subject == "ada"
    refused(old, "auth_time", max_age_s=300)
    refused(signed(claims(auth_time=GONE)), "auth_time", max_age_s=300)


def test_clocks_may_differ_by_a_minute_and_no_more() -> None:
    raw = signed(claims())
    assert verify(raw, now=NOW + timedelta(minutes=5, seconds=59)).subject == "ada"
    refused(raw, "exp", now=NOW + timedelta(minutes=6))


def test_a_hash_of_another_access_token_is_refused() -> None:
    raw = signed(claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"))
    with pytest.raises(TokenRefused):
        verify_id_token(raw, read_keys(PUBLISHED), EXPECTED, nonce="n", access_token="other", max_age_s=None, now=NOW)


def test_a_logout_token_signs_nobody_in() -> None:
    refused(signed(claims(), typ="logout+jwt"), "typ")


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{0,80}(\.[A-Za-z0-9_-]{0,80}){0,4}", fullmatch=True))
def test_no_text_at_all_is_a_token(raw: str) -> None:
    with pytest.raises(TokenRefused):
        verify(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@given(JSON)
@example("0000")
def test_any_published_document_can_be_read_as_keys(document: object) -> None:
    assert read_keys(document) == ()
    assert read_keys({"keys": document}) == ()
    assert read_keys({"keys": [{"kty": "RSA", "n": document, "e": "AQAB"}, {"kty": "EC", "crv": document}]}) == ()


@given(JSON, st.sampled_from(["alg", "kid", "typ", "crit"]))
def test_any_header_is_answered_by_a_refusal(value: object, name: str) -> None:
    with pytest.raises(TokenRefused):
        verify(f"{part({'alg': 'RS256', 'kid': KEY.kid} | {name: value})}.{part(claims())}.AAAA")


def logout_claims(**changes: object) -> dict[str, Any]:
    found: dict[str, Any] = {
        "iss": "https://id.example",
        "aud": "titrate",
        "sub": "ada",
        "sid": "s-1",
        "iat": seconds(),
        "exp": seconds(minutes=2),
        "jti": "j-1",
        "events": {LOGOUT_EVENT: {}},
    }
    return {name: value for name, value in (found | changes).items() if value is not GONE}


def verify_logout(raw: str) -> LogoutToken:
    return verify_logout_token(raw, read_keys(PUBLISHED), EXPECTED, now=NOW)


def test_a_good_logout_token_names_whose_sessions_end() -> None:
    found = verify_logout(signed(logout_claims(), typ="logout+jwt"))
    assert found == LogoutToken("https://id.example", "ada", "s-1", "j-1", NOW + timedelta(minutes=2))
    assert verify_logout(signed(logout_claims(sid=GONE))).sid is None
    assert verify_logout(signed(logout_claims(sub=GONE))).subject is None


@pytest.mark.parametrize(
    ("changes", "part_name"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"iat": seconds(minutes=-10)}, "iat"),
        ({"iat": seconds(minutes=10)}, "iat"),
        ({"iat": GONE}, "iat"),
        ({"exp": seconds(minutes=-2)}, "exp"),
        ({"exp": GONE}, "exp"),
        ({"jti": GONE}, "jti"),
        ({"jti": ""}, "jti"),
        ({"events": GONE}, "events"),
        ({"events": {}}, "events"),
        ({"events": {LOGOUT_EVENT: "yes"}}, "events"),
        ({"events": [LOGOUT_EVENT]}, "events"),
        ({"nonce": "n"}, "nonce"),
        ({"sub": GONE, "sid": GONE}, "sub"),
        ({"sub": 7}, "sub"),
    ],
)
def test_a_wrong_logout_token_is_refused_by_name(changes: dict[str, object], part_name: str) -> None:
    with pytest.raises(TokenRefused) as caught:
        verify_logout(signed(logout_claims(**changes)))
    assert caught.value.part == part_name


def test_an_id_token_ends_no_sessions_and_another_kind_of_token_neither() -> None:
    for raw in (signed(claims()), signed(logout_claims(), typ="at+jwt")):
        with pytest.raises(TokenRefused):
            verify_logout(raw)
