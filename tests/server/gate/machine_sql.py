"""What SQL can do in the machine's clinic: as the application's login, and as the owner who leaves the triggers on."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from tests.server.gate import rows, scenes
from tests.server.gate.machine import numbers, prescribers
from tests.server.gate.machine_crossing import Crossing
from tests.server.gate.model import Known
from tests.server.gate.world import PATIENTS, PRESCRIBERS

NIL = str(rows.NIL)
names = st.sampled_from(("sertraline", "hydroxyzine", "alprazolam", "lisdexamfetamine"))
# What a lie is about: the row, its column, and where another value is taken from.
LIES = (
    None,
    None,
    ("decision", "schedule", ("none", "IV", "V", "II", "unknown")),
    ("decision", "modality", ("in_person", "video", "none")),
    ("decision", "outcome", ("allow", "block")),
    ("decision", "action", ("new", "renew", "increase", "hold", "refer")),
    ("decision", "encounter_id", "visit"),
    ("decision", "attendance_id", "attendance"),
    ("decision", "check_in_id", "check_in"),
    ("decision", "patient_id", PATIENTS),
    ("decision", "prescriber_id", PRESCRIBERS),
    ("decision", "product", "product"),
    ("decision", "valid_until", ("2199-01-01T00:00:00Z", "2001-01-01T00:00:00Z")),
    ("order", "refills", (1, 5, 6)),
    ("order", "days_supply", (40, 90)),
    ("order", "name", ("alprazolam", "sertraline", "Xanax")),
    ("order", "ingredients", ("alprazolam", "sertraline")),
    ("order", "product", "product"),
    ("order", "patient_id", PATIENTS),
    ("order", "author_id", PRESCRIBERS),
    ("prescription", "schedule", ("none", "IV")),
    ("prescription", "product", "product"),
    ("prescription", "encounter_id", "visit"),
    ("prescription", "attendance_id", "attendance"),
    ("prescription", "check_in_id", "check_in"),
    ("prescription", "patient_id", PATIENTS),
    ("prescription", "prescriber_id", PRESCRIBERS),
    ("prescription", "refills", (0, 5)),
    ("prescription", "decision_id", "decision"),
    ("prescription", "decision_action", ("renew", "increase")),
)
POOLS = {
    "product": (
        "SELECT DISTINCT product FROM reference_product WHERE order_name IN ('alprazolam', 'sertraline') ORDER BY 1"
    ),
    **{
        table: f"SELECT id FROM {table} WHERE patient_id = ANY(:patients) ORDER BY {when}, id"
        for table, when in (
            ("visit", "booked_at"),
            ("attendance", "recorded_at"),
            ("check_in", "recorded_at"),
            ("decision", "decided_at"),
            ("prescription", "recorded_at"),
        )
    },
}
# As the owner, whose sessions the triggers hold against too.
REWRITINGS = (
    "UPDATE prescription SET schedule = 'none'",
    "DELETE FROM prescription",
    "UPDATE decision SET outcome = 'allow'",
    "UPDATE attendance SET prescriber_id = (SELECT person_id FROM role_grant LIMIT 1)",
    "UPDATE check_in SET valid_until = valid_until + interval '1 day'",
    "DELETE FROM check_in_confirmation",
    "DELETE FROM call_join",
    "UPDATE medication_order SET refills = 5",
    "UPDATE visit SET modality = 'in_person' WHERE status = 'in_progress' AND modality <> 'in_person'",
    "UPDATE visit SET scheduled_minutes = 240 WHERE status <> 'scheduled' AND scheduled_minutes < 240",
    "UPDATE visit SET status = 'scheduled', admitted_at = NULL WHERE status = 'in_progress'",
)


class ByHand(Crossing):
    """The same clinic, for who has a login of the database as well."""

    def _pool(self, of: Any) -> list[Any]:
        if of in (PATIENTS, PRESCRIBERS):
            return [str(self.world.id(name)) for name in of]
        if not isinstance(of, str):
            return list(of)
        asked = POOLS[of]

        async def reading(conn: AsyncConnection) -> list[Any]:
            values = {"patients": list(self.world.patients)} if ":patients" in asked else {}
            return [str(one) for one in (await conn.execute(text(asked), values)).scalars()]

        return self.world.act(reading) + ([] if of == "product" else [NIL, str(uuid4())])

    def _by_hand(
        self, visit: Known, act: Callable[[AsyncConnection], Awaitable[object]], *, owner: bool = False
    ) -> bool:
        """Whether the database took it; then only it knows what is true of the visit."""
        if self.world.complaint(act, owner=owner) is not None:
            return False
        visit.by_hand = True
        return True

    def _ids(self, visit: Known) -> dict[str, Any]:
        """The visit's newest attendance, its newest check-in and who treats, as a lie would know them."""
        asked = (
            "SELECT jsonb_build_object('attendance_id', (SELECT id FROM attendance WHERE visit_id = v.id"
            " ORDER BY recorded_at DESC LIMIT 1), 'prescriber_id', (SELECT prescriber_id FROM attendance"
            " WHERE visit_id = v.id ORDER BY recorded_at DESC LIMIT 1), 'check_in_id', (SELECT id FROM check_in"
            " WHERE visit_id = v.id ORDER BY recorded_at DESC LIMIT 1))::text FROM visit v WHERE v.id = :id"
        )
        found = json.loads(self.world.ask(asked, id=visit.id))
        return {**found, "prescriber_id": found["prescriber_id"] or str(self.world.id(visit.prescriber))}

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, name=names, lie=st.sampled_from(LIES), which=numbers, of=numbers)
    def forge(self, at: int, name: str, lie: Any, which: int, of: int) -> None:
        """Decision, order and prescription by hand: all as it should be, or with one lie."""
        visit = self.at(at)
        known = self._pool("prescription")[:-2]
        if not known:
            return
        product, ids = scenes.product(self.world, name), self._ids(visit)
        whom = {"patient_id": str(self.world.id(visit.patient))}
        seen = NIL if product.schedule == "none" else ids["check_in_id"] or NIL
        meeting = {"encounter_id": str(visit.id), "modality": visit.modality.value, "check_in_id": seen}
        treats = {"prescriber_id": ids["prescriber_id"], "attendance_id": ids["attendance_id"] or NIL}
        made: dict[str, dict[str, Any]] = {
            "decision": {**product.decided, **whom, **meeting, **treats},
            "order": {**product.ordered, **whom, "author_id": ids["prescriber_id"], "visit_id": visit.id, "refills": 0},
            "prescription": {},
        }
        if lie is not None:
            table, column, values = lie
            pool = self._pool(values)
            made[table][column] = pool[which % len(pool)]

        async def forging(conn: AsyncConnection) -> None:
            base = UUID(known[of % len(known)])
            await rows.forged(conn, base, made["decision"], made["order"], **made["prescription"])

        if self.world.complaint(forging) is None:
            self.reached[f"by hand {name}: {lie and lie[:2]}"] += 1

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, name=names, which=numbers)
    def renew_by_hand(self, at: int, name: str, which: int) -> None:
        """More of the same, by a decision that says it is a renewal; no page does this yet."""
        visit = self.at(at)
        known = self._pool("prescription")[:-2]
        if not known:
            return
        ids, of = self._ids(visit), UUID(known[which % len(known)])
        base = scenes.row(self.world, "prescription", of)
        meeting = {"encounter_id": str(visit.id), "modality": visit.modality.value, "action": "renew"}
        treats = {"prescriber_id": ids["prescriber_id"], "attendance_id": ids["attendance_id"] or NIL}
        seen = {"check_in_id": NIL if base["schedule"] == "none" else ids["check_in_id"] or NIL}

        async def renewing(conn: AsyncConnection) -> None:
            decision = await rows.decision(conn, UUID(base["decision_id"]), **meeting, **treats, **seen)
            order = await rows.follow(conn, UUID(base["order_id"]), act="renewed", author_id=ids["prescriber_id"])
            await rows.prescription(conn, of, order, decision)

        if self.world.complaint(renewing) is None:
            self.reached["renewed by hand"] += 1

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, who=prescribers, replacing=st.booleans())
    def attend_by_hand(self, at: int, who: str, replacing: bool) -> None:
        visit = self.at(at)
        of, ids = scenes.row(self.world, "visit", visit.id), self._ids(visit)

        async def attending(conn: AsyncConnection) -> None:
            await rows.attendance(conn, of, self.world.id(who), ids["attendance_id"] if replacing else None)

        if self._by_hand(visit, attending):
            visit.attending = who

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, who=prescribers, by=st.sampled_from(("noa", "drew", "sofia", "ada")), confirmed=st.booleans())
    def check_in_by_hand(self, at: int, who: str, by: str, confirmed: bool) -> None:
        visit = self.at(at)
        of = scenes.row(self.world, "visit", visit.id)
        until = datetime.now(UTC) + timedelta(days=30)
        changes = {"confirmed": confirmed, "valid_until": until, "stated_at": until - timedelta(days=60)}

        async def stating(conn: AsyncConnection) -> None:
            await rows.check_in(conn, of, self.world.id(who), self.world.desks.site, self.world.id(by), **changes)

        if self._by_hand(visit, stating):
            assert visit.in_person
            assert Role.FRONT_DESK in self.model.roles.get(by, ())

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, step=st.sampled_from(("waiting", "in_progress", "ended", "scheduled")))
    def move_by_hand(self, at: int, step: str) -> None:
        """The visit is moved along, or back, by the columns that the application's login may write."""
        visit = self.at(at)
        times = {
            "waiting": "arrived_at = now(), admitted_at = NULL",
            "in_progress": "admitted_at = greatest(now(), arrived_at), ended_at = NULL",
            "ended": "ended_at = greatest(now(), admitted_at)",
        }
        also = times.get(step, "admitted_at = NULL")

        async def moving(conn: AsyncConnection) -> None:
            await conn.execute(text(f"UPDATE visit SET status = '{step}', {also} WHERE id = :id"), {"id": visit.id})

        if self._by_hand(visit, moving):
            visit.status = step

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, column=st.sampled_from(("modality", "patient_id", "prescriber_id", "scheduled_start")))
    def rewrite_visit_by_hand(self, at: int, column: str) -> None:
        """What the application's login may not write of a visit at all."""
        visit = self.at(at)

        async def rewriting(conn: AsyncConnection) -> None:
            await conn.execute(text(f"UPDATE visit SET {column} = {column} WHERE id = :id"), {"id": visit.id})

        assert "permission denied" in (self.world.complaint(rewriting) or "")

    @rule(who=st.sampled_from(("drew", "noa", "sofia", "carla")), role=st.sampled_from(Role), again=st.booleans())
    def role_by_hand(self, who: str, role: Role, again: bool) -> None:
        """A role is written into the table, or one that was taken is given back by an UPDATE."""
        person, now = self.world.id(who), datetime.now(UTC)

        async def granting(conn: AsyncConnection) -> None:
            if again:
                back = "UPDATE role_grant SET revoked_at = NULL WHERE person_id = :who AND role = :role"
                await conn.execute(text(back), {"who": person, "role": role.value})
            else:
                await rows.write(conn, "role_grant", {"person_id": person, "role": role.value, "granted_at": now})

        if self.world.complaint(granting) is None:
            held = "SELECT count(*) FROM role_grant WHERE person_id = :who AND role = :role AND revoked_at IS NULL"
            if self.world.ask(held, who=person, role=role.value):
                self.model.roles[who].add(role)

    @rule(statement=st.sampled_from(REWRITINGS))
    def rewrite_as_owner(self, statement: str) -> None:
        """With the triggers on, the owner rewrites nothing either, where there is something to rewrite."""
        table = statement.removeprefix("DELETE FROM ").removeprefix("UPDATE ").split()[0]
        where = statement.partition(" WHERE ")[2] or "true"
        there = self.world.ask(f"SELECT count(*) FROM {table} WHERE {where}")

        async def rewriting(conn: AsyncConnection) -> None:
            await conn.execute(text(statement))

        assert not there or self.world.complaint(rewriting, owner=True) is not None
