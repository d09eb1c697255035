"""What the officer reads: filters, pages, counts and patterns over a small, known history."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.entries import EntryOutcome
from compliance.prescribing.decision import VALIDITY, Decision
from compliance.reports import reports
from compliance.reports.officer_list.amount import Amount
from compliance.reports.reports import Filter, RefusalFilter
from compliance.shared.masking import patient_code
from compliance.shared.tables import checkpoint
from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction, Schedule
from tests.compliance import conftest
from tests.compliance.conftest import (
    ADA,
    DREW,
    MARCUS,
    NOW,
    RUTH,
    SERTRALINE,
    Log,
    a_block,
    a_decision,
    an_entry,
    visit_of,
)

DAY = timedelta(days=1)
NONE = Amount(0)
CONCERTA = "24 HR methylphenidate hydrochloride 18 MG Extended Release Oral Tablet"


async def record(
    conn: AsyncConnection,
    made: Decision,
    *,
    days: float = 0,
    by: UUID = DREW,
    of: UUID = ADA,
    product: str = SERTRALINE,
) -> None:
    """Record a decision `days` after NOW."""
    at = NOW + days * DAY
    dated = {"decided_at": at, "valid_until": at + VALIDITY}
    fields = {name: getattr(made, name) for name in Decision.__dataclass_fields__} | dated
    where = visit_of(of, made.modality)
    await conftest.record(
        conn, Decision(**fields), patient_id=of, prescriber_id=by, product=product, encounter_id=where, now=at
    )


@pytest.fixture
async def history(conn: AsyncConnection) -> AsyncConnection:
    """Nine decisions over three weeks by two prescribers for two patients, five of them blocked."""
    unknown = a_block(schedule=None, ingredients=())
    await record(conn, a_decision(), days=0)
    await record(conn, a_block(), days=1, product="Xanax")
    await record(conn, a_block(), days=1.001, product="alprazolam")
    await record(conn, unknown, days=2, by=RUTH, of=MARCUS, product="zannix 0.5")
    await record(conn, a_block(ingredients=("lorazepam",)), days=8, by=RUTH, of=MARCUS, product="Ativan")
    await record(conn, a_decision(action=PrescribingAction.INCREASE), days=9)
    stop = a_decision(action=PrescribingAction.DISCONTINUE, schedule=Schedule.IV, ingredients=("lorazepam",))
    await record(conn, stop, days=10, of=MARCUS, product="Ativan")
    seen = a_decision(modality=Modality.IN_PERSON, schedule=Schedule.II, ingredients=("methylphenidate",))
    await record(conn, seen, days=15, product=CONCERTA)
    await record(conn, a_block(modality=Modality.NONE), days=16, product="Xanax")
    return conn


async def test_decisions_are_listed_newest_first_and_leafed_through_both_ways(history: AsyncConnection) -> None:
    first = await reports.decisions(history, Filter(), per_page=4)
    assert [row.product for row in first.rows] == ["alprazolam", CONCERTA, "lorazepam", SERTRALINE]
    assert first.newer is None
    second = await reports.decisions(history, Filter(), first.older, per_page=4)
    last = await reports.decisions(history, Filter(), second.older, per_page=4)
    assert (len(last.rows), last.older) == (1, None)
    every = [*first.rows, *second.rows, *last.rows]
    assert [row.entry_id for row in every] == sorted((row.entry_id for row in every), reverse=True)
    assert await reports.decisions(history, Filter(), last.newer, per_page=4) == second
    assert await reports.decisions(history, Filter(), second.newer, per_page=4) == first


async def test_nothing_recorded_is_one_empty_page(conn: AsyncConnection) -> None:
    page = await reports.decisions(conn, Filter())
    assert page == reports.ListPage((), None, None)
    assert await reports.counts(conn, Filter()) == reports.Counts(NONE, NONE, NONE)
    assert await reports.ingredients(conn) == ()


async def test_a_row_says_everything_but_the_name(history: AsyncConnection) -> None:
    (row,) = (await reports.decisions(history, Filter(schedule="unknown"))).rows
    assert (row.prescriber_id, row.patient_id, row.patient_code) == (RUTH, MARCUS, patient_code(MARCUS))
    assert (row.product, row.ingredients, row.schedule) == ("unrecognized", (), "unknown")
    assert (row.action, row.modality, row.state, row.outcome) == ("new", "video", "FL", "block")
    assert (row.pack_id, row.pack_version, row.rule) == ("strict-block", "1.4", "remote-controlled")
    assert (row.encounter_id, row.sealed) == (visit_of(MARCUS, Modality.VIDEO), False)


@pytest.mark.parametrize(
    ("where", "count"),
    [
        (Filter(), 9),
        (Filter(since=NOW + 8 * DAY), 5),
        (Filter(until=NOW + 8 * DAY), 4),
        (Filter(since=NOW + DAY, until=NOW + 2 * DAY), 2),
        (Filter(prescriber_id=RUTH), 2),
        (Filter(patient_id=MARCUS), 3),
        (Filter(outcome=DecisionOutcome.BLOCK), 5),
        (Filter(schedule="none"), 2),
        (Filter(schedule="IV", outcome=DecisionOutcome.ALLOW), 1),
        (Filter(action=PrescribingAction.DISCONTINUE), 1),
        (Filter(modality=Modality.NONE), 1),
        (Filter(state="GA"), 0),
        (Filter(state="FL"), 9),
        (Filter(ingredient="lorazepam"), 2),
        (Filter(prescriber_id=RUTH, schedule="II"), 0),
    ],
)
async def test_every_filter_narrows_list_and_count_alike(history: AsyncConnection, where: Filter, count: int) -> None:
    assert len((await reports.decisions(history, where, per_page=50)).rows) == count
    assert (await reports.counts(history, where)).decisions == Amount(count)


async def test_counts_tell_blocked_and_unknown_names_apart(history: AsyncConnection) -> None:
    assert await reports.counts(history, Filter()) == reports.Counts(Amount(9), Amount(5), Amount(1))


async def test_blocked_attempts_are_counted_a_week_with_unknown_names_last(history: AsyncConnection) -> None:
    plot = await reports.blocked_by_week(history, Filter(), since=NOW, weeks=3)
    assert plot.starts == (NOW, NOW + 7 * DAY, NOW + 14 * DAY)
    assert [(one.ingredients, one.schedule, one.total, one.weeks) for one in plot.series] == [
        (("alprazolam",), "IV", 3, (2, 0, 1)),
        (("lorazepam",), "IV", 1, (0, 1, 0)),
        ((), "unknown", 1, (1, 0, 0)),
    ]


async def test_the_plot_follows_the_other_filters_and_ends_with_its_period(history: AsyncConnection) -> None:
    plot = await reports.blocked_by_week(history, Filter(prescriber_id=DREW), since=NOW, weeks=2)
    assert [(one.ingredients, one.weeks) for one in plot.series] == [(("alprazolam",), (2, 0))]


async def test_a_retry_under_another_name_is_seen(history: AsyncConnection) -> None:
    assert await reports.retries_after_block(history, Filter(), within=timedelta(minutes=4)) == Amount(1)
    assert await reports.retries_after_block(history, Filter(), within=timedelta(seconds=30)) == NONE
    assert await reports.retries_after_block(history, Filter(prescriber_id=RUTH), within=timedelta(minutes=4)) == NONE


async def test_refusals_are_listed_apart_from_blocks(history: AsyncConnection) -> None:
    stranger = uuid4()
    for days in (1, 2):
        refused = an_entry(
            outcome=EntryOutcome.REFUSED, actor_id=stranger, action="patient.read", occurred_at=NOW + days * DAY
        )
        await audit.append(history, refused)
    await audit.append(history, an_entry(outcome=EntryOutcome.REFUSED, patient_id=None, visit_id=None))
    page = await reports.refusals(history, RefusalFilter(), per_page=2)
    assert [row.action for row in page.rows] == ["patient.read", "patient.read"]
    assert (page.rows[0].occurred_at, page.rows[0].patient_code) == (NOW + 2 * DAY, patient_code(ADA))
    assert await reports.refusals_counted(history, RefusalFilter()) == Amount(3)
    (first,) = (await reports.refusals(history, RefusalFilter(), page.older, per_page=2)).rows
    assert first.patient_code is None
    for where, count in ((RefusalFilter(NOW + DAY, NOW + 2 * DAY), 1), (RefusalFilter(actor_id=stranger), 2)):
        assert len((await reports.refusals(history, where)).rows) == count
        assert await reports.refusals_counted(history, where) == Amount(count)


async def test_the_state_of_the_log_follows_sealing_and_signing(log: Log) -> None:
    async with log.app.connect() as conn:
        assert await reports.state(conn) == reports.LogState(None, 0, 0, None)
    await log.append(2)
    await log.sign()
    await log.decide()
    async with log.app.connect() as conn:
        found = await reports.state(conn)
        assert (found.last_entry_id, found.sealed, found.signed) == (3, 2, 2)
        assert found.signed_at == await conn.scalar(select(checkpoint.c.at))
        assert [row.sealed for row in (await reports.decisions(conn, Filter())).rows] == [False]
    await log.seal_all()
    async with log.app.connect() as conn:
        assert [row.sealed for row in (await reports.decisions(conn, Filter())).rows] == [True]


def test_a_patients_code_is_steady_short_and_not_the_id() -> None:
    assert patient_code(ADA) == patient_code(ADA) != patient_code(MARCUS)
    code = patient_code(ADA)
    assert len(code) == 6
    assert code.startswith("P-")
    assert code[2:].lower() not in str(ADA)
