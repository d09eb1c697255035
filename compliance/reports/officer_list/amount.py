"""How many rows match: counted as far as a person would count, then as PostgreSQL's planner estimates."""

import json
from dataclasses import dataclass
from enum import StrEnum
from math import floor, log10
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, func, literal_column, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement, Executable

from compliance.reports.officer_list.pages import Branches

COUNTED: Final = 10_000
"""How many rows are counted; of more than these, how many there are is estimated."""

COUNTED_AMONG: Final = 200
"""The same where each row is looked up among ids of elsewhere: for thousands of them whole tables would be read."""


class Certainty(StrEnum):
    """How a number is to be said; the values are the words before it."""

    EXACT = ""
    ABOUT = "about"
    MORE_THAN = "more than"


@dataclass(frozen=True, slots=True)
class Amount:
    """How many: counted, estimated (two digits that mean something), or known only to be more than were counted."""

    number: int
    sureness: Certainty = Certainty.EXACT


class Plan(Executable, ClauseElement):
    """What PostgreSQL would do for a statement, as JSON; nothing is read for it."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(Plan)
def _explain(element: Plan, compiler: Any, **given: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **given)}"


async def amount(
    conn: AsyncConnection, table: Table, branches: Branches, counted: int = COUNTED, *, part: Amount | None = None
) -> Amount:
    """How many rows of the table match, counted up to `counted`.

    `part`: how many of them are already known, so that what is beyond the count by these alone is not counted again.
    """
    if part is None or part.sureness is Certainty.EXACT:
        first = _rows(table, branches, counted + 1).subquery()
        found = await conn.scalar(select(func.count()).select_from(first)) or 0
        if found <= counted:
            return Amount(found)
    estimate = _rounded(await _estimate(conn, _rows(table, branches)))
    return Amount(estimate, Certainty.ABOUT) if estimate > counted else Amount(counted, Certainty.MORE_THAN)


def _rows(table: Table, branches: Branches, most: int | None = None) -> Select[Any]:
    """A row for each that matches, at most so many. Each branch has the limit too: it is planned for so few, then."""
    one: ColumnElement[Any] = literal_column("1").label("one")
    parts = [select(one).select_from(table).where(*clauses).limit(most) for clauses in branches]
    if len(parts) == 1:
        return parts[0]
    return select(union_all(*(select(part.subquery()) for part in parts)).subquery()).limit(most)


async def _estimate(conn: AsyncConnection, statement: Select[Any]) -> float:
    return float((await plan_of(conn, statement))["Plan Rows"])


async def plan_of(conn: AsyncConnection, statement: Select[Any]) -> dict[str, Any]:
    """The root of the plan: its node, how many rows are expected, and the plans below, as PostgreSQL names them."""
    answer = await conn.scalar(Plan(statement))
    (plan,) = json.loads(answer) if isinstance(answer, str) else answer
    found: dict[str, Any] = plan["Plan"]
    return found


def _rounded(number: float) -> int:
    """To two digits: 237,812 is about 240,000."""
    if number < 100:
        return round(number)
    step = float(10 ** (floor(log10(number)) - 1))
    return int(round(number / step) * step)
