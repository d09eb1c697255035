"""Sites and the roles that go with them: the administrator's pages and the operator's commands, with their entries."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from emr.shared.errors import Invalid
from server.auth import accounts
from server.platform.settings import Settings
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.program import environment, titrate
from tests.server.web_process import ISSUER, Running, settings_for, transaction

HYDE = {"name": "Hyde Park clinic", "line": "1 S Howard Ave", "city": "Tampa", "state": "FL", "postal": "33606"}
NEWCOMER = {"issuer": ISSUER, "given_name": "Wen", "family_name": "Li"}


@pytest.fixture
async def reading(running: Running) -> AsyncIterator[AsyncConnection]:
    async with transaction(running.settings.database_url) as conn:
        yield conn


@pytest.fixture
def settings(engines: Engines, database: Database, tmp_path: Path) -> Settings:
    return settings_for(database.app_url, engines.redis(8), free_port(), tmp_path)


async def entries(conn: AsyncConnection, action: str) -> list[tuple[str, str]]:
    """Who acted and by which rule, of each entry of that action, oldest first."""
    found = text("SELECT actor_role, rule FROM audit_entry WHERE action = :action ORDER BY id")
    return [(row.actor_role, row.rule) for row in await conn.execute(found, {"action": action})]


# The page


async def test_an_administrator_opens_a_site_and_closes_it(running: Running, reading: AsyncConnection) -> None:
    carla = await running.as_("carla")
    added = await carla.post("/sites", **HYDE)
    assert added.status_code == 303
    opened = await carla.get(added.headers["location"])
    assert "Hyde Park clinic is open for check-in." in opened.text
    assert "Florida" in opened.text
    site = added.headers["location"].partition("of=")[2]
    for _ in range(2):  # a second press is no error
        closed = await carla.post(f"/sites/{site}/close")
        assert closed.status_code == 303
    page = await carla.get(closed.headers["location"])
    assert "Hyde Park clinic is closed." in page.text
    assert f"/sites/{site}/close" not in page.text
    assert await entries(reading, "site.add") == [("administrator", "administrator")]
    assert await entries(reading, "site.close") == [("administrator", "administrator")]


async def test_a_site_that_cannot_be_is_shown_again_as_it_was_typed(running: Running) -> None:
    carla = await running.as_("carla")
    answer = await carla.post("/sites", **{**HYDE, "name": "", "state": "Florida", "postal": "3360"})
    assert answer.status_code == 422
    for remedy in ("Enter a site name", "State law determines", "five-digit ZIP code"):
        assert remedy in answer.text
    assert 'value="1 S Howard Ave"' in answer.text
    assert (await carla.post("/sites/00000000-0000-4000-8000-000000000000/close")).status_code == 404


async def test_the_front_desk_is_let_in_alone_and_never_beside_those_it_is_kept_apart_from(
    running: Running, reading: AsyncConnection
) -> None:
    carla = await running.as_("carla")
    assert 'value="front_desk"' in (await carla.get("/people")).text
    count = text("SELECT count(*) FROM person")
    before = (await reading.execute(count)).scalar_one()
    for other in ("prescriber", "supervisor", "administrator"):
        data = {
            "csrf_token": carla.csrf,
            "idempotency_key": f"sites-{other}-0123456789",
            **NEWCOMER,
            "subject": f"wen-{other}",
            "role": ["front_desk", other],
        }
        refused = await carla.client.post("/people", data=data)
        assert refused.status_code == 422
        assert "a check-in needs a second person" in refused.text
    assert (await reading.execute(count)).scalar_one() == before, "a refused newcomer leaves nothing"
    added = await carla.post("/people", **NEWCOMER, subject="wen", role="front_desk")
    assert added.status_code == 303
    assert "Front desk" in (await carla.get("/people")).text


# Roles


async def test_two_grants_at_once_end_as_the_one_that_came_first(running: Running) -> None:
    """Neither sees the other's row before it commits: the database decides, and the second is told in words."""
    url, guest = running.settings.database_url, running.clinic["ilse"]
    async with transaction(url) as first, transaction(url) as second:
        now = (await first.execute(text("SELECT now()"))).scalar_one()
        await accounts.grant(first, guest, [Role.FRONT_DESK], now=now, by=None)
        late = asyncio.create_task(accounts.grant(second, guest, [Role.ADMINISTRATOR], now=now, by=None))
        while not (await first.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))).scalar_one():
            assert not late.done()
        await first.commit()
        with pytest.raises(Invalid) as told:
            await late
        assert told.value.fields == {"role": accounts.NOT_BESIDE_DESK}
        await accounts.revoke(second, guest, Role.FRONT_DESK, now=now)


async def test_a_grant_that_fails_for_another_reason_says_so(running: Running) -> None:
    async with transaction(running.settings.database_url) as conn:
        now = (await conn.execute(text("SELECT now()"))).scalar_one()
        with pytest.raises(IntegrityError):
            await accounts.grant(conn, running.clinic.visits["ada"], [Role.GUEST], now=now, by=None)


# The commands


async def test_an_operator_opens_lists_and_closes_sites(settings: Settings) -> None:
    there = environment(settings)
    typed = [part for name, value in HYDE.items() for part in (f"--{name}", value)]
    added = await titrate("site", "add", *typed, there=there)
    assert (added.status, added.out) == (0, "Open for check-in: Hyde Park clinic, 1 S Howard Ave, Tampa, FL 33606\n")
    again, nowhere = await asyncio.gather(
        titrate("site", "add", *typed, there=there), titrate("site", "close", "Nowhere", there=there)
    )
    assert (again.status, nowhere.status) == (2, 1)
    assert "A site with this name already exists" in again.err
    assert "No open site has this name" in nowhere.err
    closed = await titrate("site", "close", "hyde park CLINIC", there=there)
    assert closed.status == 0, closed.err
    listed = await titrate("site", "list", there=there)
    assert listed.out.startswith("Hyde Park clinic\t1 S Howard Ave, Tampa, FL 33606\tclosed 20")
    async with transaction(settings.database_url) as conn:
        assert (await entries(conn, "site.add"))[-1] == ("operator", "command.site_add")
        assert (await entries(conn, "site.close"))[-1] == ("operator", "command.site_close")


async def test_somebody_moves_from_the_desk_to_administrator_by_two_commands(settings: Settings) -> None:
    there, who = environment(settings), ("--issuer", ISSUER, "--subject", "nell")
    names = ("--given-name", "Nell", "--family-name", "Ito", "--role", "front_desk")
    assert (await titrate("person", "add", *who, *names, there=there)).status == 0
    early = await titrate("person", "grant", *who, "--role", "administrator", there=there)
    assert early.status == 2
    assert "needs a second person" in early.err
    taken = await titrate("person", "revoke", *who, "--role", "front_desk", there=there)
    assert taken.status == 0, taken.err
    again, nobody, given = await asyncio.gather(
        titrate("person", "revoke", *who, "--role", "front_desk", there=there),
        titrate("person", "revoke", *who[:3], "sam", "--role", "front_desk", there=there),
        titrate("person", "grant", *who, "--role", "administrator", there=there),
    )
    assert (again.status, nobody.status, given.status) == (1, 1, 0)
    assert "does not hold the role front_desk" in again.err
    assert "Nobody signs in here" in nobody.err
    async with transaction(settings.database_url) as conn:
        person = await accounts.person_of(conn, ISSUER, "nell")
        assert person is not None
        assert await accounts.roles_of(conn, person) == {Role.ADMINISTRATOR}
        assert await entries(conn, "role.revoke") == [("operator", "command.person_revoke")]
        assert (await entries(conn, "role.grant"))[-1] == ("operator", "command.person_grant")
