"""What nobody types by mistake is answered by a clear 4xx or read as text: never a 5xx, and nothing is kept of it."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.http.body_limit import MOST_BYTES
from server.http.endpoint import RouteSpec
from tests.server.row_cases import CASES, CHANGES, DOSE, WHERE, Stage, everything, named, set_the_stage
from tests.server.web_process import Person, Running, sign_end, transaction
from visit_ui.pages.officer.log import LogFilters

_stages: dict[str, Stage] = {}


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


async def permitted(running: Running, row: RouteSpec) -> Person:
    return await running.as_(min(CASES[row.method, row.path].may))


LONG = "9" * 5000
ADDRESSES = (
    ("drew", "/day?date=0001-01-01", 200),
    ("drew", "/day?date=9999-12-31", 200),
    ("drew", "/day?date=%C2%B2", 200),
    ("drew", "/day?of=nobody", 200),
    ("drew", f"/day?of={UUID(int=7)}", 200),
    ("drew", "/visits/new?patient=nobody&modality=carrier-pigeon", 200),
    ("drew", "{visit}/medicines/{order}/adjust", 405),
    ("drew", "{visit}/notes?template=none-such", 200),
    ("drew", "{visit}?tab=none-such", 200),
    ("ada", "{visit}/scales/none-such", 404),
    ("ada", "{visit}/scales/phq9%00", 404),
    ("olu", "/log?page=999999999999", 200),
    ("olu", "/log?page=-1", 200),
    ("olu", "/log?page=0", 200),
    ("olu", "/log?page=%C2%B2", 200),
    ("olu", "/log?page=" + "9" * 200, 200),
    ("olu", "/log?page=" + LONG, 422),
    ("olu", "/log?from=0001-01-01&to=9999-12-31", 200),
    ("olu", "/log?from=9999-12-31&to=0001-01-01", 200),
    ("olu", "/log?from=2026-13-45", 200),
    ("olu", "/log?prescriber=nobody&outcome=maybe&schedule=VI", 200),
    ("olu", "/log?ingredient=vodka&action=sell&modality=telepathy&state=ZZZ", 200),
    ("olu", "/log?page=bwAGRPqAIYwAAAAAAAAAu7Q", 200),
    ("olu", "/log?page=b39_____________AAAAAAE", 200),
    ("olu", "/log?schedule=%00", 422),
    ("olu", "/log/%00", 404),
    ("olu", "/log/../people", 404),
    ("carla", "/people?added=nobody", 404),
    ("drew", "/live?visit=%00", 404),
    ("drew", "/live?visit=nobody", 404),
)


@pytest.mark.parametrize(("name", "path", "status"), ADDRESSES, ids=[path[:60] for _, path, _ in ADDRESSES])
async def test_an_address_that_makes_no_sense(
    running: Running, stage: Stage, name: str, path: str, status: int
) -> None:
    person = await running.as_(name)
    address = path.format(visit=f"/visits/{stage.ids['visit']}", order=stage.ids["order"])
    answer = await person.get(address, fragment=True)
    assert answer.status_code == status, answer.text


WISHES = (
    ("/patients", {"q": "%"}, 303),
    ("/patients", {"q": "a " * 40}, 303),
    ("/patients", {"q": "a " * 2000}, 422),
    ("{visit}/medicines/find", {"name": "x" * 5000}, 422),
    ("{visit}/medicines/find", {"name": "sertraline", "product": "none-such"}, 404),
    ("{visit}/medicines/find", {"product": "sertraline"}, 200),
    *(("{visit}/medicines/{order}/adjust", {"to": to}, 200) for to in ("1e999999", "-5", "NaN", "")),
    ("{visit}/medicines/{order}/adjust", {"to": LONG}, 422),
)


@pytest.mark.parametrize(("path", "form", "status"), WISHES, ids=[f"{one[0]} {str(one[1])[:40]}" for one in WISHES])
async def test_a_wish_that_makes_no_sense(
    running: Running, stage: Stage, path: str, form: Mapping[str, str], status: int
) -> None:
    drew = await running.as_("drew")
    address = path.format(visit=f"/visits/{stage.ids['visit']}", order=stage.ids["order"])
    answer = await drew.post(address, stage.ids["patient"], **form)
    assert answer.status_code == status, answer.text


async def test_an_id_has_one_spelling(running: Running, stage: Stage) -> None:
    ada, plain = await running.as_("ada"), stage.ids["visit"]
    assert (await ada.get(f"/visits/{plain}")).status_code == 200
    odd = (plain.replace("-", ""), plain.upper(), f"%7B{plain}%7D", f"urn:uuid:{plain}", f"{plain}%00", f"{plain}%0A")
    for spelling in (*odd, plain.replace("-", "%2D%2D"), plain.replace("-", "_"), f"%20{plain}", f"0x{plain}"):
        if spelling != plain:
            assert (await ada.get(f"/visits/{spelling}")).status_code == 404, spelling


@pytest.mark.parametrize("row", CHANGES, ids=named(CHANGES))
async def test_a_character_that_cannot_be_kept_is_refused_in_every_field(
    running: Running, stage: Stage, reading: AsyncConnection, row: RouteSpec
) -> None:
    person, form = await permitted(running, row), stage.form(row)
    before = await everything(reading)
    for field in (*form, "another"):
        answer = await person.post(stage.path(row), stage.patient(row), **{**form, field: "a\0b"})
        assert answer.status_code == 422, (field, answer.text)
        assert "cannot be kept" in answer.text
    assert await everything(reading) == before


NUMBERS = ("²", "-1", "1e999999", LONG, "NaN", "0x10", "1_0", " ", "٣", "1" * 18)
NUMBER_FIELDS = (
    ("drew", "medicines/start/check", "days"),
    ("drew", "medicines/start/check", "refills"),
    ("drew", "medicines/start/check", "total"),
    ("drew", "medicines/start", "days"),
    ("drew", "note", "version"),
    ("ada", "scales/phq9", "item-1"),
)


@pytest.mark.parametrize(("name", "path", "field"), NUMBER_FIELDS)
async def test_a_number_that_is_none(running: Running, stage: Stage, name: str, path: str, field: str) -> None:
    person = await running.as_(name)
    for number in NUMBERS:
        form = {**DOSE, field: number} if "medicines" in path else {field: number, stage.ids["section"]: "Mood."}
        answer = await person.post(f"/visits/{stage.ids['visit']}/{path}", stage.ids["patient"], **form)
        assert answer.status_code in (200, 404, 409, 422), (number, answer.status_code)
        assert "started" not in answer.text or path != "medicines/start"


BOOKINGS = (
    ("date", "0001-01-01"),
    ("date", "9999-12-31"),
    ("time", "25:00"),
    ("time", "10:30+14:00"),
    ("minutes", "²"),
    ("minutes", "-5"),
    ("place", "x" * 5000),
    ("kind", "séance"),
    ("modality", "carrier_pigeon"),
    ("patient", ""),
)


@pytest.mark.parametrize(("field", "value"), BOOKINGS)
async def test_a_booking_that_cannot_be(running: Running, stage: Stage, field: str, value: str) -> None:
    drew = await running.as_("drew")
    good = {**CASES["POST", "/visits/new"].form, "patient": stage.ids["patient"], "date": "2036-11-24"}
    answer = await drew.post("/visits/new", **{**good, field: value})
    assert answer.status_code == 422, answer.text


async def test_a_booking_for_nobody_keeps_what_was_typed(running: Running) -> None:
    drew = await running.as_("drew")
    typed = {**CASES["POST", "/visits/new"].form, "patient": "", "date": "2036-11-24", "place": "Ybor clinic"}
    answer = await drew.post("/visits/new", **typed)
    assert answer.status_code == 422
    assert "Choose a patient." in answer.text
    assert 'value="Ybor clinic"' in answer.text
    assert 'value="2036-11-24"' in answer.text
    assert (await (await running.as_("ada")).post("/visits/new", **typed)).status_code == 404


async def test_a_booking_that_can_be(running: Running, stage: Stage) -> None:
    drew = await running.as_("drew")
    good = {**CASES["POST", "/visits/new"].form, "date": "2036-11-24"}
    answer = await drew.post("/visits/new", stage.ids["patient"], **good)
    there = answer.headers["location"]
    assert (answer.status_code, there.startswith("/day?date=2036-11-24&of=")) == (303, True)
    assert "Booked: " in (await drew.get(there)).text


# Text of others in our pages

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}${7*7}"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


async def test_typed_text_is_shown_as_text_on_every_page(running: Running, stage: Stage) -> None:
    """Names, reasons, notes, answers, questions and searches, each written by one person and read by all."""
    drew, ada, carla, olu = [await running.as_(name) for name in ("drew", "ada", "carla", "olu")]
    visit, patient = f"/visits/{stage.ids['visit']}", stage.ids["patient"]
    one, another = {"name": f"a{EVIL}"[:190], "sentence": EVIL, "since": ""}, {"name": "Melatonin", "sentence": "3 mg"}
    written = [
        await ada.post(f"{visit}/medicines/report", patient, source="self_reported", **one),
        await drew.post(
            f"{visit}/medicines/report", patient, source="prescribed_elsewhere", prescriber=EVIL, since="", **another
        ),
        await drew.post(f"{visit}/medicines/start/check", patient, **{**DOSE, "reason": EVIL, "indication": EVIL}),
        await sign_end(drew, f"{visit}/medicines/{stage.ids['order']}/hold", patient, EVIL),
        await drew.post(
            f"{visit}/note/sign",
            patient,
            version="0",
            template="",
            **{stage.ids["section"]: EVIL},
            **dict.fromkeys(stage.said(), EVIL),
        ),
        await drew.post(f"{visit}/note/addendum", patient, text=EVIL),
        await drew.post(f"{visit}/alerts/{stage.ids['alert']}/acknowledge", patient, what_was_done=EVIL),
        await drew.post("/visits/new", patient, **{**CASES["POST", "/visits/new"].form, "place": EVIL}),
        await drew.post("/visits/new", patient, **{**CASES["POST", "/visits/new"].form, "time": EVIL}),
        await ada.post(f"{visit}/arrive", patient, **dict.fromkeys(WHERE, EVIL)),
        await carla.post("/people", **{**CASES["POST", "/people"].form, "given_name": EVIL, "credential": EVIL[:90]}),
        await carla.post("/people", **{**CASES["POST", "/people"].form, "issuer": EVIL, "phone": EVIL, "born": EVIL}),
    ]
    assert {answer.status_code for answer in written} <= {200, 303, 409, 422}, [answer.text for answer in written]
    written += [
        await search(drew, EVIL),
        await drew.post(f"{visit}/medicines/find", patient, name=EVIL),
    ]
    pages = [
        await person.get(path)
        for person, paths in (
            (drew, [visit, f"{visit}?tab=notes", f"{visit}?tab=medicines", "/day", f"/patients/{patient}"]),
            (
                drew,
                [
                    f"{visit}/notes?template={EVIL}",
                    "/visits/new",
                    f"{visit}/overview",
                    f"{visit}/alerts",
                    f"/visits/{EVIL}",
                ],
            ),
            (ada, ["/home", visit, f"{visit}/my-medicines", f"{visit}/arrive"]),
            (olu, ["/log", f"/log?from={EVIL}&to={EVIL}&prescriber={EVIL}", f"/log/{EVIL}"]),
            (carla, ["/people", f"/people?added={EVIL}"]),
        )
        for path in paths
    ]
    shown = 0
    for answer in (*written, *pages):
        assert "<script>alert" not in answer.text, answer.url
        assert "<img src=x" not in answer.text, answer.url
        assert not re.search(r"[\w-]+=\"[^\"]*\"'>", answer.text), answer.url
        assert "49${7" not in answer.text
        shown += ESCAPED in answer.text
    assert shown >= 12, "the premise: the text is on many of these pages"


async def search(who: Person, words: str) -> httpx2.Response:
    """The page that a search leads to."""
    sent = await who.post("/patients", q=words)
    assert (sent.status_code, sent.headers["location"]) == (303, "/patients")
    return await who.get("/patients")


INJECTIONS = ("' OR '1'='1", "'; DROP TABLE patient; --", "%", "_", "\\", "\\' OR 1=1 --", "Ada' --", "a%' OR 1=1 --")


@pytest.mark.parametrize("words", INJECTIONS)
async def test_what_looks_like_sql_is_searched_for_as_text(running: Running, words: str) -> None:
    drew = await running.as_("drew")
    page = await search(drew, words)
    assert page.status_code == 200
    assert "/patients/" not in re.sub(r'action="[^"]*"', "", page.text)
    assert str(running.clinic["ada"]) in (await search(drew, "ada")).text
    olu = await running.as_("olu")
    log = await olu.client.get("/log", params=dict.fromkeys(LogFilters.NAMES, words))
    assert log.status_code == 200


async def test_nobody_elses_patient_is_found_by_any_search(running: Running) -> None:
    drew, noor = await running.as_("drew"), running.clinic["noor"]
    for words in ("noor", "", "Cast", "1985-05-21"):
        assert str(noor) not in (await search(drew, words)).text
    assert str(noor) in (await search(await running.as_("ruth"), "noor")).text


# Ways out, and files

AWAY = (
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "/day\n",
)


@pytest.mark.parametrize("where", AWAY)
async def test_signing_in_never_leads_away(running: Running, where: str) -> None:
    drew = await running.as_("drew")
    answer = await drew.client.get("/sign-in", params={"next": where})
    assert (answer.status_code, answer.headers["location"]) == (303, "/home")


@pytest.mark.parametrize("path", ["/day/", "//evil.example/day", "/day//"])
async def test_no_address_is_put_right_by_a_redirect_that_names_a_host(running: Running, path: str) -> None:
    drew = await running.as_("drew")
    answer = await drew.client.get(f"{running.base}{path}", headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "location" not in answer.headers


OUTSIDE = (
    "/static/../settings.py",
    "/static/..%2F..%2Fserver/settings.py",
    "/static/%2e%2e/%2e%2e/pyproject.toml",
    "/static/..%5c..%5cpyproject.toml",
    "/static//etc/passwd",
    "/static/css/%00",
    "/static/",
    "/static/css",
)


async def raw(running: Running, head: str, body: bytes = b"") -> bytes:
    """The beginning of the answer to a request whose address no client has tidied."""
    host, port = running.base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection("127.0.0.1" if host == "localhost" else host, int(port))
    writer.write(f"{head}\r\nHost: {host}:{port}\r\nAccept: text/html\r\n\r\n".encode() + body)
    async with asyncio.timeout(10):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize("path", OUTSIDE)
async def test_static_files_are_those_of_one_folder(running: Running, path: str) -> None:
    assert (await raw(running, "GET /static/css/base.css HTTP/1.1")).startswith(b"HTTP/1.1 200")
    assert (await raw(running, f"GET {path} HTTP/1.1")).startswith(b"HTTP/1.1 404")


async def test_a_link_in_a_message_asks_for_nothing_in_the_prescribers_name(
    running: Running, stage: Stage, reading: AsyncConnection
) -> None:
    """A patient knows their visit's address. Opening such a link must not put an attempt into the prescribing log."""
    drew, medicines = await running.as_("drew"), f"/visits/{stage.ids['visit']}/medicines"
    before = await everything(reading, without=("audit_entry", "audit_content"))
    page = await drew.get(f"{medicines}/start?name=Xanax")
    assert page.status_code == 200
    assert "Xanax" not in page.text, "what an address says is not even typed in"
    for path in ("find?name=Xanax", f"{stage.ids['order']}/adjust?to=100"):
        assert (await drew.get(f"{medicines}/{path}")).status_code == 405
        form = {"csrf_token": drew.csrf, "patient": stage.ids["patient"], "name": "Xanax"}
        forged = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        answer = await drew.client.post(f"{medicines}/{path}", data=form, headers=forged)
        assert answer.status_code == 403
    assert await everything(reading, without=("audit_entry", "audit_content")) == before
    own = await drew.post(f"{medicines}/find", stage.ids["patient"], name="Xanax")
    assert "cannot be prescribed" in own.text
    assert await everything(reading, without=("audit_entry", "audit_content")) != before, (
        "the premise: asked for by oneself, it is on record"
    )


# Bodies

POST = "POST /visits/new HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded"


async def test_a_body_that_says_it_is_too_long_is_refused_before_any_of_it_came(running: Running) -> None:
    answer = await raw(running, f"{POST}\r\nContent-Length: {MOST_BYTES + 1}")
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"content-security-policy" in answer.lower()


async def test_a_body_that_does_not_say_its_length_is_refused_once_it_is_too_long(running: Running) -> None:
    drew = await running.as_("drew")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(2 * MOST_BYTES // 4096):
            yield b"a=" + b"b" * 4094

    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": drew.csrf}
    answer = await drew.client.post("/visits/new", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert "more than one of our forms can hold" in answer.text
    whole = await drew.client.post("/visits/new", content=b"a=" + b"b" * (3 * MOST_BYTES), headers=headers)
    assert whole.status_code == 413


async def test_the_longest_note_still_fits(running: Running, stage: Stage) -> None:
    drew = await running.as_("drew")
    form = {stage.ids["section"]: "ß" * 20_000, "version": "99", "template": ""}
    answer = await drew.post(f"/visits/{stage.ids['visit']}/note", stage.ids["patient"], **form)
    assert answer.status_code in (200, 409, 410, 422)


def part(value: bytes) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + value + b"\r\n--x--\r\n"


BODIES = (
    ("multipart/form-data; boundary=x; charset=unicode_escape", part(b"\\ud800"), 415),
    ("multipart/form-data; boundary=x; charset=undefined", part(b"a"), 415),
    ("application/x-www-form-urlencoded; charset=utf-7", b"a=b", 415),
    ("multipart/form-data", b"garbage", 400),
    ("multipart/form-data; boundary=x", b"garbage", 400),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", 400),
    ("multipart/form-data; boundary=x; charset=utf-8", part(b"\xff\xfe"), 403),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(1000)), 400),
    ("application/x-www-form-urlencoded", b"a=%ff%fe%ZZ", 403),
    ("application/json", b'{"csrf_token": "x"}', 403),
    ("text/plain", b"csrf_token=x", 403),
    ("", b"", 403),
)


@pytest.mark.parametrize(("kind", "body", "status"), BODIES, ids=[f"{kind} {body[:12]!r}" for kind, body, _ in BODIES])
async def test_a_body_that_is_no_form_of_ours(running: Running, kind: str, body: bytes, status: int) -> None:
    drew = await running.as_("drew")
    for path in ("/visits/new", "/session/stay", "/sign-out"):
        answer = await drew.client.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code == status, (path, answer.text)
    assert (await drew.get("/day")).status_code == 200, "the session goes on"


async def test_a_file_is_not_taken(running: Running) -> None:
    carla = await running.as_("carla")
    answer = await carla.client.post(
        "/people", data={"csrf_token": carla.csrf}, files={"phone": ("a.txt", b"x", "text/plain")}
    )
    assert answer.status_code == 400


async def test_a_field_given_twice_counts_once(running: Running, stage: Stage, reading: AsyncConnection) -> None:
    """Otherwise one of them could be checked and the other used."""
    drew, before = await running.as_("drew"), await everything(reading)
    visit, marcus = f"/visits/{stage.ids['visit']}", str(running.clinic["marcus"])
    body = f"csrf_token={drew.csrf}&patient={marcus}&patient={stage.ids['patient']}&text=x"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await drew.client.post(f"{visit}/note/addendum", content=body, headers=headers)
    assert answer.status_code == 409
    assert "another patient" in answer.text
    assert await everything(reading) == before


async def test_the_record_is_whole_after_all_this(running: Running) -> None:
    async with transaction(running.settings.database_url) as conn:
        found = await conn.execute(text("SELECT count(*) FROM patient"))
        assert found.scalar_one() >= 3
