"""Sign-ins under way, kept for ten minutes in Redis and bound to the browser that began them.

The ``state`` alone would let an attacker send a victim's browser the attacker's own callback address, and so sign
the victim in as the attacker (RFC 6749, section 10.12); the browser's cookie is the other half.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

from redis.asyncio import Redis

from server.auth.oidc import SignInAttempt

KEEP_S = 600


@dataclass(frozen=True, slots=True)
class StartedSignIn:
    """An attempt and the page of ours to go to when it succeeds."""

    attempt: SignInAttempt
    next_path: str


@dataclass(frozen=True, slots=True)
class UnknownPerson:
    """Somebody the provider knows and the clinic does not: what the "no access yet" page tells, and how to leave."""

    issuer: str
    subject: str
    id_token: str = field(repr=False)


def new_browser_mark() -> str:
    """A value for the cookie that binds attempts to one browser. It signs nobody in."""
    return secrets.token_urlsafe(32)


class Attempts:
    """Where attempts and strangers are kept; an attempt is given out once."""

    def __init__(self, redis: Redis, prefix: str = "titrate") -> None:
        self._redis = redis
        self._prefix = prefix

    async def keep(self, browser: str, begun: StartedSignIn) -> None:
        """Remember a sign-in until the provider answers."""
        attempt = begun.attempt
        facts = [attempt.state, attempt.nonce, attempt.verifier, attempt.origin, begun.next_path]
        await self._redis.set(self._name("attempt", attempt.state, browser), json.dumps(facts), ex=KEEP_S)

    async def take(self, browser: str, state: str) -> StartedSignIn | None:
        """The attempt of this state and browser, once; None: never begun here, too late, or taken before."""
        kept = await self._redis.getdel(self._name("attempt", state, browser))
        if kept is None:
            return None
        state, nonce, verifier, origin, next_path = json.loads(kept)
        return StartedSignIn(SignInAttempt(state, nonce, verifier, origin), next_path)

    async def keep_stranger(self, browser: str, stranger: UnknownPerson) -> None:
        """Remember who has no access, for the page that says so."""
        facts = json.dumps([stranger.issuer, stranger.subject, stranger.id_token])
        await self._redis.set(self._name("stranger", browser), facts, ex=KEEP_S)

    async def stranger(self, browser: str, *, forget: bool = False) -> UnknownPerson | None:
        """Who was told that there is no access yet in this browser."""
        name = self._name("stranger", browser)
        kept = await (self._redis.getdel(name) if forget else self._redis.get(name))
        return UnknownPerson(*json.loads(kept)) if kept is not None else None

    async def first_use(self, token_id: str, issuer: str, keep_s: int) -> bool:
        """Whether a logout token's ``jti`` comes for the first time; remembered while the token could be valid."""
        name = self._name("logout", issuer, token_id)
        return bool(await self._redis.set(name, "1", nx=True, ex=max(1, keep_s)))

    def _name(self, kind: str, *parts: str) -> str:
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return f"{self._prefix}:{kind}:{digest}"
