"""A newcomer who is refused leaves nothing behind, whatever was wrong and however far it had come."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.server.row_cases import UNKNOWN, everything
from tests.server.web_process import ISSUER, Running, transaction

WEN = {
    "issuer": ISSUER,
    "subject": "wen",
    "role": "patient",
    "given_name": "Wen",
    "family_name": "Li",
    "born": "1990-05-01",
    "phone": "(813) 555-0142",
}
REFUSED = {
    "the subject is somebody's": ({"subject": "ada"}, 422, "already belongs to someone"),
    "the subject is the administrator's own": ({"subject": "carla"}, 422, "already belongs to someone"),
    "no subject": ({"subject": ""}, 422, "Enter the subject"),
    "a subject that is too long": ({"subject": "x" * 256}, 422, "At most 255 characters fit"),
    "no issuer": ({"issuer": "id.example.org"}, 422, "issuer URL"),
    "no role": ({"role": ""}, 422, "roles offered"),
    "an unknown role": ({"role": "owner"}, 422, "roles offered"),
    "no name": ({"given_name": " "}, 422, "Enter a name"),
    "a name that is too long": ({"family_name": "x" * 101}, 422, "At most 100 characters fit"),
    "a title that is too long": ({"prefix": "x" * 101}, 422, "100"),
    "no day of birth": ({"born": ""}, 422, "date of birth"),
    "no day at all": ({"born": "soon"}, 422, "Enter the date as MM/DD/YYYY"),
    "a day of birth to come": ({"born": "2199-01-01"}, 422, "date of birth"),
    "no telephone number": ({"phone": "12"}, 422, "U.S. phone number"),
    "somebody who is not on record": ({"person": UNKNOWN}, 404, "nothing here"),
}


@pytest.fixture
async def reading(running: Running) -> AsyncIterator[AsyncConnection]:
    async with transaction(running.settings.database_url) as conn:
        yield conn


@pytest.mark.parametrize("why", REFUSED)
async def test_a_refused_newcomer_leaves_nothing(running: Running, reading: AsyncConnection, why: str) -> None:
    changes, status, words = REFUSED[why]
    carla, before = await running.as_("carla"), await everything(reading)
    refused = await carla.post("/people", **{**WEN, **changes})
    assert (refused.status_code, words in refused.text) == (status, True), refused.text
    assert await everything(reading) == before
    assert status == 404 or 'value="wen"' in refused.text or "subject" in changes, "what was typed still stands there"
    assert (await (await running.as_("ada")).get("/home")).status_code == 200, "nobody was signed out over it"


async def test_roles_that_do_not_go_with_those_somebody_holds_leave_no_way_in(
    running: Running, reading: AsyncConnection
) -> None:
    """The person is on record: what must not stay is the subject that was linked before the role was refused."""
    carla, before = await running.as_("carla"), await everything(reading)
    drew = str(running.clinic["drew"])
    refused = await carla.post("/people", issuer=ISSUER, subject="drew-2", role="front_desk", person=drew)
    assert (refused.status_code, "second person" in refused.text) == (422, True)
    assert await everything(reading) == before


async def test_then_the_same_newcomer_comes_in_once(running: Running, reading: AsyncConnection) -> None:
    carla = await running.as_("carla")
    assert (await carla.post("/people", **{**WEN, "subject": "ada"})).status_code == 422
    assert (await carla.post("/people", **WEN)).status_code == 303
    counted = await reading.execute(text("SELECT count(*) FROM person WHERE given_name = 'Wen'"))
    assert counted.scalar_one() == 1
