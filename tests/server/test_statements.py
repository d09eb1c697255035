"""How much a page asks of the database does not grow with how much there is to show."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from compliance.shared.vocabulary import Role
from server.auth import accounts
from tests.server.counting import Counter, counting
from tests.server.web_process import Person, Running, booked, transaction


@pytest.fixture
def counter() -> Iterator[Counter]:
    with counting() as counted:
        yield counted


async def statements(person: Person, path: str, counter: Counter) -> int:
    await person.get(path)  # whatever is prepared once
    counter.take()
    assert (await person.get(path)).status_code == 200
    return counter.take()


async def test_a_list_of_two_patients_costs_what_a_list_of_one_costs(running: Running, counter: Counter) -> None:
    drew, ruth = await running.as_("drew"), await running.as_("ruth")
    one = await statements(ruth, "/patients", counter)
    assert one > 2
    assert await statements(drew, "/patients", counter) == one


async def test_a_chart_does_not_ask_for_each_visit(running: Running, counter: Counter) -> None:
    drew, path = await running.as_("drew"), f"/patients/{running.clinic['marcus']}"
    before = await statements(drew, path, counter)
    for days in (3, 4, 5):
        await booked(drew, running, days=days)
    assert await statements(drew, path, counter) == before


async def test_a_visit_does_not_ask_for_each_person_who_could_be_invited(running: Running, counter: Counter) -> None:
    drew = await running.as_("drew")
    path = await booked(drew, running)
    before = await statements(drew, path, counter)
    async with transaction(running.settings.database_url) as conn:
        for name in ("olu", "sofia"):
            await accounts.grant(conn, running.clinic[name], (Role.GUEST,), now=datetime.now(UTC), by=None)
    earlier, marcus = await booked(drew, running, days=5), running.clinic["marcus"]
    for called in ("Olu Cast", "Sofia Cast"):
        answer = await drew.post(f"{earlier}/participants", marcus, name=called, part="guest_family")
        assert answer.status_code == 200, answer.text
    page = await drew.get(path)
    assert "Olu" in page.text
    assert await statements(drew, path, counter) == before
