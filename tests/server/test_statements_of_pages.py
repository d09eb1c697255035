"""How many statements each page sends, on a record of six months: one more is a read that others could take along."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from emr.chart import reading as charts
from emr.medications.model import Kind, Status
from emr.shared.context import Desk
from emr.visits import booking
from emr.visits import use_cases as visiting
from emr.visits.booking import NewVisit
from tests.conftest import Database, Engines
from tests.server.counting import Counter, counting
from tests.server.house import PLACE, Person, Running, transaction
from tests.server.living import living

# Who asks, for what, and how many statements at most: the first of each finds who asks, how they stand to whom it is
# about, and the visit; a page of a record ends with the two of its entry in the log. Where somebody waits or an answer
# is open, it takes the more of them that the number leaves room for.
PAGES = (
    ("drew", "/day", 8),
    ("drew", "/day/waiting", 6),
    ("drew", "/patients", 4),
    ("drew", "/patients/{patient}", 7),
    ("drew", "{visit}", 7),
    ("drew", "{visit}/overview", 5),
    ("drew", "{visit}/symptoms", 4),
    ("drew", "{visit}/medicines", 5),
    ("drew", "{visit}/notes", 6),
    ("drew", "{visit}/people", 2),
    ("drew", "{visit}/alerts", 5),
    ("drew", "{visit}/attendance", 4),
    ("drew", "{visit}/crisis-path", 4),
    ("drew", "{visit}/note/open-alerts", 5),
    ("drew", "{visit}/end/open-alerts", 4),
    ("drew", "{visit}/note/beginning", 6),
    ("ada", "/home", 7),
    ("ada", "{visit}", 7),
    ("ada", "{visit}/my-medicines", 5),
)


@dataclass(frozen=True, slots=True)
class Here:
    counter: Counter
    visit: str
    patient: UUID
    order: str


@pytest.fixture(scope="module")
def served(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with living(database, engines.redis(7), tmp_path_factory.mktemp("living")) as running:
        yield running


async def in_visit(served: Running) -> tuple[str, str]:
    """Ada is in a visit with Drew: its path, and that of an order of his."""
    now, who = datetime.now(UTC), served.clinic
    async with transaction(served.settings.database_url) as conn:
        new = NewVisit(patient=who["ada"], prescriber=who["drew"], start=now)
        visit = await booking.book(Desk(conn, who["drew"], now), new)
        await visiting.arrive(Desk(conn, who["ada"], now), visit.id, who["ada"], PLACE)
        await visiting.admit(Desk(conn, who["drew"], now), visit.id, who["ada"])
        lines = await charts.entries(conn, who["ada"])
    mine = [one.current for one in lines if one.current.kind is Kind.PRESCRIBED_HERE]
    order = next(one for one in mine if one.status is Status.ACTIVE and one.dose is not None)
    return f"/visits/{visit.id}", f"/visits/{visit.id}/medicines/{order.id}"


@pytest.fixture(scope="module")
def here(served: Running) -> Iterator[Here]:
    visit, order = asyncio.run(in_visit(served))
    with counting() as counter:
        yield Here(counter, visit, served.clinic["ada"], order)


async def asked(here: Here, who: Person, path: str) -> int:
    """The statements of a page that was opened before: what is prepared once is prepared."""
    part = bool(re.match(r"/visits/[^/]+/|/day/", path))
    await who.get(path, fragment=part)
    here.counter.take()
    answer = await who.get(path, fragment=part)
    assert answer.status_code == 200, answer.text
    return here.counter.take()


@pytest.mark.parametrize(("name", "path", "most"), PAGES)
async def test_a_page_sends_few_statements(running: Running, here: Here, name: str, path: str, most: int) -> None:
    who = await running.as_(name)
    counted = await asked(here, who, path.format(visit=here.visit, patient=here.patient))
    assert 0 < counted <= most, here.counter.statements
