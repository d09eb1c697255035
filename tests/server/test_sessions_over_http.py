"""Sessions, headers and addresses as a browser meets them, on the pages of the running house."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from redis.asyncio import Redis

from server import routes
from server.auth.sessions import key_of
from server.http.endpoint import RouteSpec
from server.routes import ROUTES
from tests.server.row_cases import CASES, Stage, named, set_the_stage
from tests.server.web_process import Person, Running

PAGES = tuple(row for row in ROUTES if row.method == "GET")
_stages: dict[str, Stage] = {}


@pytest.fixture
async def stage(running: Running) -> Stage:
    """Ada's visit in progress; made once for the module."""
    if running.base not in _stages:
        _stages[running.base] = await set_the_stage(running)
    return _stages[running.base]


@pytest.fixture
async def redis(running: Running) -> AsyncIterator[Redis]:
    async with Redis.from_url(running.settings.redis_url, decode_responses=True) as client:
        yield client


def stored(person: Person) -> str:
    """Where the session is kept."""
    return f"titrate:session:{key_of(person.session_id)}"


async def ago(redis: Redis, person: Person, what: str, seconds: float) -> None:
    """As if the person had been seen last, or had signed in, so long ago."""
    assert await redis.exists(stored(person))
    await redis.hset(stored(person), what, repr(datetime.now(UTC).timestamp() - seconds))


async def seen(redis: Redis, person: Person) -> float:
    return float(await redis.hget(stored(person), "seen") or 0)


# Log-off


@pytest.mark.parametrize(("what", "seconds"), [("seen", 901), ("begun", 43_201)], ids=["idle", "after twelve hours"])
async def test_a_session_ends_by_itself(running: Running, stage: Stage, redis: Redis, what: str, seconds: int) -> None:
    drew = await running.as_("drew")
    assert (await drew.get("/day")).status_code == 200
    await ago(redis, drew, what, seconds - 30)
    assert (await drew.client.get("/day")).status_code == 200, "thirty seconds before, it lives"
    await ago(redis, drew, what, seconds)
    page = await drew.get("/day?date=2026-11-24")
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=%2Fday%3Fdate%3D2026-11-24")
    part = await drew.get("/day/waiting", fragment=True)
    assert (part.status_code, "What you typed is kept" in part.text) == (401, True)
    ended = await drew.post(f"/visits/{stage.ids['visit']}/end", stage.ids["patient"])
    assert ended.status_code == 303
    assert ended.headers["location"] == "/sign-in"
    left = await drew.client.get("/session/remaining")
    assert (left.status_code, left.json()) == (401, {"idle_s": 0, "absolute_s": 0})
    ada = await running.as_("ada")
    assert "Your visit" in (await ada.get(f"/visits/{stage.ids['visit']}")).text, "the visit was not ended by it"


async def test_an_absent_person_is_not_kept_signed_in_by_their_page(running: Running, redis: Redis) -> None:
    """Fragments are re-read because somebody else did something; opening a page or sending a form is one's own act."""
    drew = await running.as_("drew")
    await ago(redis, drew, "seen", 600)
    before = await seen(redis, drew)
    for path in ("/day/waiting", "/session/remaining", "/static/css/base.css", "/health"):
        assert (await drew.client.get(path, headers={"HX-Request": "true"})).status_code == 200
    assert await seen(redis, drew) == before
    await drew.get("/day")
    assert await seen(redis, drew) > before + 500
    await ago(redis, drew, "seen", 600)
    await drew.post("/visits/new")
    assert await seen(redis, drew) > before + 500


async def test_the_page_learns_what_is_left_and_may_stay(running: Running, redis: Redis) -> None:
    drew = await running.as_("drew")
    await ago(redis, drew, "seen", 840)
    left = (await drew.client.get("/session/remaining")).json()
    assert left["viewer"] == str(running.clinic["drew"])
    assert left["csrf_token"] == drew.csrf
    assert (left["idle_s"] <= 60, left["warn_s"]) == (True, 120)
    again = (await drew.client.get("/session/remaining")).json()
    assert again["idle_s"] <= left["idle_s"], "asking is no activity"
    forged = await drew.client.post("/session/stay", data={"csrf_token": "x"})
    assert forged.status_code == 403
    assert (await drew.client.get("/session/remaining")).json()["idle_s"] <= left["idle_s"]
    stayed = await drew.post("/session/stay")
    assert (stayed.status_code, stayed.json()["idle_s"]) == (200, 900)
    await ago(redis, drew, "seen", 901)
    late = await drew.post("/session/stay")
    assert late.status_code == 401


async def test_signing_out_ends_this_session_and_no_other(running: Running) -> None:
    here, there = await running.as_("drew"), await running.as_("drew")
    out = await here.post("/sign-out")
    assert out.status_code == 303
    cookie = out.headers["set-cookie"]
    assert cookie.startswith('__Host-titrate=""')
    for flag in ("HttpOnly", "Secure", "Path=/", "SameSite=lax", "Max-Age=0"):
        assert flag.lower() in cookie.lower(), cookie
    assert "domain" not in cookie.lower()
    assert (await here.get("/day")).status_code == 303
    assert (await here.client.get("/session/remaining")).status_code == 401
    assert (await there.get("/day")).status_code == 200


async def test_new_roles_begin_with_a_new_session(running: Running) -> None:
    """Somebody who is given a role is signed out, so that no page of theirs shows less or more than they may."""
    carla, olu = await running.as_("carla"), await running.as_("olu")
    form = {
        "issuer": "https://id.example.org",
        "subject": "olu-2",
        "role": "guest",
        "person": str(running.clinic["olu"]),
    }
    added = await carla.post("/people", **form)
    assert added.status_code == 303, added.text
    assert (await olu.get("/log")).status_code == 303
    assert (await carla.get("/people")).status_code == 200


async def test_one_persons_cookie_and_anothers_token_are_nobody(running: Running, stage: Stage) -> None:
    ada, drew = await running.as_("ada"), await running.as_("drew")
    form = {"csrf_token": ada.csrf, "patient": stage.ids["patient"]}
    mixed = await drew.client.post(f"/visits/{stage.ids['visit']}/end", data=form)
    assert mixed.status_code == 403


# Headers


def directives(answer: httpx2.Response) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";")]
    return {name: value for name, _, value in parts}


def check_headers(answer: httpx2.Response) -> None:
    policy = directives(answer)
    assert policy["default-src"] == "'none'"
    assert (policy["script-src"], policy["style-src"]) == ("'self'", "'self'")
    assert (policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "geolocation=()" in answer.headers["permissions-policy"]


@pytest.mark.parametrize("row", PAGES, ids=named(PAGES))
async def test_each_page_has_the_headers_and_nothing_that_they_forbid(
    running: Running, stage: Stage, row: RouteSpec
) -> None:
    for name in sorted(CASES[row.method, row.path].may):
        person = await running.as_(name)
        answer = await person.get(stage.path(row))
        check_headers(answer)
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers, "a session's id is given out at sign-in alone"
        assert not re.search(r"<script(?![^>]*\ssrc=\"/static/)[^>]*>", answer.text)
        assert "<style" not in answer.text
        assert not re.search(r"<[a-z][^>]*\s(style|on[a-z]+)=", answer.text)
        assert not re.search(r"(href|src|action)=\"(javascript:|data:text|//|http:)", answer.text)


@pytest.mark.parametrize(
    "path", ["/sign-in", "/signed-out", "/health", "/no-such-page", "/static/none", "/no-access", "/session/remaining"]
)
async def test_open_addresses_have_them_too(running: Running, path: str) -> None:
    answer = await (await running.nobody()).get(path)
    check_headers(answer)
    if not path.startswith("/static"):
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/static/0123456789/css/base.css", "/static/js/shell/live.js", "/static/icons.svg"])
async def test_static_files_have_them_and_may_be_kept_if_asked_for_again(running: Running, path: str) -> None:
    nobody = await running.nobody()
    answer = await nobody.get(path)
    assert answer.status_code == 200
    check_headers(answer)
    assert answer.headers["cache-control"] == "no-cache"
    again = await nobody.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_static_files_of_this_release_are_never_asked_for_again(running: Running) -> None:
    nobody = await running.nobody()
    page = await nobody.get("/sign-in")
    named = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page.text))
    assert len(named) > 8
    for path in named:
        answer = await nobody.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable"), (
            path
        )
    again = await nobody.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, "immutable" in again.headers["cache-control"]) == (304, True)


async def test_refusals_have_them_and_name_nobody(running: Running, stage: Stage) -> None:
    drew, visit = await running.as_("drew"), f"/visits/{stage.ids['visit']}"
    answers = [
        await drew.get(f"/visits/{running.clinic.visits['noor']}"),
        await drew.post(f"{visit}/end", running.clinic["marcus"]),
        await drew.client.post(f"{visit}/end"),
        await drew.post(f"{visit}/note", stage.ids["patient"], **{stage.ids["section"]: "\0"}),
        await drew.client.post(visit),
        await drew.client.put(visit),
        await drew.client.request("TRACE", visit),
    ]
    assert [answer.status_code for answer in answers] == [404, 409, 403, 422, 405, 405, 405]
    for answer in answers:
        check_headers(answer)
        assert not re.search(r"\b(Ada|Marcus|Noor|Drew|Cast)\b", answer.text), answer.text
        assert stage.ids["patient"] not in answer.text


# Addresses


def test_no_row_has_a_name_in_its_address() -> None:
    """Addresses stand in histories and in the logs of proxies: they hold ids and fixed words, and no id of a person's
    own making (a scale's is the questionnaire's)."""
    words = {word for row in ROUTES for word in re.findall(r"{(\w+)}", row.path)}
    assert words == {"visit", "patient", "person", "order", "alert", "scale", "decision", "site"}
    assert all(re.fullmatch(r"(/[a-z-]+|/{\w+})+", row.path) for row in ROUTES)


def test_no_handler_reads_a_name_a_medicine_or_a_dose_from_an_address() -> None:
    """What has to be typed travels in a body. Here are ids, days, fixed words, and (``name``) the log's filters.

    One of those is an ingredient, chosen from the list of all that were ever asked for: of no patient and no dose.
    """
    sources = [one.read_text(encoding="utf-8") for one in Path(routes.__file__).parents[1].rglob("*.py")]
    read = {word for source in sources for word in re.findall(r"ask\.query(?:_number)?\(([^,)]+)", source)}
    fixed = ("date", "from", "to", "of", "patient", "modality", "page", "template", "added", "left", "tab", "not-now")
    assert read == {"name", *(f'"{word}"' for word in fixed)}


@pytest.mark.parametrize("row", PAGES, ids=named(PAGES))
async def test_no_page_links_to_an_address_with_a_patients_name(running: Running, stage: Stage, row: RouteSpec) -> None:
    for name in sorted(CASES[row.method, row.path].may):
        answer = await (await running.as_(name)).get(stage.path(row))
        links = re.findall(r"(?:href|src|action|hx-[a-z]+|data-[a-z-]*url)=\"([^\"]*)\"", answer.text)
        links.append(answer.headers.get("location", ""))
        for link in links:
            assert not re.search(r"\b(ada|marcus|noor|cast)\b", link, re.IGNORECASE), link
