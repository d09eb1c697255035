"""Changes that were made, by who sent them, route and key, in the change's own transaction. The only SQL of it.

The row of a change is written before the change and holds its answer after it. A second request with the same key
waits at the unique index until the first has committed (and then reads the answer) or has not (and makes the change).
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from operator import itemgetter

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from emr.shared.ids import PersonId
from server.http import csrf
from server.http.forms import PostedForm
from server.http.idempotency.key import FIELD, KeyReused, key_of
from server.platform.tables import sent_change

# Longer than a day and a night: who sent a form in the evening and finds the tab the day after next begins anew.
KEPT_FOR = timedelta(hours=48)

# What is no part of what is asked for: the token is renewed by signing in again, the key is the row's own.
_NOT_SAID = frozenset({csrf.FIELD, FIELD})
_PURPOSE = b"titrate: digest of a sent change, 1"


@dataclass(frozen=True, slots=True)
class SubmittedChange:
    """A change as it came. ``digest``: hex; keyed, since what is typed into a form can be guessed."""

    actor: PersonId
    route: str
    key: str
    digest: str


def sent_by(actor: PersonId, route: str, request: Request, form: PostedForm, secret: bytes) -> SubmittedChange:
    """What was sent. ``secret``: the same in every web process. Raises ``KeyMissing``."""
    said = sorted(((name, text) for name, text in form.every if name not in _NOT_SAID), key=itemgetter(0))
    body = json.dumps([request.url.path, request.url.query, said]).encode()
    own = hmac.digest(secret, _PURPOSE, sha256)
    return SubmittedChange(actor, route, key_of(request, form), hmac.new(own, body, sha256).hexdigest())


async def claim(conn: AsyncConnection, sent: SubmittedChange) -> Mapping[str, str | int] | None:
    """Take the key for a change that is about to be made; what was kept of the answer when it was made already.

    Waits while another request with that key is under way. Raises ``KeyReused`` for a key of another change.
    """
    row = {"actor_id": sent.actor, "route": sent.route, "key": sent.key, "digest": sent.digest}
    claimed = insert(sent_change).values(row).on_conflict_do_nothing().returning(sent_change.c.key)
    if (await conn.execute(claimed)).first() is not None:
        return None
    asked = select(sent_change.c.digest, sent_change.c.answer).where(_is(sent))
    found = (await conn.execute(asked)).one()
    if found.digest != sent.digest:
        raise KeyReused
    answer: Mapping[str, str | int] = found.answer
    return answer


async def keep(conn: AsyncConnection, sent: SubmittedChange, answer: Mapping[str, str | int]) -> None:
    """The change was made: keep what its answer is made of again."""
    await conn.execute(update(sent_change).where(_is(sent)).values(answer=answer))


async def release(conn: AsyncConnection, sent: SubmittedChange) -> None:
    """Nothing was changed: the key is as unused as before."""
    await conn.execute(delete(sent_change).where(_is(sent)))


async def forget(conn: AsyncConnection) -> int:
    """Remove what is older than ``KEPT_FOR`` by the database's clock; how many."""
    over = delete(sent_change).where(sent_change.c.sent_at < func.now() - KEPT_FOR)
    return (await conn.execute(over)).rowcount


def _is(sent: SubmittedChange) -> ColumnElement[bool]:
    c = sent_change.c
    return and_(c.actor_id == sent.actor, c.route == sent.route, c.key == sent.key)
