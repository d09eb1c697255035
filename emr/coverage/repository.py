"""Reading rows of the record as text, for the log: the same statement when an entry is written and when it is verified.

What is hashed is what is stored: PostgreSQL makes the text. Nothing here knows of entries or digests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Dialect,
    Table,
    Text,
    TextClause,
    Uuid,
    case,
    cast,
    func,
    literal,
    null,
    select,
    text,
)
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement, Select

from emr.coverage.forms import FORMS, TABLES
from emr.medications.tables import medication_current, medication_order
from emr.visits.model import VisitEventKind, VisitStatus
from emr.visits.tables import visit, visit_event

_PAGE_ROWS: Final = 1_000

# The status that the last of these events leaves a visit in.
_LEAVES: Final = {
    VisitEventKind.BOOKED: VisitStatus.SCHEDULED,
    VisitEventKind.ARRIVED: VisitStatus.WAITING,
    VisitEventKind.LEFT_QUEUE: VisitStatus.SCHEDULED,
    VisitEventKind.ADMITTED: VisitStatus.IN_PROGRESS,
    VisitEventKind.ENDED: VisitStatus.ENDED,
    VisitEventKind.CANCELLED: VisitStatus.CANCELLED,
    VisitEventKind.MISSED: VisitStatus.MISSED,
}

# Whose chart a row without a patient of its own belongs to: its column, and the row that it names.
_THROUGH: Final = {
    "visit_event": ("visit_id", "visit"),
    "visit_statement": ("visit_id", "visit"),
    "visit_participant": ("visit_id", "visit"),
    "visit_correction": ("visit_id", "visit"),
    "call_join": ("visit_id", "visit"),
    "check_in_confirmation": ("check_in_id", "check_in"),
    "scale_answer": ("request_id", "scale_request"),
    "alert_acknowledgement": ("alert_id", "safety_alert"),
    "alert_left_open": ("alert_id", "safety_alert"),
    "note_seal": ("note_id", "note"),
    "note_addendum": ("note_id", "note"),
    "side_effect_course": ("side_effect_id", "side_effect"),
    "agenda_outcome": ("item_id", "agenda_item"),
}


class CoveredRows:
    """The reader of the record that the log is given. It has no state."""

    kinds: Sequence[str] = tuple(TABLES)
    forms: Mapping[str, Sequence[str]] = FORMS

    async def read(self, conn: AsyncConnection, form: str, ids: Collection[str]) -> Mapping[str, str]:
        """The rows by id, each as the canonical JSON of its columns' texts; what is not there is absent.

        Raises ``KeyError``: no such format.
        """
        return {id: row for (_, id), row in (await self.read_each(conn, {form: ids})).items()}

    async def read_each(
        self, conn: AsyncConnection, wanted: Mapping[str, Collection[str]]
    ) -> Mapping[tuple[str, str], str]:
        """As `read`, of several formats by one statement: format and id -> row."""
        forms = tuple(sorted(wanted))
        if not forms:
            return {}
        values = {f"ids_{place}": _among(_key(_table(form)), wanted[form]) for place, form in enumerate(forms)}
        rows = await conn.execute(_reading(forms), values)
        return {(row[2], row[0]): row[1] for row in rows}

    async def keys(
        self, conn: AsyncConnection, kind: str, after: str | None, most: int
    ) -> Sequence[tuple[str, str | None]]:
        """The next rows of a kind in the order of their key: id, and whose chart they belong to."""
        table = TABLES[kind]
        key = _key(table)
        query = select(cast(key, Text), cast(_patient(table), Text)).order_by(key).limit(most)
        rows = await conn.execute(query if after is None else query.where(key > _value(key, after)))
        return [(row[0], row[1]) for row in rows]

    async def count(self, conn: AsyncConnection, kind: str) -> int:
        """How many rows of a kind there are."""
        return (await conn.execute(select(func.count()).select_from(TABLES[kind]))).scalar_one()

    async def contradictions(self, conn: AsyncConnection) -> AsyncIterator[tuple[str, str, str]]:
        """Visits whose status is not what their last event left, and lists whose current order is not the last one."""
        for id in await _pages(conn, visit.c.id, _visits_astray()):
            yield "visit", id, "Visit {id} has another status than its last event left it in."
        for id in await _pages(conn, medication_order.c.id, _lists_astray()):
            yield "medication_current", id, "Order {id} is the last of its chain, and another one is shown as current."


def _key(table: Table) -> Column[Any]:  # uuid or bigint, by table
    (key,) = table.primary_key.columns
    return key


def _value(key: Column[Any], id: str) -> UUID | int:
    return UUID(id) if isinstance(key.type, Uuid) else int(id)


def _among(key: Column[Any], ids: Collection[str]) -> list[UUID | int]:
    """Ids that are none are left out: a damaged entry may name anything."""
    values = []
    for id in ids:
        try:
            values.append(_value(key, id))
        except ValueError:
            continue
    return [one for one in values if isinstance(one, UUID) or one < 1 << 63]


@lru_cache
def _reading(forms: tuple[str, ...]) -> TextClause:
    """The statement that reads rows of these formats: compiled once, since it is long."""
    return text(" UNION ALL ".join(_written(form, f"ids_{place}") for place, form in enumerate(forms)))


def _table(form: str) -> Table:
    return TABLES[form.partition("/")[0].partition(".")[0]]


def _written(form: str, ids: str) -> str:
    """The format's rows of the ids that are given under that name: id, row, format."""
    table = _table(form)
    key = _key(table)
    dialect: Dialect = PGDialect()  # type: ignore[no-untyped-call]  # its constructor has no types
    chosen = select(cast(key, Text), _json(form, table), literal(form, Text))
    made = str(chosen.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    kind = "uuid" if isinstance(key.type, Uuid) else "bigint"
    written = made.replace("%%", "%").replace(":", r"\:")
    return f"{written} WHERE {table.name}.{key.name} = ANY(CAST(:{ids} AS {kind}[]))"


def _json(form: str, table: Table) -> ColumnElement[str]:
    """An object of the format's columns as RFC 8785 writes it: PostgreSQL escapes in a text what must be, no more."""
    parts: list[ColumnElement[str]] = []
    for at, name in enumerate(sorted(FORMS[form])):
        value = func.coalesce(cast(func.to_json(_text(table.c[name])), Text), "null")
        parts.extend((literal(f'{"," if at else "{"}"{name}":', Text), value))
    return func.concat(*parts, "}")


def _text(column: Column[Any]) -> ColumnElement[str]:
    """A value as text that does not depend on the session's settings; JSON as PostgreSQL writes `jsonb`."""
    if isinstance(column.type, DateTime):
        return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    if isinstance(column.type, Date):
        return func.to_char(column, "YYYY-MM-DD")
    return cast(column, Text)


def _patient(table: Table) -> ColumnElement[Any]:
    if table.name == "patient":
        return table.c.person_id
    if "patient_id" in table.c:
        return table.c.patient_id
    if table.name in _THROUGH:
        column, parent = _THROUGH[table.name]
        of = TABLES[parent]
        return select(of.c.patient_id).where(_key(of) == table.c[column]).scalar_subquery()
    return null()


async def _pages(conn: AsyncConnection, key: Column[Any], astray: Select[str]) -> list[str]:
    """Short statements over the whole table; what is astray is the exception, so it may be gathered."""
    found: list[str] = []
    after: Any = None
    while True:
        page = select(key).order_by(key).limit(_PAGE_ROWS)
        ids = (await conn.execute(page if after is None else page.where(key > after))).scalars().all()
        if not ids:
            return found
        after = ids[-1]
        found.extend((await conn.execute(astray.where(key.between(ids[0], after)))).scalars())


def _visits_astray() -> Select[str]:
    last = (
        select(visit_event.c.what)
        .where(visit_event.c.visit_id == visit.c.id, visit_event.c.what.in_([what.value for what in _LEAVES]))
        .order_by(visit_event.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    left = case({what.value: status.value for what, status in _LEAVES.items()}, value=last)
    return select(cast(visit.c.id, Text)).where(left != visit.c.status)


def _lists_astray() -> Select[str]:
    after = medication_order.alias("after")
    last = ~select(after.c.id).where(after.c.replaces == medication_order.c.id).exists()
    shown = (
        select(medication_current.c.order_id)
        .where(medication_current.c.chain_id == medication_order.c.chain_id)
        .scalar_subquery()
    )
    return select(cast(medication_order.c.id, Text)).where(last, shown.is_distinct_from(medication_order.c.id))
