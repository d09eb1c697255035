"""The crisis path of a visit: what help needs to know, entered there and then, and each step as it is taken."""

from collections.abc import Mapping
from dataclasses import replace

from compliance.shared.vocabulary import Action
from emr.danger import crisis_lines as crisis
from emr.danger import crisis_use_cases as crisis_path
from emr.danger.model import CrisisFact, CrisisStep, TakenStep, Typed
from emr.shared import contact
from emr.shared.errors import Invalid
from emr.shared.together import together
from server.application.actors import visit_key
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, Created, PageWithStatus, RouteSpec
from server.presenters import alert_words
from server.presenters.crisis_words import STEP_WORDS, CrisisHelp, facts
from server.presenters.visit_parts import (
    VisitPeople,
    crisis_steps,
    read_visit_people,
    statement_of,
    viewer_zone,
    visit_context,
)
from visit_ui.pages.visit.danger import CrisisPath, StepTaken


async def fragment(
    ask: Ask, work: UnitOfWork, visit_people: VisitPeople, *, wrong: Mapping[str, str] | None = None, about: str = ""
) -> CrisisPath:
    """The path as it stands. ``wrong``: what is wrong with the form of the kind ``about``, or of a step (empty)."""
    path, known, zone = await together(
        work.conn,
        crisis_path.path(work.conn, visit_people.visit.id, visit_people.visit.patient),
        _now(work, visit_people),
        viewer_zone(work),
    )
    elsewhere, emergency = crisis.from_elsewhere(), crisis.now().emergency.call
    shown, of_step = facts(known, emergency), wrong if wrong and not about else None
    if about:
        typed = ask.form.text("name"), ask.form.text("phone")
        shown = tuple(
            replace(one, name=typed[0], number=typed[1], errors=wrong or {}) if one.kind == about else one
            for one in shown
        )
    return CrisisPath(
        visit=visit_context(ask, visit_people, zone),
        emergency=emergency,
        from_elsewhere=elsewhere.words,
        from_elsewhere_source=elsewhere.source,
        facts=shown,
        lines=crisis_steps(ask),
        steps=tuple(_taken(step, known.names[step.by], emergency) for step in reversed(path.steps)),
        may_record=work.may(Action.CRISIS_RECORD),
        said=ask.form.text("said") if of_step else "",
        error=" ".join(of_step.values()) if of_step else None,
    )


async def _now(work: UnitOfWork, visit_people: VisitPeople) -> CrisisHelp:
    path, stated = await together(
        work.conn,
        crisis_path.path(work.conn, visit_people.visit.id, visit_people.visit.patient),
        statement_of(work, visit_people.visit),
    )
    by = {entry.by for entry in path.known.values()} | {step.by for step in path.steps}
    return CrisisHelp(visit_people.patient, path.known, stated, await alert_words.names(work, by))


def _taken(taken: TakenStep, by: str, emergency: str) -> StepTaken:
    about = taken.place if taken.step is CrisisStep.CALLED_911 else contact.phone_words(taken.number or "")
    return StepTaken(STEP_WORDS[taken.step].format(emergency=emergency), about or None, taken.said, by, taken.at)


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment, live."""
    return await fragment(ask, work, await read_visit_people(work))


async def enter(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: a place or a number that the actor has checked."""
    visit_people, kind = await read_visit_people(work), _kind(ask)
    typed = Typed(kind, ask.form.text("name"), ask.form.text("phone"))
    town = (await _now(work, visit_people)).town
    try:
        await crisis_path.enter(work.context, visit_people.visit.id, visit_people.visit.patient, typed, town)
    except Invalid as error:
        return PageWithStatus(await fragment(ask, work, visit_people, wrong=error.fields, about=kind.value), 422)
    work.announce(visit_key(visit_people.visit.id), "crisis")
    return Created(await fragment(ask, work, visit_people))


async def enter_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and how much fits. Nothing is entered."""
    return PageWithStatus(
        await fragment(ask, work, await read_visit_people(work), wrong=wrong, about=_kind(ask).value), 422
    )


async def take(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: a step was taken, with what was said."""
    visit_people, step = await read_visit_people(work), _step(ask)
    known = await _now(work, visit_people)
    number, place = known.number(step, crisis.now().emergency.call), known.place
    try:
        await crisis_path.take(
            work.context,
            visit_people.visit.id,
            visit_people.visit.patient,
            step,
            said=ask.form.text("said"),
            number=number,
            place=place.address if place else None,
        )
    except Invalid as error:
        return PageWithStatus(await fragment(ask, work, visit_people, wrong=error.fields), 422)
    work.announce(visit_key(visit_people.visit.id), "crisis")
    return Created(await fragment(ask, work, visit_people))


async def take_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """What was said as it was typed, and how much fits. No step is recorded."""
    return PageWithStatus(await fragment(ask, work, await read_visit_people(work), wrong=wrong), 422)


async def _as_it_is(ask: Ask, work: UnitOfWork, _: str) -> CrisisPath:
    return await fragment(ask, work, await read_visit_people(work))


def _kind(ask: Ask) -> CrisisFact:
    text = ask.form.text("kind")
    if text not in set(CrisisFact):
        raise Invalid({"kind": "Choose what to enter."})
    return CrisisFact(text)


def _step(ask: Ask) -> CrisisStep:
    text = ask.form.text("step")
    if text not in set(CrisisStep):
        raise Invalid({"step": "Choose what was done."})
    return CrisisStep(text)


_PATH = "/visits/{visit}/crisis-path"
ROUTES = (
    RouteSpec("GET", _PATH, show, Action.ALERT_READ),
    RouteSpec(
        "POST",
        f"{_PATH}/facts",
        enter,
        Action.CRISIS_RECORD,
        form="crisis_fact",
        again=enter_too_long,
        afterwards=_as_it_is,
    ),
    RouteSpec(
        "POST",
        f"{_PATH}/steps",
        take,
        Action.CRISIS_RECORD,
        form="crisis_step",
        again=take_too_long,
        afterwards=_as_it_is,
    ),
)
