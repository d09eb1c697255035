"""Every field has a length: beyond it nothing is looked at, the page says which and how much, and keeps what was typed.

Up to it, and beyond, what a text costs grows no faster than the text.
"""

import gc
import time
from collections.abc import Callable
from datetime import date
from functools import cache, partial
from itertools import pairwise

import pytest
from sqlalchemy import text

from compliance.substances import resolver as substances
from compliance.substances import text as substances_text
from compliance.substances.resolver import Substances
from emr.dosing import proposal as dose_proposal
from emr.formulary import model as formulary
from emr.notes import model as notes
from emr.notes import use_cases as noting
from emr.shared import text as words
from server.application.prescribe.names import clean_name
from server.http.endpoint import RouteSpec
from server.http.forms import too_long
from server.routes import ROUTES
from tests.server.row_cases import CASES, CHANGES, Stage, everything, named, set_the_stage
from tests.server.web_process import Running, transaction
from visit_ui import lengths

TYPED = tuple(row for row in CHANGES if row.form)
PAGES = tuple(row for row in ROUTES if row.method == "GET")
ON_RECORD = ("audit_entry", "audit_content", "audit_text", "audit_digest", "prescribing_decision", "decision")
"""Where a block stands: a name that is too long was tried, and stays on record as such."""
NOT_SHOWN = ("start/name", "start/total", "dose/total")
"""What a form carries along or offers as a choice: nobody typed it."""
_stages: dict[str, Stage] = {}


@pytest.fixture
async def stage(running: Running) -> Stage:
    if running.base not in _stages:
        _stages[running.base] = await set_the_stage(running)
    return _stages[running.base]


def fields(row: RouteSpec, stage: Stage) -> list[str]:
    """The fields of the row's form into which people type."""
    return [name for name in stage.form(row) if lengths.is_named(row.form, name)]


@pytest.mark.parametrize("row", TYPED, ids=named(TYPED))
async def test_a_text_that_is_too_long_is_refused_by_name_and_kept(
    running: Running, stage: Stage, row: RouteSpec
) -> None:
    if row.form == "confirm":
        pytest.skip("nothing is stated in this clinic: see the front desk's own tests")
    who = await running.as_(max(CASES[row.method, row.path].may - {"sofia", "tomas"}))
    assert fields(row, stage)
    for name in fields(row, stage):
        length = lengths.of(row.form, name)
        typed = "tooLong" * (10 * length.most // 7)
        form = {**stage.form(row), name: typed}
        async with transaction(running.settings.database_url) as conn:
            before = await everything(conn, without=ON_RECORD)
            began = time.process_time()
            answer = await who.post(stage.path(row), stage.patient(row), **form)
            took = time.process_time() - began
            assert await everything(conn, without=ON_RECORD) == before
        assert answer.status_code == 422, (name, answer.status_code)
        assert f"At most {length.most:,} characters" in answer.text, name
        kept = row.form not in ("note", "addendum") and f"{row.form}/{name}" not in NOT_SHOWN
        assert not kept or typed in answer.text, name
        assert took < 1.0, f"{name}: {took:.2f} s of processor time"


async def test_notes_that_are_too_long_are_kept_by_the_page(running: Running, stage: Stage) -> None:
    drew, visit, patient = await running.as_("drew"), f"/visits/{stage.ids['visit']}", stage.ids["patient"]
    form = {"version": "0", "template": "", stage.ids["section"]: "b" * 20_001}
    saved = await drew.post(f"{visit}/note", patient, **form)
    assert (saved.status_code, list(saved.json()["errors"])) == (422, [stage.ids["section"]])
    unsigned = await drew.post(f"{visit}/note/sign", patient, **form)
    assert unsigned.status_code == 422
    assert "b" * 20_001 in unsigned.text
    fits = {**form, **stage.said(), stage.ids["section"]: "\r\n" * 9_000 + "b" * 11_000}
    assert (await drew.post(f"{visit}/note/sign", patient, **fits)).status_code == 200
    added = await drew.post(f"{visit}/note/addendum", patient, text="c" * 10_001)
    assert (added.status_code, "c" * 10_001 in added.text) == (422, True)
    assert "At most 10,000 characters fit into “Addendum”; this has 10,001." in added.text


async def test_a_field_that_nobody_types_has_a_length_too(running: Running, stage: Stage) -> None:
    """Ids, numbers and choices, fields that no form of ours has, and names in an address."""
    for row in CHANGES:
        who = await running.as_(min(CASES[row.method, row.path].may))
        answer = await who.post(stage.path(row), stage.patient(row), **{**stage.form(row), "other": "x" * 201})
        assert answer.status_code == 422, row.path
        assert "At most 200 characters fit into “other”; this has 201." in answer.text
    for row in PAGES:
        who = await running.as_(min(CASES[row.method, row.path].may))
        for name in ("date", "q" * 300):
            answer = await who.client.get(stage.path(row), params={name: "x" * 201})
            assert answer.status_code == 422, (row.path, name)


async def test_what_the_policy_says_of_a_long_name_is_on_record(running: Running, stage: Stage) -> None:
    drew = await running.as_("drew")
    count = text("SELECT count(*) FROM decision WHERE reasons::text LIKE '%name_too_long%'")
    async with transaction(running.settings.database_url) as conn:
        before = (await conn.execute(count)).scalar_one()
        visit = f"/visits/{stage.ids['visit']}"
        answer = await drew.post(f"{visit}/medicines/find", stage.ids["patient"], name="x" * 220_000)
        assert "At most 300 characters fit into “Name”; this has 220,000." in answer.text
        assert (await conn.execute(count)).scalar_one() == before + 1


def test_the_record_takes_what_the_pages_let_through() -> None:
    """The same limit is stated once more where the record is kept: never less than a page promises."""
    assert lengths.longest("note", "section-plan") == notes.SECTION_MOST
    assert lengths.longest("dose", "reason") == dose_proposal.LONGEST_TEXT
    assert lengths.longest("find", "name") == substances_text.MAX_NAME_LENGTH
    assert lengths.longest("addendum", "text") == noting.ADDENDUM_MOST


def test_a_line_break_counts_once_and_blanks_around_a_text_do_not() -> None:
    assert too_long([("text", "  " + "a\r\n" * 5_000 + "  ")], "addendum") == {}
    assert too_long([("text", "a\r\n" * 5_001)], "addendum")


# Processor time

SHAPES = (
    "a",
    "ab ",
    "3 ",
    "# 3 ",
    "no. 3 ",
    "(a)",
    "([",
    "sertraline ",
    "alprazolm ",
    "x a n a x ",
    "a-",
    "a;",
    "5 mg/",
)
LIMITS = {
    "find": 300,
    "resolve": 300,
    "names in a text": 500,
    "a slip": 300,
    "search": 300,
    "shown again": 300,
    "a note": 20_000,
}


@cache
def policy() -> Substances:
    return substances.load()


def read(what: str) -> Callable[[str], object]:
    """What is done with a text of a form before anything is written. Pure."""
    known = formulary.load()
    acts: dict[str, Callable[[str], object]] = {
        "find": known.recognize,
        "resolve": partial(policy().resolve, on=date(2026, 11, 1), state="FL"),
        "names in a text": policy().controlled_names_in,
        "a slip": known.near,
        "search": known.search,
        "shown again": clean_name,
        "a note": lambda typed: words.prose(typed, 10**6),
    }
    return acts[what]


LINEAR_NOT_SQUARE = 32


def processor_time(act: Callable[[str], object], typed: str) -> float:
    """Seconds of this thread alone, without the collector: the best of three, so that what else runs does not count."""
    best = float("inf")
    gc.disable()
    try:
        for _ in range(3):
            began = time.thread_time()
            act(typed)
            best = min(best, time.thread_time() - began)
    finally:
        gc.enable()
    return best


@pytest.mark.parametrize("what", LIMITS)
def test_ten_times_the_text_costs_about_ten_times_the_processor_and_never_a_hundred_times(what: str) -> None:
    act, most = read(what), LIMITS[what]
    act("a")
    for shape in SHAPES:
        costs = [processor_time(act, (shape * size)[:size]) for size in (most // 10, most, most * 10)]
        for less, more in pairwise(costs):
            assert more <= LINEAR_NOT_SQUARE * less + 0.005, f"{what}, {shape!r}: {costs}"
