"""The officer's list over a million decisions: a page of each filter, and what its indexes cost a writer.

A page is all that the handler reads of the log for it: 25 rows with their places in the tree, the counts, the plot of
twelve weeks, what is worth a look, and the choices of the filters. The first page is the newest; the deep one lies a
month after the first.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.reports import reports
from compliance.reports.officer_list.cursor import Cursor, PageDirection
from compliance.reports.officer_list.order import PEOPLE, SORTED_BY, SortOrder
from compliance.reports.reports import Filter, RefusalFilter
from compliance.reports.worth_a_look import clauses, rules
from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction
from emr.medications import change_repository as changes
from server.platform import database as databases
from server.routes.officer import log_csv, log_rows
from tests.benchmarks import million
from tests.benchmarks.figures import Figure, middle, spread
from tests.benchmarks.million import BEGIN, END, person
from tests.benchmarks.place import Place, run

DECISIONS = 1_000_000
MOST_S = 1_800.0  # on a machine with little else to do the rows take one minute, the pages another
REPEATS = 20
LOOKS = rules.load()
WRITTEN = 1_000
DEEP = Cursor(PageDirection.OLDER, BEGIN + timedelta(days=30), 1)
MIDDLE = END - timedelta(days=500)

ALONE = {
    "everything": Filter(),
    "a-month": Filter(since=MIDDLE, until=MIDDLE + timedelta(days=30)),
    "prescriber": Filter(prescriber_id=person(1)),
    "prescriber.of-nothing": Filter(prescriber_id=person(999)),
    "ingredient.common": Filter(ingredient="bupropion"),
    "ingredient.rare": Filter(ingredient="pimozide"),
    "ingredient.long-ago": Filter(ingredient="nefazodone"),
    "ingredient.second": Filter(ingredient="dextroamphetamine"),
    "ingredient.third": Filter(ingredient="caffeine"),
    "schedule.none": Filter(schedule="none"),
    "schedule.IV": Filter(schedule="IV"),
    "schedule.I": Filter(schedule="I"),
    "action.new": Filter(action=PrescribingAction.NEW),
    "action.refer": Filter(action=PrescribingAction.REFER),
    "modality.video": Filter(modality=Modality.VIDEO),
    "modality.none": Filter(modality=Modality.NONE),
    "state.FL": Filter(state="FL"),
    "state.AL": Filter(state="AL"),
    "rule": Filter(rule="remote-controlled"),
    "allowed": Filter(outcome=DecisionOutcome.ALLOW),
    "blocked": Filter(outcome=DecisionOutcome.BLOCK),
}
TOGETHER = {
    "prescriber+blocked": Filter(prescriber_id=person(1), outcome=DecisionOutcome.BLOCK),
    "ingredient+prescriber": Filter(ingredient="alprazolam", prescriber_id=person(3)),
    "ingredient+action+state": Filter(ingredient="sertraline", action=PrescribingAction.HOLD, state="AL"),
    "modality+schedule+action+state": Filter(
        modality=Modality.IN_PERSON, schedule="II", action=PrescribingAction.HOLD, state="AL"
    ),
    "schedule+blocked.of-nothing": Filter(schedule="none", outcome=DecisionOutcome.BLOCK),
    "a-month+ingredient": Filter(since=MIDDLE, until=MIDDLE + timedelta(days=30), ingredient="sertraline"),
}
DOSED = {
    "dose.rare": (Filter(outcome=DecisionOutcome.ALLOW), Decimal(500), None),
    "dose.common": (Filter(outcome=DecisionOutcome.ALLOW), Decimal(100), Decimal(150)),
    "dose.of-nothing": (Filter(outcome=DecisionOutcome.ALLOW), Decimal(1_000), None),
    "dose.of-an-ingredient": (Filter(outcome=DecisionOutcome.ALLOW, ingredient="sertraline"), Decimal(200), None),
    "dose.rare.of-an-ingredient": (Filter(outcome=DecisionOutcome.ALLOW, ingredient="pimozide"), Decimal(200), None),
}
DOSED_FILTERS = {
    name: replace(where, among=changes.dosed(least, most, None, None)) for name, (where, least, most) in DOSED.items()
}
# Sorted by a column, with nothing narrowed and with what the column's index does not hold.
SORTED = {f"{by}.{'up' if up else 'down'}": SortOrder(by, ascending=up) for by in SORTED_BY for up in (True, False)}
# The same decisions once more, as entries that nobody has yet.
WRITE = """
INSERT INTO decision (id, audit_entry_id, outcome, action, encounter_id, modality, schedule, patient_id, prescriber_id,
    product, valid_until, decided_at, patient_state, rule, ingredients, reasons, citations, obligations, ways_forward,
    evidence, pack_id, pack_version, pack_sha256, reference_sha256, format, attendance_id, check_in_id)
SELECT gen_random_uuid(), audit_entry_id + 10000000, outcome, action, encounter_id, modality, schedule, patient_id,
    prescriber_id, product, valid_until + interval '3 years', decided_at + interval '3 years', patient_state, rule,
    ingredients, reasons, citations, obligations, ways_forward, evidence, pack_id, pack_version, pack_sha256,
    reference_sha256, format, attendance_id, check_in_id
FROM decision ORDER BY decided_at, audit_entry_id LIMIT :count
"""
# Those that only the list needs. Two were there before, without the entry's number: they stay.
ADDED = (
    "ix_decision_schedule, ix_decision_action, ix_decision_modality, ix_decision_patient_state, ix_decision_outcome, "
    "ix_decision_rule, ix_decision_ingredient, ix_decision_second_ingredient, ix_decision_more_ingredients, "
    "ix_decision_check_in_id"
)


def measure(place: Place) -> Sequence[Figure]:
    """The rows, then the pages as the application's login reads them, then the writing as the owner."""
    made = place.database()
    run(million.write(made.owner_url, DECISIONS), MOST_S)
    return [*run(_pages(made.app_url), MOST_S), *run(_writing(made.owner_url), MOST_S)]


async def _pages(app_url: str) -> Sequence[Figure]:
    engine = databases.engine(app_url, pool_size=1)
    try:
        async with engine.connect() as conn:
            bare = middle("log.list.bare", await _taken(lambda: _bare(conn)), "ms")
            figures = [bare]
            for name, where in (ALONE | TOGETHER | DOSED_FILTERS).items():
                for which, cursor in (("first", None), ("deep", DEEP)):
                    taken = await _taken(lambda where=where, cursor=cursor: _page(conn, where, cursor))  # type: ignore[misc]
                    figures += [one.over(bare) for one in spread(f"log.list.{name}.{which}", taken, "ms")]
                taken = await _taken(lambda where=where: reports.decisions(conn, where, DEEP, per_page=25))  # type: ignore[misc]
                figures.append(middle(f"log.list.{name}.deep.rows", taken, "ms").over(bare))
            for name, order in SORTED.items():
                for which, where in (("alone", Filter()), ("a-prescribers", Filter(prescriber_id=person(1)))):
                    act = partial(reports.decisions, conn, where, per_page=25, order=order)
                    figures += [
                        one.over(bare) for one in spread(f"log.list.sort.{name}.{which}", await _taken(act), "ms")
                    ]
            for by in PEOPLE:  # a page beside an entry whose person is read from it
                act = partial(reports.decisions, conn, Filter(), DEEP, per_page=25, order=SortOrder(by))
                figures += [one.over(bare) for one in spread(f"log.list.sort.{by}.deep", await _taken(act), "ms")]
            for rule in LOOKS.by_id.values():
                figures += [
                    one.over(bare)
                    for one in spread(
                        f"log.list.look.{rule.id}",
                        await _taken(partial(_page, conn, await _look(conn, rule), None)),
                        "ms",
                    )
                ]
            figures += [one.over(bare) for one in spread("log.list.csv", await _taken(partial(_file, conn)), "ms")]
            for name, refused in (("all", RefusalFilter()), ("one-persons", RefusalFilter(actor_id=person(1)))):
                taken = await _taken(lambda refused=refused: _refusals(conn, refused))  # type: ignore[misc]
                figures += [one.over(bare) for one in spread(f"log.list.refused.{name}.deep", taken, "ms")]
            return figures
    finally:
        await engine.dispose()


async def _page(conn: AsyncConnection, where: Filter, cursor: Cursor | None) -> None:
    await reports.decisions(conn, where, cursor, per_page=25)
    await reports.counts(conn, where)
    if where.among is None:  # what is blocked has no dose
        await reports.blocked_by_week(conn, where, since=(where.until or END) - timedelta(weeks=12), weeks=12)
    await reports.ingredients(conn)
    await reports.states(conn)
    await reports.rules(conn)
    until = where.until or END
    for rule in LOOKS.by_id.values():
        seen = replace(where, since=max(where.since or BEGIN, until - LOOKS.period))
        within = replace(seen, besides=clauses.clauses(rule, "America/New_York", ()))
        await clauses.count(conn, within.branches(), 99)


async def _look(conn: AsyncConnection, rule: rules.PatternRule) -> Filter:
    """The list that a rule of what is worth a look leads to, at the end of the log."""
    since = END - LOOKS.period
    warned = await changes.warned(conn, since, END, 500)
    return Filter(since=since, besides=clauses.clauses(rule, "America/New_York", warned))


async def _file(conn: AsyncConnection) -> None:
    """As many rows of the list as its file is written by at once, with what they did to the dose."""
    page = await reports.decisions(conn, Filter(), per_page=log_csv.ROWS_AT_ONCE)
    assert len(await log_rows.dose_changes(conn, page.rows)) > 100


async def _refusals(conn: AsyncConnection, where: RefusalFilter) -> None:
    await reports.refusals(conn, where, DEEP, per_page=25)
    await reports.refusals_counted(conn, where)


async def _bare(conn: AsyncConnection) -> None:
    """The newest rows and nothing else, in one statement."""
    listed = "SELECT * FROM decision ORDER BY decided_at DESC, audit_entry_id DESC LIMIT 25"
    assert len((await conn.execute(text(listed))).all()) == 25


async def _taken(act: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds of each repeat; the first one, which also prepares the statements, is not among them."""
    await act()
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        await act()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


async def _writing(owner_url: str) -> Sequence[Figure]:
    """Microseconds for one decision's row, many in one statement, with the list's indexes and without; rolled back."""
    engine = databases.one_shot_engine(owner_url)
    try:
        async with engine.connect() as conn:
            await databases.assume_owner(conn)
            rates: dict[bool, list[float]] = {True: [], False: []}
            for indexed in (True, False):
                if not indexed:
                    await conn.execute(text(f"DROP INDEX {ADDED}"))
                for _ in range(5):
                    kept = await conn.begin_nested()
                    began = time.perf_counter()
                    await conn.execute(text(WRITE), {"count": WRITTEN})
                    rates[indexed].append((time.perf_counter() - began) * 1_000_000 / WRITTEN)
                    await kept.rollback()
            await conn.rollback()
        plain = middle("log.list.write.without", rates[False], "us")
        return [plain, middle("log.list.write", rates[True], "us").over(plain)]
    finally:
        await engine.dispose()
