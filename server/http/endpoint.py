"""From a request to a unit of work: every route is a row of a table that names its action, and nothing else gets in.

The order is the same for each: who is there (or sign in first), is it our own page that asks, what is it about, does
the form name the same patient, may they, then the handler inside one transaction, then the answer.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from compliance.shared.vocabulary import Action
from emr.shared.errors import Invalid, NotFound
from emr.shared.ids import PersonId, VisitId
from server.application import unit_of_work as working
from server.application.actors import Subject, listened_to
from server.application.context import AppContext
from server.auth import actor as identity
from server.auth.routes import address_of
from server.auth.sessions import Session
from server.http import csrf
from server.http.answers import ASKS, After, Answer, Created, Fields, PageWithStatus, Redirect
from server.http.errors import PatientMismatch, SignInFirst, is_part
from server.http.forms import PostedForm, refuse_unkeepable, too_long, whole
from server.http.idempotency import keeping, resending
from server.http.idempotency.keeping import sent_by
from server.http.parts import is_staff, standing_alone
from server.http.rate_limits import RateLimit
from server.live import announcing
from visit_ui import lengths
from visit_ui.environment import render
from visit_ui.pages.shell.frame import Page

__all__ = [
    "ASKS",
    "After",
    "Answer",
    "Ask",
    "Created",
    "Fields",
    "PageWithStatus",
    "Redirect",
    "RouteSpec",
    "routes",
    "subject_of",
    "uuid_of",
]


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks for, as typed values. ``form`` is empty for GET.

    ``seen``: the count of announcements before anything was read for this answer (see ``server.live.announcing``);
    empty for a part of a page, which listens already.
    """

    request: Request
    app_context: AppContext
    session: Session
    now: datetime
    form: PostedForm
    seen: str = ""

    @property
    def person_id(self) -> PersonId:
        """Who asks."""
        return PersonId(self.session.person_id)

    @property
    def is_fragment(self) -> bool:
        """Whether a page asks for a part of itself."""
        return self.request.headers.get("hx-request") == "true"

    def query(self, name: str) -> str:
        """A parameter of the address, empty when absent."""
        return self.request.query_params.get(name, "").strip()

    def query_number(self, name: str, otherwise: int, *, high: int) -> int:
        """A whole number from 1 to ``high`` in the address; ``otherwise`` for anything else."""
        found = whole(self.query(name))
        return found if found is not None and 1 <= found <= high else otherwise

    def path_id(self, name: str) -> UUID:
        """An id in the path. Raises ``NotFound`` for anything else: it names nothing."""
        return uuid_of(str(self.request.path_params[name]))


Handler = Callable[[Ask, working.UnitOfWork], Awaitable[Answer]]
Again = Callable[[Ask, working.UnitOfWork, Mapping[str, str]], Awaitable[Answer]]
Afterwards = Callable[[Ask, working.UnitOfWork, str], Awaitable[Page]]


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """One route. ``read`` writes an audit entry for the reading. Every POST below a visit must name its patient.

    ``nobody_chosen``: the patient is not in the path but chosen in the form; this row answers when nobody was.
    ``form``: how much its fields hold, in ``visit_ui.lengths``. ``again`` answers instead of ``handler`` when one of
    them holds more: it shows the form as it was typed, with what is wrong. Without it: a page that says so.
    ``afterwards``: what a repeat of a change that was ``Created`` is shown, by its id. ``keyless``: why a POST needs no
    key.
    """

    method: str
    path: str
    handler: Handler
    action: Action
    read: bool = False
    nobody_chosen: "RouteSpec | None" = None
    form: str = ""
    again: "Again | None" = None
    afterwards: Afterwards | None = None
    keyless: str = ""

    @property
    def names_patient(self) -> bool:
        """Whether a change must say for which patient it is meant."""
        return self.method == "POST" and "{visit}" in self.path

    @property
    def once(self) -> bool:
        """Whether it is a change, which happens once however often it is sent."""
        return self.method == "POST" and not self.keyless


def routes(rows: tuple[RouteSpec, ...]) -> list[Route]:
    """The rows as Starlette routes."""
    return [Route(row.path, _endpoint(row), methods=[row.method], name=f"{row.method} {row.path}") for row in rows]


def _endpoint(row: RouteSpec) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if row.once:
            resending.mark(request)
        ask = await _ask(request)
        asked, subject = row, subject_of(request)
        if row.nobody_chosen is not None:
            if patient := ask.form.text("patient"):
                subject = Subject(PersonId(uuid_of(patient)))
            else:
                asked = row.nobody_chosen
        if not ask.is_fragment:
            heard = listened_to(ask.person_id, subject, asked.action)
            ask = replace(ask, seen=await announcing.mark(ask.app_context, heard))
        async with working.begin(ask.app_context, ask.person_id, asked.action, subject, record_read=asked.read) as work:
            # Asked only of those who may know of the visit: to anybody else it is not there, whomever they name.
            if asked.names_patient and ask.form.text("patient") != str(work.subject.patient_id):
                raise PatientMismatch
            answer = await (_once if asked.once else _answer)(asked, ask, work)
        told = await answer.then() if isinstance(answer, After) else answer
        return respond(standing_alone(request, told, ask.session.csrf_token, staff=is_staff(work.actor.roles)))

    return endpoint


async def _answer(row: RouteSpec, ask: Ask, work: working.UnitOfWork) -> Answer:
    """The handler's answer; it never sees a field that holds more than fits."""
    wrong = too_long(ask.form.every, row.form)
    if not wrong:
        return await row.handler(ask, work)
    if row.again is None or not all(lengths.is_named(row.form, name) for name in wrong):
        raise Invalid(wrong)
    return await row.again(ask, work, wrong)


async def _once(row: RouteSpec, ask: Ask, work: working.UnitOfWork) -> Answer:
    """The change, or the answer to it when it was made already. Raises ``KeyMissing``, ``KeyReused``."""
    sent = sent_by(ask.person_id, f"{row.method} {row.path}", ask.request, ask.form, ask.app_context.ticket_key)
    before = await keeping.claim(work.conn, sent)
    if before is not None:
        work.repeated = True
        return await _answer_again(row, ask, work, before)
    answer = await _answer(row, ask, work)
    match answer:
        case Redirect(path):
            await keeping.keep(work.conn, sent, {"see": path})
        case Created(_, of):
            await keeping.keep(work.conn, sent, {"made": of})
        case Fields(fields):
            await keeping.keep(work.conn, sent, {**fields})
        case _:  # refused, or a part of a form: nothing that a repeat would do twice
            await keeping.release(work.conn, sent)
    return answer


async def _answer_again(row: RouteSpec, ask: Ask, work: working.UnitOfWork, kept: Mapping[str, str | int]) -> Answer:
    if "see" in kept:
        return Redirect(str(kept["see"]))
    if "made" in kept and row.afterwards is not None:
        return await row.afterwards(ask, work, str(kept["made"]))
    return Fields(kept)


def respond(answer: Page | PageWithStatus | Redirect | Created | Fields | Response) -> Response:
    """The answer as HTTP."""
    match answer:
        case Response():
            return answer
        case Fields(fields):
            return JSONResponse(dict(fields))
        case Created(page):
            return HTMLResponse(render(page))
        case Redirect(path):
            return RedirectResponse(path, status_code=303)
        case PageWithStatus(page, status):
            return HTMLResponse(render(page), status_code=status)
        case page:
            return HTMLResponse(render(page))


async def _ask(request: Request) -> Ask:
    app_context: AppContext = request.app.state.app_context
    now = app_context.clock()
    session = await signed_in(request, app_context, now)
    await csrf.check(request, session, app_context.public_origins)
    if identity.is_activity(request):
        await app_context.sessions.touch(session.key, now)
    form = await request.form(max_fields=csrf.MAX_FIELDS, max_files=0) if request.method == "POST" else FormData()
    asked = request.query_params.multi_items()
    refuse_unkeepable(text for pair in asked for text in pair)
    if wrong := too_long(asked):
        raise Invalid(wrong)
    return Ask(request, app_context, session, now, PostedForm.of(form))


async def signed_in(request: Request, app_context: AppContext, now: datetime) -> Session:
    """Whose request it is. Raises ``SignInFirst`` for nobody's, counted; ``TooManyRequests`` when they keep trying."""
    session = await identity.current(request, now)
    if session is None:
        rule = RateLimit.PART if is_part(request) else RateLimit.REFUSAL
        await app_context.limits.count(rule, address_of(request), now, browser=identity.shown(request))
        raise SignInFirst(_way_back(request))
    return session


def subject_of(request: Request) -> Subject:
    """What the path names; whose a visit is, the unit of work finds. Raises ``NotFound`` for what is no id."""
    if visit := request.path_params.get("visit"):
        return Subject(visit_id=VisitId(uuid_of(str(visit))))
    if patient := request.path_params.get("patient"):
        return Subject(PersonId(uuid_of(str(patient))))
    return Subject()


def uuid_of(text: str) -> UUID:
    """An id as it stands in an address. Raises ``NotFound``: anything else names nothing.

    Python also reads braces, ``urn:uuid:`` and digits of other scripts; one thing has one address here.
    """
    try:
        found = UUID(text)
    except ValueError:
        raise NotFound from None
    if str(found) != text:
        raise NotFound
    return found


def _way_back(request: Request) -> str:
    """Where to go after signing in: the page itself, never a fragment or a change."""
    if request.method != "GET" or request.headers.get("hx-request"):
        return "/sign-in"
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?next={quote(path, safe='')}"
