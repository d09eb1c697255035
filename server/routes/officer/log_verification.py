"""Verifying the log from the officer's page: asked for here, done by the worker, looked at while it goes on."""

from compliance.shared.vocabulary import Action
from server.application.unit_of_work import UnitOfWork
from server.audit.verification import state as states
from server.audit.verification.keeping import Running
from server.audit.verification.result import Result
from server.audit.verification.state import Phase
from server.http.endpoint import Answer, Ask, Redirect, RouteSpec
from server.presenters.frames import frame
from visit_ui.pages.officer.log import LogState
from visit_ui.pages.officer.verification import Verification, VerifyFinding, VerifyProgress
from visit_ui.pages.shell.parts import LabeledFact

PATH = "/log/verification"


async def verify(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: ask the worker to compare the whole log with its checkpoints, and go where its progress is shown."""
    await states.ask(ask.app_context.redis, ask.now)
    return Redirect(PATH)


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: how far a verification is, or what the last one found. The page reads itself again while one goes on."""
    known = await states.read(ask.app_context.redis, ask.now)
    result = known.result
    return Verification(
        frame=await frame(ask, work, "Verification"),
        phase=known.phase.value,
        progress=_progress(known.running),
        at=result.at if result else None,
        whole_at=result.whole_at if result else None,
        checked=result.checked if result else 0,
        unsealed=result.unsealed if result else 0,
        facts=tuple(LabeledFact(label, value) for label, value in (result.facts if result else ())),
        findings=_findings(result),
        more=result.more if result else 0,
        could_not=result.could_not if result and known.phase is Phase.IDLE else None,
        back_href="/log",
    )


async def banner(ask: Ask) -> LogState:
    """What the officer's list says of the log's wholeness."""
    known = await states.read(ask.app_context.redis, ask.now)
    result = known.result
    if result is not None and result.count:
        return LogState("failed", entry=result.entry, at=result.at, findings=result.count, href=PATH)
    if result is None or result.whole_at is None:
        return LogState("never", href=PATH if result or known.running else None)
    return LogState("verified", entry=result.entry, at=result.at, href=PATH)


def _progress(running: Running | None) -> VerifyProgress | None:
    if running is None:
        return None
    return VerifyProgress(running.position, running.total, round(running.rate), running.began)


def _findings(result: Result | None) -> tuple[VerifyFinding, ...]:
    return tuple(
        VerifyFinding(one.code.value.replace("_", " ").capitalize(), one.entry_id, one.sentence)
        for one in (result.findings if result else ())
    )


ROUTES = (
    RouteSpec("GET", PATH, show, Action.LOG_READ),
    RouteSpec("POST", "/log/verify", verify, Action.LOG_VERIFY, read=True),
)
