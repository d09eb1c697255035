"""Judges what stands in the database, by rules of its own: what each prescription rests on, and whether it may.

Nothing here asks the functions that are on trial. Read anew by SQL after each step; names are looked up in the
reference data, never taken from the decision.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Schedule
from compliance.substances.resolver import FEDERAL_ONLY, NameStatus
from server.application import references

Row = Mapping[str, Any]
NIL = UUID(int=0)
AFTER_THE_VISIT = timedelta(minutes=60)
BESIDE = frozenset({"prescriber", "supervisor", "administrator"})
OF_PATIENTS = ("visit", "attendance", "check_in", "decision", "prescription", "medication_order")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong with which row."""

    what: str
    row: str


@dataclass(frozen=True, slots=True)
class Record:
    """The rows of some patients, each table by id; `joins` and `grants` of everybody."""

    tables: Mapping[str, Mapping[UUID, Row]]
    confirmed: Mapping[UUID, datetime]
    current: frozenset[UUID]
    joins: Sequence[Row]
    grants: Sequence[Row]

    def __getitem__(self, table: str) -> Mapping[UUID, Row]:
        return self.tables[table]


async def read(conn: AsyncConnection, patients: Iterable[UUID]) -> Record:
    whose = {"patients": list(patients)}

    async def rows(statement: str) -> list[Row]:
        values = whose if ":patients" in statement else {}
        return [dict(row) for row in (await conn.execute(text(statement), values)).mappings()]

    tables = {
        table: {row["id"]: row for row in await rows(f"SELECT * FROM {table} WHERE patient_id = ANY(:patients)")}
        for table in OF_PATIENTS
    }
    confirmed = await rows(
        "SELECT f.* FROM check_in_confirmation f JOIN check_in c ON c.id = f.check_in_id"
        " WHERE c.patient_id = ANY(:patients)"
    )
    current = await rows("SELECT order_id FROM medication_current WHERE patient_id = ANY(:patients)")
    joins = await rows("SELECT j.*, v.modality FROM call_join j JOIN visit v ON v.id = j.visit_id")
    grants = await rows("SELECT * FROM role_grant")
    return Record(
        tables,
        {row["check_in_id"]: row["recorded_at"] for row in confirmed},
        frozenset(row["order_id"] for row in current),
        joins,
        grants,
    )


@lru_cache(maxsize=10_000)
def named(name: str) -> tuple[frozenset[str], Schedule | None]:
    """The ingredients of a name, and its federal schedule today; None: it is not known for sure."""
    read = references.load().substances.resolve(name, on=datetime.now(UTC).date(), state=FEDERAL_ONLY)
    return frozenset(read.ingredients), read.schedule if read.status is NameStatus.KNOWN else None


def strictest(names: Iterable[str]) -> Schedule | None:
    """The strictest of what the names stand for; None: one of them is not known."""
    schedules = [named(name)[1] for name in names]
    known = [one for one in schedules if one is not None]
    return None if len(known) < len(schedules) else max(known, key=lambda one: one.strictness)


@dataclass(slots=True)
class Judge:
    """Remembers what must never change again: how the people of a visit meet, and which visits were over."""

    modalities: dict[UUID, str] = field(default_factory=dict)
    over: set[UUID] = field(default_factory=set)
    seen: set[UUID] = field(default_factory=set)

    def findings(self, record: Record) -> tuple[Finding, ...]:
        found = [
            *self._fixed(record),
            *_one_visit(record),
            *_apart(record),
            *_list(record),
            *(finding for row in record["prescription"].values() for finding in _grounds(record, row)),
            *(finding for row in record["prescription"].values() for finding in _in_person(record, row)),
        ]
        self.seen |= set(record["prescription"])
        self.over |= {id for id, visit in record["visit"].items() if visit["status"] == "ended"}
        return tuple(sorted(set(found)))

    def _fixed(self, record: Record) -> Iterator[Finding]:
        arrived = {row["visit_id"] for row in record["check_in"].values()}
        for id, visit in record["visit"].items():
            fixed = visit["status"] not in ("scheduled", "cancelled", "missed") or id in arrived
            if fixed and self.modalities.setdefault(id, visit["modality"]) != visit["modality"]:
                yield Finding("modality_changed", str(id))
        for id, row in record["prescription"].items():
            if id not in self.seen and row["encounter_id"] in self.over:
                yield Finding("signed_after_the_end", str(id))


def _one_visit(record: Record) -> Iterator[Finding]:
    busy = [visit["patient_id"] for visit in record["visit"].values() if visit["status"] == "in_progress"]
    yield from (Finding("two_visits_at_once", str(patient)) for patient in set(busy) if busy.count(patient) > 1)
    for join in record.joins:
        if join["modality"] == "in_person" and join["visit_id"] in record["visit"]:
            yield Finding("call_in_person", str(join["visit_id"]))


def _apart(record: Record) -> Iterator[Finding]:
    held: dict[UUID, set[str]] = {}
    for grant in record.grants:
        if grant["revoked_at"] is None:
            held.setdefault(grant["person_id"], set()).add(grant["role"])
    yield from (
        Finding("front_desk_beside", str(who))
        for who, roles in held.items()
        if "front_desk" in roles and roles & BESIDE
    )


def _list(record: Record) -> Iterator[Finding]:
    """Of the list: an order that prescribes has its prescription, and its words name no other controlled substance."""
    prescribed = {row["order_id"] for row in record["prescription"].values()}
    for id, order in record["medication_order"].items():
        if order["kind"] != "prescribed_here":
            continue
        if order["act"] in ("started", "revised", "renewed") and id not in prescribed:
            yield Finding("order_without_prescription", str(id))
        own = named(order["ingredients"])[0]
        for words in (order["sentence"], order["indication"], order["sig"]):
            found = references.load().substances.controlled_names_in(words) if id in record.current else ()
            if any(not set(each.substances) <= own for each in found):
                yield Finding("name_in_words", str(id))


def _grounds(record: Record, row: Row) -> Iterator[Finding]:
    """A prescription, its decision, its order, and who treated when it was written."""
    id = str(row["id"])
    decision = record["decision"].get(row["decision_id"])
    asked = ("patient_id", "prescriber_id", "product", "encounter_id", "modality", "schedule")
    agrees = decision is not None and all(decision[name] == row[name] for name in asked)
    if decision is None or not agrees or (decision["outcome"], decision["action"]) != ("allow", row["decision_action"]):
        yield Finding("no_decision", id)
    elif frozenset(decision["ingredients"]) != named(row["product"])[0]:
        yield Finding("decision_of_another_product", id)
    if [one["decision_id"] for one in record["prescription"].values()].count(row["decision_id"]) > 1:
        yield Finding("decision_used_twice", str(row["decision_id"]))
    order = record["medication_order"].get(row["order_id"])
    if order is None or (order["patient_id"], order["author_id"]) != (row["patient_id"], row["prescriber_id"]):
        yield Finding("order_of_somebody_else", id)
    elif order["product"] != row["product"] or any(
        named(order[one])[0] != named(row["product"])[0] for one in OF_ORDER
    ):
        yield Finding("order_of_another_product", id)
    visit = record["visit"].get(row["encounter_id"])
    if visit is None or (visit["patient_id"], visit["modality"]) != (row["patient_id"], row["modality"]):
        yield Finding("another_visit", id)
    before = [one for one in _of_visit(record, "attendance", row) if one["recorded_at"] <= row["recorded_at"]]
    newest = max(before, key=lambda one: one["recorded_at"], default=None)
    if newest is None or newest["prescriber_id"] != row["prescriber_id"] or newest["id"] != row["attendance_id"]:
        yield Finding("not_attending", id)


OF_ORDER = ("name", "ingredients")


def _in_person(record: Record, row: Row) -> Iterator[Finding]:
    """What a controlled substance needs besides: two people met, as somebody else saw, and a supply within the law."""
    id, order = str(row["id"]), record["medication_order"].get(row["order_id"])
    if order is None:
        return
    schedule = strictest((row["product"], *(order[name] for name in OF_ORDER)))
    if schedule is None:
        yield Finding("name_not_known", id)
        return
    if not schedule.controlled:
        return
    if row["schedule"] == "none" or Schedule(row["schedule"]).strictness < schedule.strictness:
        yield Finding("schedule_understated", id)
    if order["refills"] > {Schedule.II: 0, Schedule.V: 11}.get(schedule, 5):
        yield Finding("too_many_refills", id)
    if schedule in (Schedule.III, Schedule.IV) and order["refills"] * order["days_supply"] > 180:
        yield Finding("too_long_a_supply", id)
    visit = record["visit"].get(row["encounter_id"])
    if visit is None or visit["modality"] != "in_person":
        yield Finding("controlled_remotely", id)
        return
    check_in = record["check_in"].get(row["check_in_id"])
    if check_in is None:
        yield Finding("without_check_in", id)
    else:
        yield from (Finding(what, id) for what in _void(record, row, visit, check_in))


def _void(record: Record, row: Row, visit: Row, check_in: Row) -> Iterator[str]:
    """Why a check-in was not good for a prescription."""
    at, since = row["recorded_at"], check_in["recorded_at"]
    asked = ("patient_id", "prescriber_id")
    if check_in["visit_id"] != visit["id"] or any(check_in[name] != row[name] for name in asked):
        yield "check_in_of_another"
    if record.confirmed.get(check_in["id"], at) >= at:
        yield "check_in_unconfirmed"
    both = {check_in["patient_id"], check_in["prescriber_id"]}
    if check_in["stated_by"] in both or not _was_front_desk(record, check_in["stated_by"], since):
        yield "no_second_person"
    if since > at or at > visit["scheduled_start"] + timedelta(minutes=visit["scheduled_minutes"]) + AFTER_THE_VISIT:
        yield "check_in_expired"
    if any(join["person_id"] in both and since <= join["recorded_at"] <= at for join in record.joins):
        yield "joined_a_call"
    for one in _of_visit(record, "attendance", row):
        other = one["replaces"] is not None or one["prescriber_id"] != check_in["prescriber_id"]
        if other and since <= one["recorded_at"] <= at:
            yield "taken_over"


def _was_front_desk(record: Record, person: UUID, at: datetime) -> bool:
    return any(
        grant["person_id"] == person
        and grant["role"] == "front_desk"
        and grant["granted_at"] <= at
        and (grant["revoked_at"] is None or grant["revoked_at"] >= at)
        for grant in record.grants
    )


def _of_visit(record: Record, table: str, row: Row) -> list[Row]:
    return [one for one in record[table].values() if one["visit_id"] == row["encounter_id"]]
