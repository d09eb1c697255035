"""The officer's list over HTTP: what became of a dose, sorted, narrowed, as a file; and what was written."""

import csv
import re
from io import StringIO

import httpx2
import pytest
from sqlalchemy import text

from tests.server.row_cases import DOSE, started
from tests.server.test_visit_flow import admitted
from tests.server.web_process import Person, Running, signing, transaction

WHY = "Quillfeather is better on it, half of the mornings"
ANSWER = "Quillfeather was asked; no liver disease"
CLOSED = "First state why you are reading them"
_told: dict[str, bool] = {}


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def order(drew: Person, path: str, patient: str, act: str, **changes: str) -> str:
    """One more order after the one of the path; gives the path of the new one."""
    form = {**DOSE, "reason": WHY, **changes}
    if act == "revise":
        checked = await drew.post(f"{path}/check", patient, **form)
    else:
        checked = await drew.get(f"{path}/{act}", fragment=True)
    signed = await drew.post(f"{path}/{act}", patient, **form, **signing(checked.text, ANSWER))
    assert signed.status_code == 200, words(signed.text)
    found = re.search(r"/medicines/([0-9a-f-]{36})/stop", signed.text)
    return f"{path.rsplit('/', 1)[0]}/{found.group(1)}" if found else ""


@pytest.fixture
async def olu(running: Running) -> Person:
    """The officer of a clinic where sertraline was started, raised, held, resumed, stopped, and alprazolam blocked."""
    if running.base not in _told:
        _, drew, visit = await admitted(running)
        patient = str(running.clinic["ada"])
        path = f"{visit}/medicines/{await started(drew, visit, patient=patient)}"
        path = await order(drew, path, patient, "revise", total="100")
        path = await order(drew, path, patient, "hold")
        path = await order(drew, path, patient, "revise", total="50")
        await order(drew, path, patient, "stop")
        blocked = await drew.post(f"{visit}/medicines/find", patient, name="alprazolam")
        assert "cannot be prescribed" in blocked.text
        _told[running.base] = True
    return await running.as_("olu")


def rows(page: str) -> list[str]:
    """The rows of the list, as read."""
    table = page.partition('<table class="table log-table">')[2]
    return [words(one) for one in re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL)[1:]]


async def test_each_row_says_what_became_of_the_dose(olu: Person) -> None:
    listed = rows((await olu.get("/log")).text)
    doses = ["no change", "Stopped at 50 mg", "Resumed, from 100 mg to 50 mg", "Held at 100 mg", "from 50 mg to 100 mg"]
    assert len(listed) == 6
    for row, dose in zip(listed, [*doses, "50 mg"], strict=True):
        assert dose in row, (row, dose)
    for row, asked in zip(listed, ("Start", "Stop", "Lower", "Hold", "Raise", "Start"), strict=True):
        assert asked in row


async def test_every_column_sorts_and_narrows(olu: Person) -> None:
    newest = rows((await olu.get("/log")).text)
    assert rows((await olu.get("/log?sort=time")).text) == newest[::-1]
    by_action = rows((await olu.get("/log?sort=action")).text)
    assert sorted(by_action) == sorted(newest)
    assert [one for one in by_action if "Start" in one] == by_action[-2:], "new comes last of the actions"
    assert "Blocked" in rows((await olu.get("/log?sort=-outcome")).text)[0]
    for by in ("prescriber", "patient"):
        page = (await olu.get(f"/log?sort={by}")).text
        assert rows(page) == newest, "one prescriber and one patient: newest first"
        assert re.search(rf'<th scope="col" aria-sort="other"><a class="sort other" href="/log">{by}', page, re.I)
        assert "holds no names" in page
    narrowed = await olu.get("/log?rule=nothing-dispensed")
    assert [one for one in newest if "Hold" in one or "Stop sertraline" in one] == rows(narrowed.text)
    entry = newest[0].split()[0].replace(",", "")
    assert rows((await olu.get(f"/log?entry={entry}")).text) == newest[:1]
    alone = await olu.get(f"/log?of-entry={entry}")
    assert len(rows(alone.text)) == 6
    assert "Only decisions about one patient, P-" in words(alone.text)
    assert "No decision has that entry number" in words((await olu.get("/log?of-entry=999999")).text)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("dose-from=100", ["Raise"]),
        ("dose-from=50&dose-to=99.5", ["Lower", "Start"]),
        ("dose-to=49", []),
        ("dose-from=50&dose-to=50&action=new", ["Start"]),
        ("dose-from=50&from=01/01/2031", []),
        ("dose-from=much", ["Start", "Stop", "Lower", "Hold", "Raise", "Start"]),
        ("dose-from=50&outcome=block", []),
        ("dose-from=150&dose-to=100", []),
    ],
)
async def test_a_list_is_narrowed_to_the_dose_that_was_prescribed(olu: Person, asked: str, found: list[str]) -> None:
    answer = await olu.get(f"/log?{asked}")
    assert answer.status_code == 200
    assert [next(word for word in row.split() if word in found) for row in rows(answer.text)] == found
    said = {
        "much": "Enter the dose as a number of mg",
        "block": "a blocked attempt has no dose",
        "=150": "is above the upper one",
    }
    for part, words_ in said.items():
        assert (words_ in words(answer.text)) == (part in asked)


async def test_a_period_that_ends_before_it_begins_is_refused_and_stays_as_it_was_typed(olu: Person) -> None:
    page = (await olu.get("/log?from=11/24/2026&to=11/20/2026")).text
    assert "From date is after the To date" in page
    assert 'value="11/24/2026"' in page
    assert 'value="11/20/2026"' in page
    assert rows(page) == []
    refused = await olu.post("/log/export-list", **{"from": "11/24/2026", "to": "11/20/2026"})
    assert refused.status_code == 422


async def test_what_is_worth_a_look_leads_to_its_list(olu: Person) -> None:
    page = (await olu.get("/log")).text
    found = re.findall(r'href="(/log\?look=[^"]+)"', page)
    assert not any("retry" in one for one in found), "nobody tried again"
    assert "/log?look=warning-answered" in found or "Signed over a warning" not in page
    for link in found:
        count = len(rows((await olu.get(link)).text))
        assert count > 0, link
    assert rows((await olu.get("/log?look=retry-after-block")).text) == []


async def test_the_list_is_a_file_with_the_same_rows_and_on_record(olu: Person, running: Running) -> None:
    async def exports() -> int:
        async with transaction(running.settings.database_url) as conn:
            taken = "SELECT count(*) FROM audit_entry WHERE action = 'log.export' AND outcome = 'allowed'"
            return int((await conn.execute(text(taken))).scalar_one())

    before = await exports()
    answer = await olu.post("/log/export-list", rule="nothing-dispensed")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert re.search(r'attachment; filename="titrate-log-[^"]+\.csv"', answer.headers["content-disposition"])
    head, *listed = csv.reader(StringIO(answer.text, newline=""))
    assert [one[head.index("daily_dose")] for one in listed] == ["Stopped at 50 mg", "Held at 100 mg"]
    assert "Quillfeather" not in answer.text
    assert "Ada" not in answer.text
    assert await exports() == before + 1


async def decision(olu: Person, asked: str) -> str:
    """The page of the newest decision of a row that holds these words."""
    table = (await olu.get("/log")).text
    row = next(one for one in re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL) if asked in words(one))
    found = re.search(r'href="(/log/[0-9a-f-]{36})"', row)
    assert found
    return found.group(1)


async def test_what_was_written_opens_once_a_purpose_is_stated_and_that_is_in_the_log(
    olu: Person, running: Running
) -> None:
    raised, held = await decision(olu, "Raise"), await decision(olu, "Hold")
    closed = (await olu.get(raised)).text
    assert CLOSED in words(closed)
    assert "Quillfeather" not in closed

    async def state(**typed: str) -> httpx2.Response:
        return await olu.post(f"{raised}/texts", **typed)

    for wrong in ({"words": "The fast rise of November"}, {"purpose": "complaint", "words": "why"}, {"purpose": "x"}):
        refused = await state(**wrong)
        assert refused.status_code == 422
        assert "Quillfeather" not in refused.text
    assert 'value="why"' in (await state(purpose="complaint", words="why")).text, "what was typed stays"
    stated = await state(purpose="complaint", words="The fast rise of November")
    assert (stated.status_code, stated.headers["location"]) == (303, raised)
    opened = (await olu.get(raised)).text
    assert WHY in opened
    assert ANSWER in opened
    assert "The fast rise of November" in opened
    assert CLOSED in words((await olu.get(held)).text), "it was stated for another decision"
    assert CLOSED in words((await (await running.as_("olu")).get(raised)).text), "each session asks again"
    async with transaction(running.settings.database_url) as conn:
        entries = await conn.execute(
            text(
                "SELECT e.subject_id, e.patient_id::text AS patient, c.content ->> 'purpose' AS code, t.content "
                "FROM audit_entry e JOIN audit_content c ON c.entry_id = e.id JOIN audit_text t ON t.entry_id = e.id "
                "WHERE e.action = 'log.read_texts' AND e.outcome = 'allowed'"
            )
        )
        kept = [tuple(row) for row in entries]
    ada = str(running.clinic["ada"])
    assert kept == [(raised.removeprefix("/log/"), ada, "complaint", "The fast rise of November")]


async def test_a_block_has_nothing_written_to_open(olu: Person) -> None:
    page = (await olu.get(await decision(olu, "alprazolam"))).text
    assert "Prescriber's entries" not in page
