"""The care that benchmarks measure: visits in progress, a medicine on the list, a change of dose over HTTP."""

import re
from datetime import UTC, datetime
from uuid import UUID

from emr.chart import reading as charts
from emr.medications.model import OrderOrigin, OrderStatus
from emr.shared.context import UseCaseContext
from emr.shared.ids import VisitId
from emr.visits import booking
from emr.visits import use_cases as visiting
from emr.visits.booking import NewVisit
from tests.benchmarks.place import Open
from tests.server.web_process import PLACE, Person, signing, transaction

START = {
    "product": "sertraline",
    "name": "sertraline",
    "total": "50",
    "timing": "morning",
    "days": "30",
    "refills": "1",
    "reason": "Depression, first step",
    "indication": "depression",
}
CHANGE = {**START, "reason": "Partial response"}
ANSWER = "Looked at together"


async def waiting_visit(here: Open, patient: str = "ada", prescriber: str = "drew") -> VisitId:
    """A new visit whose patient has stated a place and waits."""
    now, who = datetime.now(UTC), here.house.clinic
    async with transaction(here.database.app_url) as conn:
        new = NewVisit(patient=who[patient], prescriber=who[prescriber], start=now)
        visit = await booking.book(UseCaseContext(conn, who[prescriber], now), new)
        await visiting.arrive(UseCaseContext(conn, who[patient], now), visit.id, who[patient], PLACE)
    return visit.id


async def admit(here: Open, visit: VisitId, patient: str = "ada", prescriber: str = "drew") -> None:
    """The visit begins."""
    who = here.house.clinic
    async with transaction(here.database.app_url) as conn:
        await visiting.admit(UseCaseContext(conn, who[prescriber], datetime.now(UTC)), visit, who[patient])


async def end(here: Open, visit: VisitId, patient: str = "ada", prescriber: str = "drew") -> None:
    """The visit ends; pages that still show it are not told."""
    who = here.house.clinic
    async with transaction(here.database.app_url) as conn:
        await visiting.end(UseCaseContext(conn, who[prescriber], datetime.now(UTC)), visit, who[patient])


async def order_of(here: Open, visit: str, patient: str = "ada") -> str:
    """The path of an order of the patient's that a visit can adjust, found without asking for a page."""
    async with transaction(here.database.app_url) as conn:
        for line in await charts.entries(conn, here.house.clinic[patient]):
            order = line.current
            if (
                order.kind is OrderOrigin.PRESCRIBED_HERE
                and order.status is OrderStatus.ACTIVE
                and order.dose is not None
            ):
                return f"{visit}/medicines/{order.id}"
    raise LookupError(f"{patient} takes nothing that was prescribed here")


async def start_sertraline(drew: Person, visit: str, patient: UUID) -> str:
    """Start it over HTTP at 50 mg; gives the path of its order under the visit's path."""
    checked = await drew.post(f"{visit}/medicines/start/check", patient, **START)
    signed = await drew.post(f"{visit}/medicines/start", patient, **START, **answers(checked.text))
    return order_in(signed.text, visit)


def answers(page: str) -> dict[str, str]:
    """What a checked form sends to be signed: an answer for each finding that asks for one, and what it read back."""
    return signing(page, ANSWER)


def order_in(page: str, visit: str) -> str:
    """The path of the first order that a medicine list offers to adjust. Raises ``AssertionError`` with the page."""
    found = re.search(r"/medicines/([0-9a-f-]{36})/adjust", page)
    assert found, page
    return f"{visit}/medicines/{found.group(1)}"
