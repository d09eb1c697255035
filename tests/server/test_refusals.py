"""Every row of the route table, tried by everybody: strangers see nothing, refusals are on record, forgeries fail."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from server.auth import accounts
from server.auth.actor import SESSION_COOKIE
from server.auth.settings import LimitSettings
from server.http.app import make_app
from server.http.endpoint import RouteSpec
from server.routes import ROUTES
from tests.server.row_cases import (
    CASES,
    CHANGES,
    UNKNOWN,
    Stage,
    everything,
    named,
    refused_entries,
    set_the_stage,
)
from tests.server.web_process import ROLES, Person, Running, transaction

ABOUT_SOMEBODY = tuple(row for row in ROUTES if "{visit}" in row.path or "{patient}" in row.path)
NAMING = tuple(row for row in ROUTES if row.names_patient)
AT_HOME = ("ada", "ilse", "marcus", "noor")
_stages: dict[str, Stage] = {}


@pytest.fixture
async def stage(running: Running) -> Stage:
    """Ada's visit in progress; made once for the module."""
    if running.base not in _stages:
        _stages[running.base] = await set_the_stage(running)
    return _stages[running.base]


@pytest.fixture
async def redis(running: Running) -> AsyncIterator[Redis]:
    """The house's Redis, with no refusal counted so far."""
    async with Redis.from_url(running.settings.redis_url, decode_responses=True) as client:
        for key in await client.keys("titrate:limit:*"):
            await client.delete(key)
        yield client


@pytest.fixture
async def reading(running: Running) -> AsyncIterator[AsyncConnection]:
    """A connection that sees each statement's present."""
    async with transaction(running.settings.database_url) as conn:
        yield conn


async def ask(person: Person, row: RouteSpec, stage: Stage) -> httpx2.Response:
    """The row's request as its own page sends it."""
    if row.method == "GET":
        return await person.get(stage.path(row))
    return await person.post(stage.path(row), stage.patient(row), **stage.form(row))


def test_every_row_has_a_case_and_every_case_a_row() -> None:
    assert set(CASES) == {(row.method, row.path) for row in ROUTES}
    assert len(ROUTES) == len(CASES)


# Served besides the rows: what needs no right, or, for the last two, asks for it in a way of its own.
BESIDES = {
    "/",
    "/health",
    "/health/live",
    "/health/ready",
    "/static",
    "/sign-in",
    "/sign-in/start",
    "/sign-in/callback",
    "/sign-out",
    "/signed-out",
    "/no-access",
    "/back-channel-logout",
    "/session/remaining",
    "/session/stay",
    "/live",
    "/visits/{visit}/call",
}


async def test_nothing_is_served_besides_the_rows_the_doors_and_the_two_lines(running: Running) -> None:
    """A route that is added without a row has no action, no relation and no case here."""
    served = {getattr(route, "path", "?") for route in make_app(running.settings).routes}
    assert served - {row.path for row in ROUTES} == BESIDES
    drew = await running.as_("drew")
    for path in (
        "/styleguide",
        "/demo",
        "/demo/authorize",
        "/demo/token",
        "/docs",
        "/openapi.json",
        "/admin",
        "/metrics",
    ):
        assert (await drew.client.get(path)).status_code == 404, path


@pytest.mark.parametrize("row", ROUTES, ids=named(ROUTES))
async def test_nobody_signed_in_gets_no_content_and_leaves_no_entry(
    running: Running, stage: Stage, redis: Redis, reading: AsyncConnection, row: RouteSpec
) -> None:
    nobody, path, before = await running.nobody(), stage.path(row), await everything(reading)
    page = await nobody.request(row.method, path, headers={"Origin": running.base})
    if row.method == "GET":
        assert page.status_code == 303
        assert page.headers["location"] == f"/sign-in?next={path.replace('/', '%2F')}"
    else:
        assert (page.status_code, page.headers.get("location")) == (303, "/sign-in")
    assert page.text == ""
    for headers in ({"HX-Request": "true"}, {"Accept": "application/json"}):
        part = await nobody.request(row.method, path, headers={"Origin": running.base, **headers})
        assert part.status_code == 401
        assert "You are signed out" in part.text
    counted = [await redis.get(key) for key in await redis.keys("titrate:limit:*")]
    assert sum(int(count or 0) for count in counted) == 3
    assert await everything(reading) == before


# What asks in vain, by whom, and under which budget.
BUDGETS = {"page": "/day", "part": "/day/waiting", "stream": "/live"}


async def in_vain(running: Running, what: str) -> httpx2.Response:
    nobody = await running.nobody()
    headers = {"page": {}, "part": {"HX-Request": "true"}, "stream": {"Accept": "text/event-stream"}}[what]
    return await nobody.get(BUDGETS[what], headers=headers)


@pytest.mark.parametrize("what", BUDGETS)
async def test_strangers_who_keep_trying_are_told_to_wait_and_keep_nobody_else_out(
    running: Running, redis: Redis, what: str
) -> None:
    for key in await redis.keys("titrate:limit:*"):
        await redis.delete(key)
    expected = {"page": 303, "part": 401, "stream": 204}
    assert (await in_vain(running, what)).status_code == expected[what]
    (counter,) = await redis.keys("titrate:limit:*")
    await redis.set(counter, LimitSettings().refusals)
    late = await in_vain(running, what)
    assert (late.status_code, 0 < int(late.headers["retry-after"]) <= LimitSettings().window_s) == (429, True)
    for other in BUDGETS.keys() - {what}:
        assert (await in_vain(running, other)).status_code == expected[other], "each budget is its own"
    nobody = await running.nobody()
    assert (await nobody.get("/sign-in")).status_code == 200
    nobody.headers["Cookie"] = f"{SESSION_COOKIE}=of-yesterday"
    assert (await nobody.get("/day")).status_code == 303, "a browser that was signed in here is told from the others"
    assert (await (await running.as_("drew")).get("/day")).status_code == 200


@pytest.mark.parametrize("row", ROUTES, ids=named(ROUTES))
async def test_only_those_who_may_get_in_and_each_refusal_is_on_record(
    running: Running, stage: Stage, reading: AsyncConnection, row: RouteSpec
) -> None:
    case = CASES[row.method, row.path]
    drew = await running.as_("drew")
    nothing = await drew.client.request("GET", f"/visits/{UNKNOWN}")
    assert nothing.status_code == 404
    unchanged = await everything(reading, without=("audit_entry", "audit_content"))
    for name in sorted(ROLES.keys() - case.may):
        before = await refused_entries(reading)
        answer = await ask(await running.as_(name), row, stage)
        assert (name, answer.status_code) == (name, 404)
        assert answer.text == nothing.text, name
        assert await refused_entries(reading) == before + 1, name
    assert await everything(reading, without=("audit_entry", "audit_content")) == unchanged
    before = await refused_entries(reading)
    for name in sorted(case.may):
        answer = await ask(await running.as_(name), row, stage)
        assert answer.status_code not in (401, 403, 404), (name, answer.text)
        assert answer.status_code < 500, (name, answer.text)
        if name in AT_HOME and answer.text.lstrip().startswith("<!doctype"):
            assert 'href="tel:988"' in answer.text, (name, "help is out of reach")
    assert await refused_entries(reading) == before


@pytest.mark.parametrize("row", ABOUT_SOMEBODY, ids=named(ABOUT_SOMEBODY))
async def test_drew_and_ada_are_strangers_to_noor_and_a_supervisor_reads(
    running: Running, stage: Stage, reading: AsyncConnection, row: RouteSpec
) -> None:
    case = CASES[row.method, row.path]
    noor = stage.elsewhere(visit=str(running.clinic.visits["noor"]), patient=str(running.clinic["noor"]))
    for name in ("drew", "ada", "marcus", "ilse", "sofia", "olu", "carla"):
        before = await refused_entries(reading)
        answer = await ask(await running.as_(name), row, noor)
        assert (name, answer.status_code) == (name, 404)
        assert await refused_entries(reading) == before + 1
    before = await refused_entries(reading)
    answer = await ask(await running.as_("tomas"), row, noor)
    assert (answer.status_code not in (401, 403, 404)) == case.supervised, answer.text
    assert answer.status_code < 500
    assert await refused_entries(reading) == before + (not case.supervised)


@pytest.mark.parametrize("row", ABOUT_SOMEBODY, ids=named(ABOUT_SOMEBODY))
async def test_an_unknown_id_looks_like_a_strangers(running: Running, stage: Stage, row: RouteSpec) -> None:
    drew = await running.as_("drew")
    unknown = stage.elsewhere(visit=UNKNOWN, patient=UNKNOWN)
    strange = stage.elsewhere(visit=str(running.clinic.visits["noor"]), patient=str(running.clinic["noor"]))
    answers = [await ask(drew, row, where) for where in (unknown, strange)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    assert answers[0].headers.keys() == answers[1].headers.keys()


@pytest.mark.parametrize("row", CHANGES, ids=named(CHANGES))
async def test_a_forged_change_changes_nothing(
    running: Running, stage: Stage, reading: AsyncConnection, row: RouteSpec
) -> None:
    name = next(iter(sorted(CASES[row.method, row.path].may)))
    person, other = await running.as_(name), await running.as_("carla" if name != "carla" else "drew")
    path, patient = stage.path(row), stage.patient(row)
    form = {**stage.form(row), **({"patient": patient} if patient else {})}
    before = await everything(reading)
    forged = [
        await person.client.post(path, data=form),
        await person.client.post(path, data={**form, "csrf_token": other.csrf}),
        await person.client.post(path, data=form, headers={"X-CSRF-Token": other.csrf}),
        await person.client.post(
            path, data={**form, "csrf_token": person.csrf}, headers={"Origin": "https://evil.example"}
        ),
        await person.client.post(path, data={**form, "csrf_token": person.csrf}, headers={"Origin": "null"}),
    ]
    assert [answer.status_code for answer in forged] == [403] * len(forged)
    assert await everything(reading) == before


@pytest.mark.parametrize("row", NAMING, ids=named(NAMING))
async def test_a_form_for_another_patient_changes_nothing(
    running: Running, stage: Stage, reading: AsyncConnection, row: RouteSpec
) -> None:
    name = next(iter(sorted(CASES[row.method, row.path].may)))
    person, path, form = await running.as_(name), stage.path(row), stage.form(row)
    before = await everything(reading)
    for patient in (None, running.clinic["marcus"], running.clinic["noor"], UUID(UNKNOWN)):
        answer = await person.post(path, patient, **form)
        assert answer.status_code == 409
        assert "another patient" in answer.text
    assert await everything(reading) == before


@pytest.mark.parametrize("row", NAMING, ids=named(NAMING))
async def test_a_stranger_learns_nothing_by_naming_another_patient(
    running: Running, stage: Stage, reading: AsyncConnection, row: RouteSpec
) -> None:
    """Otherwise the answer to a form for the wrong patient would say that there is such a visit."""
    ruth = await running.as_("ruth")
    for patient in (None, running.clinic["noor"]):
        before = await refused_entries(reading)
        answer = await ruth.post(stage.path(row), patient, **stage.form(row))
        assert answer.status_code == 404
        assert await refused_entries(reading) == before + 1


async def test_what_belongs_to_another_patient_is_not_found_in_adas_visit(running: Running, stage: Stage) -> None:
    """Drew treats Marcus too: right visit, right patient, and an order or alert that is not Ada's."""
    drew, marcus = await running.as_("drew"), running.clinic["marcus"]
    visit = f"/visits/{running.clinic.visits['marcus']}"
    ada = running.clinic["ada"]
    for what, form in (
        (f"medicines/{stage.ids['order']}/adjust", {}),
        (f"medicines/{stage.ids['order']}/stop", {"reason": "No longer needed"}),
        (f"medicines/{stage.ids['order']}/hold", {"reason": "Nausea"}),
        (f"medicines/{stage.ids['order']}/revise", stage.form(next(row for row in CHANGES if "revise" in row.path))),
        (f"alerts/{stage.ids['alert']}/acknowledge", {"what_was_done": "Nothing."}),
    ):
        answer = await drew.post(f"{visit}/{what}", marcus, **form)
        assert answer.status_code == 404, (what, answer.text)
    assert (await drew.post(f"{visit}/cancel", ada)).status_code == 409


async def test_refusals_name_actor_action_and_whose_record_and_nothing_else(
    running: Running, stage: Stage, reading: AsyncConnection
) -> None:
    ruth = await running.as_("ruth")
    await ruth.get(f"/patients/{stage.ids['patient']}")
    asked = "SELECT * FROM audit_entry e JOIN audit_content c ON c.entry_id = e.id WHERE outcome = 'refused'"
    row = (await reading.execute(text(f"{asked} ORDER BY e.id DESC LIMIT 1"))).one()
    assert (row.actor_id, row.actor_role, row.action) == (running.clinic["ruth"], "prescriber", "patient.read")
    assert (row.rule, row.patient_id, row.visit_id) == ("default-deny", running.clinic["ada"], None)
    assert row.content == {}


async def test_roles_are_read_anew_so_that_a_revoked_one_ends_at_once(
    running: Running, reading: AsyncConnection
) -> None:
    carla = await running.as_("carla")
    assert (await carla.get("/people")).status_code == 200
    who = running.clinic["carla"]
    async with transaction(running.settings.database_url) as conn:
        await accounts.revoke(conn, who, Role.ADMINISTRATOR, now=datetime.now(UTC))
    assert (await carla.get("/people")).status_code == 404
    async with transaction(running.settings.database_url) as conn:
        await accounts.grant(conn, who, (Role.ADMINISTRATOR,), now=datetime.now(UTC), by=None)
    assert (await carla.get("/people")).status_code == 200
