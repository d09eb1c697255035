"""An officer says for what they read what a prescriber wrote; that is asked once a decision and session."""

from collections.abc import Mapping

from compliance.prescribing import decisions
from compliance.reports.purposes import stating
from compliance.reports.purposes.stating import LEAST_WORDS
from compliance.shared.vocabulary import Action
from emr.shared.errors import NotFound
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, PageWithStatus, Redirect, RouteSpec
from server.http.forms import Reader
from server.routes.officer import log, log_written
from visit_ui.pages.shell.parts import FieldError


async def state(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: say for what the texts are read. From then on they stand on the decision's page, until the session ends."""
    found = await decisions.read(work.conn, ask.path_id("decision"))
    if found is None:
        raise NotFound
    known = ask.app_context.references.purposes
    typed = Reader(ask.form)
    code = typed.choice("purpose", known, "Choose a purpose.")
    words = typed.need("words", "Enter in a few words what you are looking for.", most=300)
    if 0 < len(words) < LEAST_WORDS:
        typed.wrong["words"] = f"Enter at least {LEAST_WORDS} characters."
    if typed.wrong:
        return await too_long(ask, work, typed.wrong)
    await stating.state(
        work.conn,
        reader=ask.person_id,
        role=work.acting_as,
        rule=work.verdict.rule,
        of=found,
        purpose=known[code],
        words=words,
        now=work.now,
    )
    return Redirect(f"/log/{found.id}")


async def too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The page with the form as it was typed, and what is wrong. Opens nothing."""
    errors = tuple(FieldError(name, message) for name, message in wrong.items())
    form = log_written.form_of(ask, ask.form.text("purpose"), ask.form.text("words"), errors)
    return PageWithStatus(await log.page(ask, work, form), 422)


ROUTES = (RouteSpec("POST", "/log/{decision}/texts", state, Action.LOG_READ_TEXTS, form="purpose", again=too_long),)
