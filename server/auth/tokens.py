"""Signed tokens of the provider, verified: ID tokens and logout tokens. Pure; the time and the keys are given.

The list of algorithms is ours. Authlib 1.9.9 takes the provider's own list from discovery, which made an unsigned
``alg: none`` token pass when a provider offered it, and does not compare ``auth_time`` with ``max_age``: both are
done here, on top of Authlib's claim checks.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from server.auth import outside_json
from server.auth.errors import TokenRefused, UnknownTokenKey

# A provider's token is a few kilobytes; more is an attempt to make us work.
MAX_TOKEN_CHARS = 16_384
# RFC 7518, section 3.3: "A key of size 2048 bits or larger MUST be used".
MIN_RSA_BITS = 2048
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
# A logout token is delivered at once; an old one is a replay (OpenID Connect Back-Channel Logout 1.0, section 2.6).
LOGOUT_MAX_AGE = timedelta(minutes=5)
_KEY_TYPES: Mapping[str, type[RSAKey | ECKey | OKPKey]] = {"RS": RSAKey, "PS": RSAKey, "ES": ECKey, "Ed": OKPKey}


@dataclass(frozen=True, slots=True)
class Expected:
    """What every token of our provider must say."""

    issuer: str
    client_id: str
    algorithms: tuple[str, ...]
    leeway_s: int


@dataclass(frozen=True, slots=True)
class IdToken:
    """Who signed in, proven. ``auth_time``: when at the provider (None: it does not say)."""

    issuer: str
    subject: str
    sid: str | None
    auth_time: datetime | None
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LogoutToken:
    """Whose sessions the provider ended: one (``sid``) or all of a subject. At least one of the two is set."""

    issuer: str
    subject: str | None
    sid: str | None
    jti: str
    expires_at: datetime


def read_keys(jwks: object) -> tuple[Key, ...]:
    """The keys of a JWKS document that may verify a signature; not shared secrets, unknown kinds or short RSA keys."""
    entries = jwks.get("keys") if isinstance(jwks, dict) else None
    keys: list[Key] = []
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        for kind in (RSAKey, ECKey, OKPKey):
            if entry.get("kty") == kind.key_type:
                try:
                    if kind is not RSAKey or _bits(entry["n"]) >= MIN_RSA_BITS:
                        keys.append(kind.import_key(entry))
                except (JoseError, ValueError, TypeError, KeyError):
                    # One unusable key must not keep everybody out; a token signed with it finds no key.
                    continue
    return tuple(keys)


def _bits(encoded: str) -> int:
    """The length of a number as RFC 7518 writes it (base64url, big endian)."""
    return int.from_bytes(base64.urlsafe_b64decode(f"{encoded}==")).bit_length()


def verify_id_token(
    raw: str,
    keys: Iterable[Key],
    expected: Expected,
    *,
    nonce: str,
    access_token: str | None,
    max_age_s: int | None,
    now: datetime,
) -> IdToken:
    """The person an ID token names (OpenID Connect Core 1.0, section 3.1.3.7).

    Raises ``TokenRefused`` naming the part that failed, ``UnknownTokenKey`` when the keys should be fetched again.
    """
    header, claims = _signed(raw, keys, expected.algorithms)
    if header.get("typ", "JWT").lower() == "logout+jwt":
        raise TokenRefused("typ")
    _check_audience(claims, expected)
    _check_claims(header, claims, expected, nonce=nonce, access_token=access_token, now=now)
    auth_time = _moment(claims, "auth_time") if "auth_time" in claims else None
    _check_auth_time(auth_time, max_age_s, timedelta(seconds=expected.leeway_s), now)
    return IdToken(
        issuer=expected.issuer,
        subject=_text(claims, "sub"),
        sid=_text(claims, "sid") if "sid" in claims else None,
        auth_time=auth_time,
        raw=raw,
    )


def verify_logout_token(raw: str, keys: Iterable[Key], expected: Expected, *, now: datetime) -> LogoutToken:
    """The sessions a logout token ends (OpenID Connect Back-Channel Logout 1.0, section 2.6).

    Raises ``TokenRefused``. The caller must refuse a ``jti`` seen before.
    """
    header, claims = _signed(raw, keys, expected.algorithms)
    if header.get("typ", "JWT").lower() not in {"logout+jwt", "jwt"}:
        raise TokenRefused("typ")
    leeway = timedelta(seconds=expected.leeway_s)
    issued_at, expires_at = _moment(claims, "iat"), _moment(claims, "exp")
    if claims.get("iss") != expected.issuer:
        raise TokenRefused("iss")
    _check_audience(claims, expected)
    if not now - LOGOUT_MAX_AGE - leeway <= issued_at <= now + leeway:
        raise TokenRefused("iat")
    if expires_at <= now - leeway:
        raise TokenRefused("exp")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise TokenRefused("events")
    if "nonce" in claims:
        # Section 2.4 forbids it, so that an ID token can never serve as a logout token.
        raise TokenRefused("nonce")
    subject = _text(claims, "sub") if "sub" in claims else None
    sid = _text(claims, "sid") if "sid" in claims else None
    if subject is None and sid is None:
        raise TokenRefused("sub")
    return LogoutToken(expected.issuer, subject, sid, _text(claims, "jti"), expires_at)


def _signed(raw: str, keys: Iterable[Key], algorithms: tuple[str, ...]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims of a token whose signature holds, by one of our algorithms and a key of its kind."""
    header = _header(raw)
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in algorithms:
        raise TokenRefused("alg")
    if "crit" in header:
        # We understand no extension that must be understood (RFC 7515, section 4.1.11).
        raise TokenRefused("crit")
    kind = _KEY_TYPES[algorithm[:2]]
    fitting = [
        key
        for key in keys
        if isinstance(key, kind) and key.alg in {None, algorithm} and (key_id is None or key.kid in {None, key_id})
    ]
    if not fitting:
        raise UnknownTokenKey
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    for key in fitting:
        try:
            token = jwt.decode(raw, key, registry=registry)
        except BadSignatureError:
            continue
        except (JoseError, ValueError) as error:
            raise TokenRefused("form") from error
        return token.header, token.claims
    raise TokenRefused("signature")


def _header(raw: str) -> Mapping[str, Any]:
    """The header of a compact JWS, unverified: only to choose the key.

    The claims are read too, and forgotten: what cannot be read within our limits never comes to the library.
    """
    if len(raw) > MAX_TOKEN_CHARS or raw.count(".") != 2:
        raise TokenRefused("form")
    header, _ = (_part(each) for each in raw.split(".")[:2])
    if not isinstance(header, dict) or not isinstance(header.get("alg"), str):
        raise TokenRefused("form")
    if not isinstance(header.get("kid", ""), str) or not isinstance(header.get("typ", ""), str):
        raise TokenRefused("form")
    return header


def _part(encoded: str) -> Any:
    try:
        text = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        return outside_json.read(text, most_bytes=MAX_TOKEN_CHARS)
    except (ValueError, binascii.Error) as error:
        raise TokenRefused("form") from error


def _check_audience(claims: Mapping[str, Any], expected: Expected) -> None:
    """The token is for us; with further audiences, or an ``azp``, it was issued to us."""
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or expected.client_id not in audiences:
        raise TokenRefused("aud")
    azp = claims.get("azp", None if len(audiences) > 1 else expected.client_id)
    if azp != expected.client_id:
        raise TokenRefused("azp")


def _check_claims(
    header: Mapping[str, Any],
    claims: Mapping[str, Any],
    expected: Expected,
    *,
    nonce: str,
    access_token: str | None,
    now: datetime,
) -> None:
    """Authlib's checks: iss, exp, nbf, iat, nonce, amr, azp, at_hash."""
    checked = CodeIDToken(
        dict(claims),
        dict(header),
        {"iss": {"essential": True, "value": expected.issuer}, "nonce": {"essential": True}},
        {"nonce": nonce, "client_id": expected.client_id, "access_token": access_token},
    )
    try:
        checked.validate(now=int(now.timestamp()), leeway=expected.leeway_s)
    except JoseError as error:
        raise TokenRefused(str(getattr(error, "claim", None) or getattr(error, "error", "claims"))) from error


def _check_auth_time(auth_time: datetime | None, max_age_s: int | None, leeway: timedelta, now: datetime) -> None:
    """The sign-in at the provider is not in the future and, when we asked for an age, fresh enough."""
    if auth_time is not None and auth_time > now + leeway:
        raise TokenRefused("auth_time")
    if max_age_s is not None and (auth_time is None or auth_time < now - timedelta(seconds=max_age_s) - leeway):
        raise TokenRefused("auth_time")


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    # Core, section 2: "It MUST NOT exceed 255 ASCII characters" for sub; the same bound serves the others.
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        raise TokenRefused(name)
    return value


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(name)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise TokenRefused(name) from error
