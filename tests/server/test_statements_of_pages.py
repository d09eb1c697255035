"""How many statements each page sends, on a record of six months: one more is a read that others could take along."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from emr.shared.context import UseCaseContext
from emr.visits import booking
from emr.visits import use_cases as visiting
from emr.visits.booking import NewVisit
from server.routes import ROUTES
from tests.conftest import Database, Engines
from tests.server.counting import Counter, counting
from tests.server.living import living
from tests.server.web_process import PLACE, Person, Running, transaction

# How many at most, where it is not MOST. The first of each finds who asks, how they stand to whom it is about, and the
# visit; a page of a record ends with one for its entry in the log. Where somebody waits or an answer is open, it takes
# the more of them that the number leaves room for.
MOST = 8
FEW = {
    "/day/waiting": 6,
    "/patients": 4,
    "/visits/{visit}": 7,
    "/visits/{visit}/overview": 5,
    "/visits/{visit}/symptoms": 5,
    "/visits/{visit}/medicines": 6,
    "/visits/{visit}/notes": 6,
    "/visits/{visit}/people": 3,
    "/visits/{visit}/alerts": 5,
    "/visits/{visit}/attendance": 4,
    "/visits/{visit}/crisis-path": 4,
    "/visits/{visit}/my-medicines": 5,
    "/patients/{patient}": 7,
    "/visits/{visit}/medicines/{order}/hand-off": 9,
    # The officer's count over the whole log, and each count is planned alone.
    "/log": 30,
    "/log/presence": 10,
    "/log/{decision}": 9,
}
# The patient's turn at the desk, after a check-in that waits for them.
UNREAD = ("/desk/visits/{visit}/confirm",)
WHO = ("drew", "ada", "noa", "olu", "carla")
QUERIES = {
    "order": "SELECT order_id AS order FROM medication_current WHERE patient_id = :ada LIMIT 1",
    "over": "SELECT id AS visit FROM visit WHERE patient_id = :ada AND status = 'ended' LIMIT 1",
    "at clinic": "SELECT id AS visit FROM visit WHERE modality = 'in_person' AND status = 'scheduled' LIMIT 1",
    "controlled": (
        "SELECT encounter_id AS visit, order_id AS order, decision_id AS decision, patient_id AS patient"
        " FROM prescription WHERE schedule <> 'none' LIMIT 1"
    ),
}
ROWS_READ = sorted({row.path for row in ROUTES if row.method == "GET"})


@dataclass(frozen=True, slots=True)
class Here:
    counter: Counter
    places: tuple[Mapping[str, str], ...]


@pytest.fixture(scope="module")
def served(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with living(database, engines.redis(7), tmp_path_factory.mktemp("living")) as running:
        yield running


async def places(served: Running) -> tuple[dict[str, str], ...]:
    """What may stand in an address: Ada's visit with Drew that goes on, one of hers to come, one that is over, one that
    she is checked in to, and one in which a controlled substance was prescribed."""
    now, who = datetime.now(UTC), served.clinic
    ada, drew = who["ada"], who["drew"]
    async with transaction(served.settings.database_url) as conn:
        visit = await booking.book(UseCaseContext(conn, drew, now), NewVisit(patient=ada, prescriber=drew, start=now))
        await visiting.arrive(UseCaseContext(conn, ada, now), visit.id, ada, PLACE)
        await visiting.admit(UseCaseContext(conn, drew, now), visit.id, ada)
        ahead = await booking.book(UseCaseContext(conn, drew, now), NewVisit(patient=ada, prescriber=drew, start=now))
        asked_of = {"patient": str(ada), "scale": "phq9"}
        found = {}
        for name, query in QUERIES.items():
            row = (await conn.execute(text(query), {"ada": ada})).first()
            assert row is not None, name
            found[name] = {key: str(value) for key, value in row._mapping.items()}
    order = found.pop("order")
    return tuple(
        {"decision": "none", **order, **asked_of, **each}
        for each in ({"visit": str(visit.id)}, {"visit": str(ahead.id)}, *found.values())
    )


@pytest.fixture(scope="module")
def here(served: Running) -> Iterator[Here]:
    there = asyncio.run(places(served))
    with counting() as counter:
        yield Here(counter, there)


async def asked(here: Here, who: Person, path: str, at: Mapping[str, str]) -> int | None:
    """The statements of a page that was opened before: what is prepared once is prepared. None: it is not theirs."""
    part = bool(re.match(r"/visits/[^/]+/|/day/", path))
    address = path.format_map(at)
    if (await who.get(address, fragment=part)).status_code != 200:
        return None
    here.counter.take()
    answer = await who.get(address, fragment=part)
    counted = here.counter.take()
    return counted if answer.status_code == 200 else None


@pytest.mark.parametrize("path", ROWS_READ)
async def test_a_page_sends_few_statements(running: Running, here: Here, path: str) -> None:
    """Whoever may read it, wherever it is to be read."""
    read = False
    for name in WHO:
        who = await running.as_(name)
        for at in here.places if "{" in path else here.places[:1]:
            counted = await asked(here, who, path, at)
            if counted is not None:
                read = True
                assert 0 < counted <= FEW.get(path, MOST), (name, counted)
                break
    assert read or path in UNREAD
