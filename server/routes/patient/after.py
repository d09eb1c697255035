"""What a patient and a guest see once a visit is over, or once they left it."""

from dataclasses import replace

from emr.visits.model import VisitStatus
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Ask
from server.presenters import outcome_words
from server.presenters.frames import frame
from server.presenters.visit_parts import OVER, VisitPeople, viewer_zone, visit_context
from server.routes.patient import my_medicines, my_parts, my_safety
from server.routes.staff import overview
from visit_ui.pages.visit.call import PatientEndedPage
from visit_ui.pages.visit.parts import VisitEnding
from visit_ui.texts import _


async def patients(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> PatientEndedPage:
    """What became of the visit, the medicines as they are now, and the next visit."""
    visit, zone = visit_people.visit, await viewer_zone(work)
    return replace(
        await guests(ask, work, visit_people),
        length_words=outcome_words.length_words(visit, zone),
        correction=await outcome_words.newest(work, visit, zone),
        medicines=await my_medicines.fragment(ask, work, visit_people),
        next_visit=await overview.next_visit_words(work, visit_people, zone),
        safety=await my_safety.fragment(ask, work, visit_people),
        guest=False,
    )


async def guests(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> PatientEndedPage:
    """That it is over, and nothing of the patient's: no medicine, no next visit, no time."""
    visit, goes_on = visit_people.visit, visit_people.visit.status is VisitStatus.IN_PROGRESS
    return PatientEndedPage(
        frame=await frame(ask, work, _("You left the visit") if goes_on else _("Your visit"), live=True),
        visit=visit_context(ask, visit_people, await viewer_zone(work)),
        outcome=OVER.get(visit.status, VisitEnding.ENDED),
        starts_at=visit.scheduled_start,
        with_name=visit_people.prescriber.name_words,
        length_words=None,
        medicines=None,
        next_visit=None,
        rejoin_url=f"/visits/{visit.id}" if goes_on else None,
        help_phone=my_parts.help_phone(ask),
        guest=True,
    )
