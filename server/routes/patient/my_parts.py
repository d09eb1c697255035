"""Parts of the patient's own pages: scales to answer, medicines in plain words, their questions, whom to call."""

from compliance.shared.vocabulary import Action
from emr.diary import use_cases as diary
from emr.questionnaires import use_cases as answering
from emr.questionnaires.model import Scale
from emr.shared.ids import PersonId
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters.frames import short_name
from server.presenters.visit_parts import VisitPeople, read_visit_people, viewer_zone, visit_context
from visit_ui.pages.visit.call import DueScale, MyScales
from visit_ui.texts import _, ngettext

# About eight seconds a question, rounded up to whole minutes.
QUESTIONS_A_MINUTE = 8


async def my_scales(ask: Ask, work: UnitOfWork, visit_people: VisitPeople, zone: str) -> MyScales:
    """What the patient is asked to answer in this visit; nothing for a guest."""
    due: tuple[DueScale, ...] = ()
    if ask.person_id == visit_people.visit.patient:
        due = await due_scales(ask, work, visit_people)
    return MyScales(visit_context(ask, visit_people, zone), due, short_name(visit_people.prescriber))


async def due_scales(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> tuple[DueScale, ...]:
    """Each scale asked in the visit once: the open request if there is one, else done."""
    latest = {asked.scale: asked for asked in await answering.asked_in(work.conn, visit_people.visit.id)}
    known = ask.app_context.references.scales
    return tuple(
        DueScale(asked.scale, known.get(asked.scale).plain, length_words(known.get(asked.scale)), not asked.open)
        for asked in latest.values()
    )


def length_words(scale: Scale) -> str:
    """ "9 questions, about 2 minutes": as many as the form counts. One that may be left out is not among them."""
    needed = len(scale.scored_items)
    minutes = -(-len(scale.items) // QUESTIONS_A_MINUTE)
    return _(
        "%(questions)s, about %(minutes)s",
        questions=ngettext("%(num)s question", "%(num)s questions", needed),
        minutes=ngettext("%(num)s minute", "%(num)s minutes", minutes),
    )


async def agenda(work: UnitOfWork, patient_id: PersonId) -> tuple[str, ...]:
    """The patient's own open questions, oldest first."""
    return tuple(item.text for item in await diary.open_questions(work.conn, patient_id))


def help_phone(ask: Ask) -> str | None:
    """The clinic's number for technical help; None: it gives none."""
    return ask.app_context.settings.clinic_phone or None


async def show_scales(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment, live: what there is to answer."""
    return await my_scales(ask, work, await read_visit_people(work), await viewer_zone(work))


ROUTES = (RouteSpec("GET", "/visits/{visit}/my-scales", show_scales, Action.SCALE_READ),)
