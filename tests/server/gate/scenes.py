"""Where an attack begins: a visit that is going on, a check-in that holds, a prescription that was written rightly."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.shared.ids import VisitId
from emr.visits.model import Modality
from tests.server.gate import rows, verbs
from tests.server.gate.world import World

ALPRAZOLAM = {"ingredients": ["alprazolam"], "schedule": "IV"}


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the release as decision and order say it."""

    product: str
    ingredients: list[str]
    order_ingredients: str
    order_name: str
    schedule: str

    @property
    def decided(self) -> dict[str, Any]:
        return {"product": self.product, "ingredients": self.ingredients, "schedule": self.schedule}

    @property
    def ordered(self) -> dict[str, Any]:
        return {"product": self.product, "name": self.order_name, "ingredients": self.order_ingredients}


def product(world: World, name: str) -> Product:
    """The first product of that name."""
    asked = (
        "SELECT to_jsonb(r)::text FROM reference_product r WHERE order_name = :name AND effective_from <= now()"
        " ORDER BY product, effective_from DESC LIMIT 1"
    )
    row = json.loads(world.ask(asked, name=name))
    ingredients = row["ingredients"].split(" + ")
    return Product(row["product"], ingredients, row["order_ingredients"], row["order_name"], row["schedule"])


def row(world: World, table: str, id: UUID) -> dict[str, Any]:
    async def reading(conn: AsyncConnection) -> dict[str, Any]:
        return await rows.read(conn, table, id)

    return world.act(reading)


def booked(world: World, modality: Modality, *, patient: str = "ada", prescriber: str = "drew") -> VisitId:
    visit = verbs.book(world, patient, prescriber, modality)
    assert visit is not None, world.told
    return visit


def video(world: World, *, patient: str = "ada", prescriber: str = "drew") -> VisitId:
    """A video visit in progress."""
    visit = booked(world, Modality.VIDEO, patient=patient, prescriber=prescriber)
    assert verbs.arrive(world, patient, visit) == 303, world.told
    assert verbs.admit(world, prescriber, patient, visit) == 303, world.told
    return visit


def alone(world: World, *, patient: str = "ada", prescriber: str = "drew") -> VisitId:
    """A visit in person, admitted by the prescriber, of whom nobody else knows."""
    visit = booked(world, Modality.IN_PERSON, patient=patient, prescriber=prescriber)
    assert verbs.admit(world, prescriber, patient, visit) == 303, world.told
    return visit


def met(world: World, *, patient: str = "ada", prescriber: str = "drew") -> VisitId:
    """A visit in person in progress, patient and prescriber checked in."""
    visit = booked(world, Modality.IN_PERSON, patient=patient, prescriber=prescriber)
    assert verbs.check_in(world, patient, visit), world.told
    assert verbs.admit(world, prescriber, patient, visit) == 303, world.told
    return visit


def signed(world: World, visit: VisitId, medicine: str, *, patient: str = "ada", prescriber: str = "drew") -> UUID:
    """A prescription of the medicine; gives its id."""
    answer = verbs.start(world, prescriber, patient, visit, verbs.FORMS[medicine])
    assert verbs.SIGNED in answer.text, answer.text
    return newest(world, visit)


def newest(world: World, visit: VisitId) -> UUID:
    """The newest prescription of a visit."""
    asked = "SELECT id FROM prescription WHERE encounter_id = :visit ORDER BY recorded_at DESC LIMIT 1"
    return UUID(str(world.ask(asked, visit=visit)))


def old(world: World, visit: VisitId, *, hours: int) -> VisitId:
    """A visit like that one, booked for so many hours earlier and not yet begun."""
    made = VisitId(uuid4())
    before = row(world, "visit", visit)
    start = datetime.fromisoformat(before["scheduled_start"]) - timedelta(hours=hours)
    fresh = {"status": "scheduled", "arrived_at": None, "admitted_at": None, "ended_at": None}

    async def copying(conn: AsyncConnection) -> None:
        values = {**before, **fresh, "id": made, "room": str(made), "scheduled_start": start}
        await rows.write(conn, "visit", values)

    world.act(copying)
    return made


def past_check_in(world: World, visit: VisitId, *, prescriber: str = "drew") -> UUID:
    """A confirmed check-in made at the booked time of a visit whose time is over. Only the owner can tell a past: with
    the triggers off that put the database's clock there."""
    of = row(world, "visit", visit)
    start = datetime.fromisoformat(of["scheduled_start"])
    until = start + timedelta(minutes=of["scheduled_minutes"] + 60)
    guards = (("check_in", "check_in_recorded"), ("check_in_confirmation", "check_in_confirmed"))
    times = {"stated_at": start, "recorded_at": start, "valid_until": until}

    async def telling(conn: AsyncConnection) -> UUID:
        return await rows.check_in(
            conn, of, world.id(prescriber), world.desks.site, world.id("noa"), confirmed=False, **times
        )

    world.alter(*(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}" for table, trigger in guards))
    made = world.act(telling)

    async def confirming(conn: AsyncConnection) -> None:
        await rows.write(
            conn, "check_in_confirmation", {"check_in_id": made, "confirmed_at": start, "recorded_at": start}
        )

    world.act(confirming)
    world.alter(*(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}" for table, trigger in guards))
    return made
