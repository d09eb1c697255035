"""The officer's list by key: ties, rows that come meanwhile, garbage, estimates, and the plans that keep it quick."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.reports import reports
from compliance.reports.officer_list.amount import Amount, Certainty, plan_of
from compliance.reports.officer_list.cursor import Cursor, PageDirection, parse
from compliance.reports.officer_list.order import PEOPLE, SORTED_BY, SortOrder
from compliance.reports.reports import DECISIONS, REFUSALS, Filter, ListedDecision, RefusalFilter
from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction
from emr.medications import change_repository as changes
from server.platform import database as databases
from tests.benchmarks import million
from tests.benchmarks.million import BEGIN, END, person
from tests.conftest import Database

MADE = 6_000
HALF = BEGIN + (END - BEGIN) / 2
# A decision like the one of that entry, made at the same moment, as entry `:entry`.
AGAIN = """
INSERT INTO decision (id, audit_entry_id, outcome, action, encounter_id, modality, schedule, patient_id, prescriber_id,
    product, valid_until, decided_at, patient_state, rule, ingredients, pack_id, pack_version)
SELECT gen_random_uuid(), :entry, outcome, action, encounter_id, modality, schedule, patient_id, prescriber_id,
    product, valid_until, decided_at, patient_state, rule, ingredients, pack_id, pack_version
FROM decision WHERE audit_entry_id = :like
"""


@pytest.fixture(scope="module")
def made(database: Database) -> Database:
    """Three years of decisions and refused accesses, analyzed."""
    asyncio.run(million.write(database.owner_url, MADE))
    return database


@pytest.fixture
async def conn(made: Database) -> AsyncIterator[AsyncConnection]:
    engine = databases.one_shot_engine(made.app_url)
    async with engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        await transaction.rollback()
    await engine.dispose()


FILTERS: dict[str, tuple[Filter, Callable[[ListedDecision], bool]]] = {
    "nothing set": (Filter(), lambda row: True),
    "period": (Filter(since=HALF, until=HALF + timedelta(days=30)), lambda row: 0 <= (row.decided_at - HALF).days < 30),
    "prescriber": (Filter(prescriber_id=person(2)), lambda row: row.prescriber_id == person(2)),
    "patient": (Filter(patient_id=person(8919)), lambda row: row.patient_id == person(8919)),
    "blocked": (Filter(outcome=DecisionOutcome.BLOCK), lambda row: row.outcome is DecisionOutcome.BLOCK),
    "allowed": (Filter(outcome=DecisionOutcome.ALLOW), lambda row: row.outcome is DecisionOutcome.ALLOW),
    "schedule": (Filter(schedule="IV"), lambda row: row.schedule == "IV"),
    "no such schedule": (Filter(schedule="I"), lambda row: False),
    "action": (Filter(action=PrescribingAction.HOLD), lambda row: row.action is PrescribingAction.HOLD),
    "no such action": (Filter(action=PrescribingAction.REFER), lambda row: False),
    "modality": (Filter(modality=Modality.AUDIO), lambda row: row.modality is Modality.AUDIO),
    "state": (Filter(state="AL"), lambda row: row.state == "AL"),
    "common ingredient": (Filter(ingredient="bupropion"), lambda row: "bupropion" in row.ingredients),
    "old ingredient": (Filter(ingredient="nefazodone"), lambda row: "nefazodone" in row.ingredients),
    "second ingredient": (
        Filter(ingredient="dextroamphetamine"),
        lambda row: "dextroamphetamine" in row.ingredients,
    ),
    "third ingredient": (Filter(ingredient="caffeine"), lambda row: "caffeine" in row.ingredients),
    "no such ingredient": (Filter(ingredient="water"), lambda row: False),
}
LIMIT = 26
DEEP = Cursor(PageDirection.OLDER, BEGIN + timedelta(days=90), 1)


async def test_a_filter_alone_gives_exactly_its_rows_page_by_page(conn: AsyncConnection) -> None:
    every = (await reports.decisions(conn, Filter(), per_page=2 * MADE)).rows
    assert len(every) == MADE
    for name, (where, matches) in FILTERS.items():
        page = await reports.decisions(conn, where, per_page=700)
        found = list(page.rows)
        while page.older:
            page = await reports.decisions(conn, where, page.older, per_page=700)
            found += page.rows
        assert found == [row for row in every if matches(row)], name
        assert (found == []) == name.startswith("no "), name
        assert (await reports.counts(conn, where)).decisions == Amount(len(found)), name


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def look(plan: dict[str, Any], *, filtering: bool = False) -> None:
    """Nothing is scanned as a whole, read to be thrown away, or sorted but for a few rows that an index gave."""
    for node in nodes(plan):
        assert node["Node Type"] != "Seq Scan", plan
        assert filtering or "Filter" not in node, (node["Filter"], node["Index Name"])
        assert "Sort" not in node["Node Type"] or node["Plan Rows"] <= 3 * LIMIT, plan


@pytest.mark.parametrize("cursor", [None, DEEP, Cursor(PageDirection.NEWER, DEEP.at, 1)], ids=["first", "deep", "back"])
async def test_no_page_of_a_filter_alone_sorts_or_reads_the_whole_table(
    conn: AsyncConnection, cursor: Cursor | None
) -> None:
    for where, _ in FILTERS.values():
        plan = await plan_of(conn, DECISIONS.statement(where.branches(), cursor, LIMIT))
        look(plan, filtering=where.ingredient is not None or where.outcome is DecisionOutcome.ALLOW)
    for refused in (RefusalFilter(), RefusalFilter(actor_id=person(1))):
        look(await plan_of(conn, REFUSALS.statement([refused.clauses()], cursor, LIMIT)))


DOSES = {"rare": (Decimal(500), None), "common": (Decimal(50), Decimal(75)), "none": (Decimal(1_000), None)}


@pytest.mark.parametrize(("least", "most"), DOSES.values(), ids=DOSES)
async def test_a_dose_finds_exactly_what_was_prescribed_within_it(
    conn: AsyncConnection, least: Decimal, most: Decimal | None
) -> None:
    counted = "SELECT decision_id FROM prescription p JOIN medication_order o ON o.id = p.order_id WHERE o.daily_total "
    ids = set(await conn.scalars(text(f"{counted} BETWEEN {least} AND {most or 10_000}")))
    where = Filter(outcome=DecisionOutcome.ALLOW, among=changes.dosed(least, most, None, None))
    found = (await reports.decisions(conn, where, per_page=MADE)).rows
    assert {row.id for row in found} == ids
    assert (ids == set()) == (least == 1_000)
    assert [row.entry_id for row in found] == sorted((row.entry_id for row in found), reverse=True)
    in_time = replace(where, among=changes.dosed(least, most, HALF, None), since=HALF)
    assert (await reports.decisions(conn, in_time, per_page=MADE)).rows == tuple(
        row for row in found if row.decided_at >= HALF
    )


async def test_a_dose_that_is_rare_is_found_by_the_index_of_doses(conn: AsyncConnection) -> None:
    """On a table as small as this one a common dose is read as a whole; at a million rows see the benchmark."""
    where = Filter(outcome=DecisionOutcome.ALLOW, among=changes.dosed(Decimal(500), None, None, None))
    plan = await plan_of(conn, DECISIONS.statement(where.branches(), None, LIMIT))
    assert "ix_medication_order_dose" in {node.get("Index Name") for node in nodes(plan)}
    assert not any(node["Node Type"] == "Seq Scan" for node in nodes(plan)), plan


ORDERS = [SortOrder(by, ascending=up) for by in (None, *SORTED_BY) for up in (False, True)]
AMONG = {"action": "increase", "schedule": "none", "modality": "video", "rule": "remote-controlled", "outcome": "allow"}


async def test_each_order_gives_every_row_once_and_leads_back(conn: AsyncConnection) -> None:
    every = {row.entry_id for row in (await reports.decisions(conn, Filter(), per_page=2 * MADE)).rows}
    for order in ORDERS:
        first = page = await reports.decisions(conn, Filter(), per_page=1_500, order=order)
        found = list(page.rows)
        while page.older:
            last, page = page, await reports.decisions(conn, Filter(), page.older, per_page=1_500, order=order)
            found += page.rows
            assert await reports.decisions(conn, Filter(), page.newer, per_page=1_500, order=order) == last, order
        assert sorted(row.entry_id for row in found) == sorted(every), order
        word = "outcome" if order.column is None else order.column.name
        groups = [list(rows) for _, rows in groupby(found, key=lambda row: getattr(row, word))]
        if order.by:
            assert len(groups) == len({getattr(row, word) for row in found}), order
        for rows in groups if order.by else [found]:
            times = [(row.decided_at, row.entry_id) for row in rows]
            assert times == sorted(times, reverse=not order.ascending), order
        assert first.newer is None


async def test_no_page_of_an_order_sorts_or_reads_the_whole_table(conn: AsyncConnection) -> None:
    for order in ORDERS:
        value = AMONG[order.by] if order.by and order.has_word else ""
        for direction in PageDirection:
            for cursor in (None, Cursor(direction, DEEP.at, 1, value)):
                look(await plan_of(conn, DECISIONS.statement(Filter().branches(), cursor, LIMIT, order)))
    look(await plan_of(conn, DECISIONS.statement(Filter(rule="no-such-rule").branches(), DEEP, LIMIT)))


async def test_the_place_in_a_list_by_person_names_nobody_and_an_entry_that_is_none_ends_it(
    conn: AsyncConnection,
) -> None:
    for by in PEOPLE:
        page = await reports.decisions(conn, Filter(), per_page=5, order=SortOrder(by))
        assert page.older
        assert len(page.older.text) == 23, "direction, time and entry, and nothing else"
        beyond = replace(page.older, entry=10**9)
        assert (await reports.decisions(conn, Filter(), beyond, order=SortOrder(by))).rows == ()


async def test_entries_of_one_moment_are_neither_lost_nor_doubled(conn: AsyncConnection) -> None:
    newest = (await reports.decisions(conn, Filter(), per_page=1)).rows[0].entry_id
    for more in range(1, 8):
        await conn.execute(text(AGAIN), {"entry": newest + more, "like": newest})
    page, seen = await reports.decisions(conn, Filter(), per_page=3), []
    for _ in range(3):
        seen += [row.entry_id for row in page.rows]
        assert page.older
        last, page = page, await reports.decisions(conn, Filter(), page.older, per_page=3)
    assert seen[:8] == list(range(newest + 7, newest - 1, -1))
    assert page.newer
    assert await reports.decisions(conn, Filter(), page.newer, per_page=3) == last


async def test_what_is_written_meanwhile_shifts_no_page(conn: AsyncConnection) -> None:
    first = await reports.decisions(conn, Filter(), per_page=5)
    second = await reports.decisions(conn, Filter(), first.older, per_page=5)
    newest = first.rows[0].entry_id
    for more in (1, 2):
        await conn.execute(text(AGAIN), {"entry": newest + more, "like": newest})
    assert await reports.decisions(conn, Filter(), first.older, per_page=5) == second
    back = await reports.decisions(conn, Filter(), second.newer, per_page=5)
    assert back.rows == first.rows
    assert back.newer, "two are newer now"
    (top,) = [await reports.decisions(conn, Filter(), back.newer, per_page=5)]
    assert ([row.entry_id for row in top.rows], top.newer) == ([newest + 2, newest + 1], None)


async def test_a_page_beyond_either_end_is_empty_and_has_its_way_back(conn: AsyncConnection) -> None:
    after = await reports.decisions(conn, Filter(), Cursor(PageDirection.OLDER, BEGIN, 1))
    assert (after.rows, after.older) == ((), None)
    assert after.newer
    assert (await reports.decisions(conn, Filter(), after.newer)).rows[-1].decided_at > BEGIN
    before = await reports.decisions(conn, Filter(), Cursor(PageDirection.NEWER, END + timedelta(days=1), 1))
    assert (before.rows, before.newer, before.older is None) == ((), None, False)


async def test_beyond_a_limit_a_number_is_estimated_and_says_so(conn: AsyncConnection) -> None:
    counts = await reports.counts(conn, Filter(), counted=500)
    assert counts.decisions == Amount(MADE, Certainty.ABOUT)
    assert counts.blocked.sureness is Certainty.ABOUT
    exact = await reports.counts(conn, Filter())
    assert exact.blocked.number * 0.8 < counts.blocked.number < exact.blocked.number * 1.2
    assert counts.unknown_names == exact.unknown_names, "few are counted"
    assert (await reports.counts(conn, Filter(outcome=DecisionOutcome.ALLOW), counted=500)).blocked == Amount(0)
    refused = await reports.refusals_counted(conn, RefusalFilter(), counted=100)
    assert (refused.number > 200, refused.sureness) == (True, Certainty.ABOUT)


async def test_an_estimate_below_what_was_counted_is_not_believed(conn: AsyncConnection) -> None:
    """No statistics say that dextroamphetamine is always on schedule II and mostly blocked."""
    where = Filter(ingredient="dextroamphetamine", schedule="II", outcome=DecisionOutcome.BLOCK)
    assert (await reports.counts(conn, where, counted=30)).decisions == Amount(30, Certainty.MORE_THAN)


@pytest.mark.parametrize("name", ["alprazolam", "dextroamphetamine", "caffeine"])
async def test_the_plot_of_an_ingredient_counts_it_at_every_place(conn: AsyncConnection, name: str) -> None:
    where = Filter(ingredient=name)
    plot = await reports.blocked_by_week(conn, where, since=HALF, weeks=26)
    period = replace(where, since=HALF, until=HALF + timedelta(weeks=26), outcome=DecisionOutcome.BLOCK)
    assert sum(one.total for one in plot.series) == (await reports.counts(conn, period)).decisions.number > 0


async def test_ingredients_and_states_are_those_that_were_asked_for(conn: AsyncConnection) -> None:
    names = await reports.ingredients(conn)
    assert {"bupropion", "dextromethorphan", "caffeine", "nefazodone"} <= set(names)
    assert list(names) == sorted(set(names))
    assert await reports.states(conn) == ("AL", "FL", "GA", "NY", "TX")


@pytest.mark.parametrize("direction", PageDirection)
def test_a_cursor_is_a_short_text_and_read_back(direction: PageDirection) -> None:
    cursor = Cursor(direction, datetime(2026, 11, 24, 15, 21, 44, 123456, tzinfo=UTC), 48_214)
    assert parse(cursor.text) == cursor
    assert len(cursor.text) == 23
    sorted_by = replace(cursor, value="controlled-remote")
    assert parse(sorted_by.text) == sorted_by


@given(st.text(max_size=40))
def test_what_is_no_cursor_is_refused(garbage: str) -> None:
    with pytest.raises(ValueError, match="no cursor"):
        parse(garbage)


@pytest.mark.parametrize(
    "text",
    ["", "2", "x" * 23, "bwAGRPqAIYwAAAAAAAAAAAA", "b39_____________AAAAAAE", "bwAGRPqAIYwAAAAAAAAAu7Q=", "²"],
    ids=["empty", "a number", "no direction", "entry 0", "no such year", "padded", "not ASCII"],
)
def test_no_page_is_found_by_what_is_nearly_a_cursor(text: str) -> None:
    with pytest.raises(ValueError, match="no cursor"):
        parse(text)
