"""Whose work is shown, and by which permission: off the questionnaires, where nobody could read it."""

from compliance.shared.vocabulary import Action
from emr.shared import credits
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters.frames import frame
from visit_ui.pages.shell.credits import Credit, Credits
from visit_ui.texts import _


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET."""
    askable = ask.app_context.references.scales.askable.values()
    return Credits(
        frame=await frame(ask, work, _("Credits")),
        questionnaires=tuple(Credit(one.short, one.name, one.licence) for one in askable),
        notices=tuple(Credit(one.short, one.name, one.text) for one in credits.notices()),
    )


ROUTES = (RouteSpec("GET", "/credits", show, Action.SESSION_READ),)
