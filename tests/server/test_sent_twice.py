"""A change is made once, however often it is sent, and is answered the same; also when its first answer was lost."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from redis import Redis
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.shared.ids import VisitId
from server.http.idempotency import keeping
from server.http.idempotency.key import FIELD, HEADER
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.losing import Cut, Line, line_to
from tests.server.row_cases import BOOKED as FORM
from tests.server.row_cases import CHANGES, DOSE, Stage, everything, set_the_stage
from tests.server.web_process import Person, Running, serving, settings_for, signing, transaction, write_clinic

BOOKED = {**FORM, "date": f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"}
_stages: dict[str, Stage] = {}
lines: dict[str, Line] = {}
totals = iter(("100", "150", "200"))

# Entries of the log are counted by themselves: nothing is done twice, and nothing is told twice.
LOG = ("audit_leaf", "checkpoint")


@pytest.fixture(scope="module")
def served(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A web process whose line to its database can be cut."""
    redis_url, port, folder = engines.redis(7), free_port(), Path(tmp_path_factory.mktemp("house"))
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    clinic = write_clinic(database.app_url, datetime.now(UTC))
    with line_to(database.app_url) as line:
        settings = settings_for(line.url, redis_url, port, folder, worker=database.worker_url)
        with serving(settings):
            here = Running(replace(settings, database_url=database.app_url), f"http://localhost:{port}", clinic)
            lines[here.base] = line
            yield here


@pytest.fixture
def line(running: Running) -> Line:
    return lines[running.base]


@pytest.fixture
async def stage(running: Running) -> Stage:
    """Ada's visit in progress; made once for the module."""
    if running.base not in _stages:
        _stages[running.base] = await set_the_stage(running)
    return _stages[running.base]


@pytest.fixture
async def reading(running: Running) -> AsyncIterator[AsyncConnection]:
    async with transaction(running.settings.database_url) as conn:
        yield conn


def key() -> str:
    return str(uuid4())


async def count(conn: AsyncConnection, what: str) -> int:
    found: int = (await conn.execute(text(f"SELECT count(*) FROM {what}"))).scalar_one()
    return found


async def answered(drew: Person, visit: str, path: str, patient: str, **fields: str) -> dict[str, str]:
    """A dose form with each of its findings answered."""
    checked = await drew.post(f"{visit}/{path}", patient, **fields)
    return {**fields, **signing(checked.text)}


async def a_change(drew: Person, stage: Stage, what: str) -> tuple[str, dict[str, str], str, str]:
    """Path, form, the table that one row is added to, and words of the answer."""
    visit = f"/visits/{stage.ids['visit']}"
    patient = stage.ids["patient"]
    match what:
        case "dose":
            order = await current(drew, visit)
            change = {**DOSE, "total": next(totals), "reason": "Partial response"}
            form = await answered(drew, visit, f"medicines/{order}/check", patient, **change)
            return f"{visit}/medicines/{order}/revise", form, "medication_order", "Signed."
        case "addendum":
            note = {stage.ids["section"]: "Mood better.", **stage.said()}
            await drew.post(f"{visit}/note/sign", patient, version="0", **note)
            return f"{visit}/note/addendum", {"text": f"Called {key()}."}, "note_addendum", "Called "
        case _:
            return "/visits/new", BOOKED, "visit", ""


async def current(drew: Person, visit: str) -> str:
    """The order of sertraline that stands now."""
    listed = (await drew.get(f"{visit}/medicines", fragment=True)).text
    found = re.search(
        r'<article class="[^"]*" id="order-([0-9a-f-]{36})">\s*<h3[^>]*>Sertraline.*?</article>', listed, re.S
    )
    assert found, listed
    return found.group(1)


@pytest.mark.parametrize("cut", Cut, ids=lambda cut: cut.value)
@pytest.mark.parametrize("what", ["dose", "addendum", "visit"])
async def test_a_change_whose_commit_was_not_answered_is_made_once_by_sending_it_again(
    running: Running, stage: Stage, line: Line, reading: AsyncConnection, what: str, cut: Cut
) -> None:
    drew = await running.as_("drew")
    path, form, table, words = await a_change(drew, stage, what)
    sent = {**form, FIELD: key()}
    before, cuts = await count(reading, table), line.cuts
    line.cut_next(cut)
    lost = await drew.post(path, stage.ids["patient"], **sent)
    assert (lost.status_code, line.cuts) == (503, cuts + 1), lost.text
    assert "It may or may not have been saved" in lost.text
    assert "Nothing was changed" not in lost.text
    again = [await drew.client.post(path, data=resent(lost, path)) for _ in range(2)]
    assert await count(reading, table) == before + 1
    for one in again:
        assert one.status_code == (303 if what == "visit" else 200), one.text
        assert words in one.text
    assert again[0].headers.get("location") == again[1].headers.get("location")


def resent(page: httpx2.Response, path: str) -> dict[str, str]:
    """The form that the page of a change that was not answered offers to send again."""
    assert f'action="{path}"' in page.text
    assert "Send it again" in page.text
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    assert {"csrf_token", FIELD, "patient"} <= {name for name, _ in fields}
    return {unescape(name): unescape(value) for name, value in fields}


async def test_a_part_of_a_page_keeps_its_form_when_the_answer_was_lost(
    running: Running, stage: Stage, line: Line
) -> None:
    drew = await running.as_("drew")
    path, form, *_ = await a_change(drew, stage, "addendum")
    line.cut_next(Cut.AFTER)
    data = {"csrf_token": drew.csrf, "patient": stage.ids["patient"], FIELD: key(), **form}
    lost = await drew.client.post(path, data=data, headers={"HX-Request": "true"})
    assert lost.status_code == 503
    assert "data-keep-form" in lost.text
    assert "It may or may not have been saved" in lost.text
    assert form["text"] not in lost.text, "what was typed still stands in the page"


async def test_a_note_that_is_saved_as_it_is_typed_is_no_conflict_with_itself(
    running: Running, stage: Stage, line: Line
) -> None:
    visit = (await visit_of_marcus(running)).removeprefix("/visits/")
    drew, path = await running.as_("drew"), f"/visits/{visit}/note"
    form = {"version": "0", "template": "", stage.ids["section"]: "Slept better.", FIELD: key()}
    line.cut_next(Cut.AFTER)
    data = {"csrf_token": drew.csrf, "patient": str(running.clinic["marcus"]), **form}
    lost = await drew.client.post(path, data=data, headers={"Accept": "application/json"})
    assert lost.status_code == 503
    assert "It may or may not have been saved" in lost.json()["what"]
    again = [(await drew.post(path, running.clinic["marcus"], **form)) for _ in range(2)]
    assert [one.status_code for one in again] == [200, 200]
    assert again[0].json() == again[1].json()
    assert again[0].json()["version"] == 1


async def visit_of_marcus(running: Running) -> str:
    visit = VisitId(running.clinic.visits["marcus"])
    return f"/visits/{visit}"


async def test_the_same_sent_four_times_at_once_is_done_once_and_answered_the_same(
    running: Running, reading: AsyncConnection
) -> None:
    drew, before = await running.as_("drew"), await count(reading, "visit")
    sent = {**BOOKED, FIELD: key()}
    answers = await asyncio.gather(*[drew.post("/visits/new", running.clinic["marcus"], **sent) for _ in range(4)])
    assert {one.status_code for one in answers} == {303}
    assert len({one.headers["location"] for one in answers}) == 1
    assert await count(reading, "visit") == before + 1


async def test_another_body_with_the_key_of_a_change_that_was_made_is_refused_and_says_what_to_do(
    running: Running, reading: AsyncConnection
) -> None:
    drew, marcus = await running.as_("drew"), running.clinic["marcus"]
    sent = {**BOOKED, FIELD: key()}
    assert (await drew.post("/visits/new", marcus, **sent)).status_code == 303
    before = await everything(reading)
    for other in ({**sent, "time": "11:30"}, {**sent, "minutes": "45"}, {**sent, "more": ""}):
        refused = await drew.post("/visits/new", marcus, **other)
        assert refused.status_code == 409
        assert "What you sent first was saved" in refused.text
        assert "was not saved" in refused.text
        assert "open the page again" in refused.text
    ruth, noor = await running.as_("ruth"), running.clinic["noor"]
    assert (await ruth.post("/visits/new", noor, **sent)).status_code == 303, "a key is its own person's"
    assert await count(reading, "visit") > 0
    assert before["visit"] != (await everything(reading))["visit"]


async def test_a_refused_form_uses_no_key(running: Running, reading: AsyncConnection) -> None:
    drew, marcus, used = await running.as_("drew"), running.clinic["marcus"], key()
    before = await everything(reading)
    refused = await drew.post("/visits/new", marcus, **{**BOOKED, "minutes": "3", FIELD: used})
    assert refused.status_code == 422
    assert used not in refused.text, "the form comes with a key of its own"
    forged = await drew.post("/visits/new", marcus, **{**BOOKED, "csrf_token": "x", FIELD: used})
    assert forged.status_code == 403
    assert await everything(reading) == before
    assert (await drew.post("/visits/new", marcus, **{**BOOKED, FIELD: used})).status_code == 303


@pytest.mark.parametrize("bad", ["", "short", "x" * 65, "with space 0123456789", "ключ-ключ-ключ-ключ"])
async def test_a_change_without_a_key_that_can_be_one_is_not_taken(running: Running, bad: str) -> None:
    drew, marcus = await running.as_("drew"), running.clinic["marcus"]
    refused = await drew.post("/visits/new", marcus, **{**BOOKED, FIELD: bad})
    assert (refused.status_code, "so it was not accepted" in refused.text) == (400, True)


async def test_a_script_may_send_the_key_as_a_header(running: Running) -> None:
    drew, used = await running.as_("drew"), key()
    data = {"csrf_token": drew.csrf, "patient": str(running.clinic["marcus"]), **BOOKED}
    answers = [await drew.client.post("/visits/new", data=data, headers={HEADER: f'"{used}"'}) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]


WHO = {"/arrive": "ada", "/scales/{scale}": "ada", "/desk": "noa", "/people": "carla", "/sites": "carla", "/log": "olu"}
# What ends what the others need comes last.
LAST = ("/close", "/cancel", "/end")


async def test_each_change_that_is_sent_twice_is_answered_the_same_and_written_once(
    running: Running, stage: Stage, reading: AsyncConnection
) -> None:
    """Without a key none is taken; with the same key twice, no row of any table is another after the second."""
    once = sorted((row for row in CHANGES if row.once), key=lambda row: row.path.endswith(LAST))
    made = set()
    for row in once:
        who = next((name for part, name in WHO.items() if part in row.path and "request" not in row.path), "drew")
        person, form, patient = await running.as_(who), stage.form(row), stage.patient(row)
        if row.path.endswith("/scales/{scale}"):
            form = {f"item-{number}": "0" for number in range(1, 11)}
        keyless = await person.post(stage.path(row), patient, **{**form, FIELD: ""})
        assert keyless.status_code == 400, row
        sent = {**form, FIELD: key()}
        first = await person.post(stage.path(row), patient, **sent)
        if first.status_code >= 400:
            continue
        after = await everything(reading)
        second = await person.post(stage.path(row), patient, **sent)
        assert (second.status_code, second.headers.get("location")) == (
            first.status_code,
            first.headers.get("location"),
        ), row
        assert await everything(reading) == after, row
        made.add(f"{row.method} {row.path}")
    assert len(made) > 12, made


async def test_what_was_answered_stays_for_two_days_and_then_goes(
    running: Running, reading: AsyncConnection, owner_conn: AsyncConnection
) -> None:
    drew, used = await running.as_("drew"), key()
    await drew.post("/visits/new", running.clinic["marcus"], **{**BOOKED, FIELD: used})
    kept = (await reading.execute(text("SELECT * FROM sent_change WHERE key = :key"), {"key": used})).one()
    assert kept.answer == {"see": kept.answer["see"]}
    assert "Marcus" not in str(kept)
    for change in (
        "DELETE FROM sent_change",
        "UPDATE sent_change SET answer = NULL",
        "UPDATE sent_change SET key = 'x'",
    ):
        with pytest.raises(DBAPIError, match=r"is refused|permission denied"):
            async with reading.begin_nested():
                await reading.execute(text(f"{change} WHERE key = '{used}'"))
    await owner_conn.execute(
        text(
            "INSERT INTO sent_change (actor_id, route, key, digest, answer, sent_at)"
            " SELECT actor_id, route, 'old-' || key, digest, answer, now() - interval '49 hours'"
            " FROM sent_change WHERE key = :key"
        ),
        {"key": used},
    )
    assert await keeping.forget(owner_conn) == 1
