"""Doors to a controlled substance that were found or feared, each as somebody would try it.

An attack sets its scene, yields, and then goes through the door: what follows the `yield` must be refused and leave
nothing behind. Those that write by hand are in `forgeries.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from emr.visits.model import Modality
from tests.server.gate import rows, scenes, verbs
from tests.server.gate.mends import GROUNDED, POLICY, Mend, constraint, of_both, trigger
from tests.server.gate.world import World

Script = Callable[[World], Iterator[None]]


@dataclass(frozen=True, slots=True)
class Attack:
    """A script, words that the refusal says, what stands in the way, and what the judge finds when nothing does.

    `meanwhile`: something that somebody may do is part of it, so that only what is wrong counts as left behind.
    """

    script: Script
    says: tuple[str, ...]
    mends: tuple[Mend, ...]
    finds: str
    meanwhile: bool = False

    @property
    def name(self) -> str:
        return self.script.__name__


# The patient is in one visit at a time


def second_visit_at_once(world: World) -> Iterator[None]:
    """Beside the video visit one in person is booked for now and admitted, by the page and by SQL."""
    scenes.video(world)
    second = scenes.booked(world, Modality.IN_PERSON)
    yield
    verbs.admit(world, "drew", "ada", second)
    begin = "UPDATE visit SET status = '{}', {} = now() WHERE id = '" + str(second) + "'"

    async def beginning(conn: AsyncConnection) -> None:
        await conn.execute(text(begin.format("waiting", "arrived_at")))
        await conn.execute(text(begin.format("in_progress", "admitted_at")))

    world.complaint(beginning)


def modality_changed_after_arrival(world: World) -> Iterator[None]:
    """The patient waits for a video visit; it is made one in person, by the application's login and by the owner's."""
    visit = scenes.booked(world, Modality.VIDEO)
    verbs.arrive(world, "ada", visit)
    world.judged()
    yield

    async def changing(conn: AsyncConnection) -> None:
        await conn.execute(text("UPDATE visit SET modality = 'in_person' WHERE id = :id"), {"id": visit})

    world.complaint(changing)
    world.complaint(changing, owner=True)


# In person means seen by somebody else too


def admitted_alone_without_check_in(world: World) -> Iterator[None]:
    """The prescriber books a visit in person, admits it alone and signs."""
    visit = scenes.alone(world)
    yield
    verbs.start(world, "drew", "ada", visit, verbs.FORMS["alprazolam"])


def unconfirmed_check_in(world: World) -> Iterator[None]:
    """The front desk has stated it, the patient has confirmed nothing."""
    visit = scenes.alone(world)
    verbs.state(world, "ada", visit)
    yield
    verbs.start(world, "drew", "ada", visit, verbs.FORMS["alprazolam"])


def expired_check_in(world: World) -> Iterator[None]:
    """The check-in of a visit whose booked end was hours ago."""
    visit = scenes.old(world, scenes.booked(world, Modality.IN_PERSON), hours=3)
    scenes.past_check_in(world, visit)
    verbs.admit(world, "drew", "ada", visit)
    yield
    verbs.start(world, "drew", "ada", visit, verbs.FORMS["alprazolam"])


def joined_then_prescribed(world: World) -> Iterator[None]:
    """The prescriber, checked in with Ada, is in a call with Marcus."""
    visit = scenes.met(world)
    verbs.join(world, "drew", scenes.video(world, patient="marcus"))
    yield
    verbs.start(world, "drew", "ada", visit, verbs.FORMS["alprazolam"])


def taken_over_keeps_check_in(world: World) -> Iterator[None]:
    """A colleague takes the visit over; the first prescriber takes it back and uses the check-in of before."""
    visit = scenes.met(world)
    verbs.take_over(world, "ruth", "ada", visit)
    verbs.take_over(world, "drew", "ada", visit)
    yield
    verbs.start(world, "drew", "ada", visit, verbs.FORMS["alprazolam"])


def colleague_uses_check_in(world: World) -> Iterator[None]:
    """A colleague takes the visit over and uses the check-in that was made for the other."""
    visit = scenes.met(world)
    verbs.take_over(world, "ruth", "ada", visit)
    yield
    verbs.start(world, "ruth", "ada", visit, verbs.FORMS["alprazolam"])


def colleague_signs_without_attending(world: World) -> Iterator[None]:
    """A prescriber of the patient signs inside a colleague's visit."""
    visit = scenes.met(world)
    yield
    verbs.start(world, "ruth", "ada", visit, verbs.FORMS["sertraline"])


def call_opened_in_person(world: World) -> Iterator[None]:
    """The call of a visit in person, by its socket and by the row that a call leaves."""
    visit = scenes.alone(world)
    yield
    verbs.open_call(world, "drew", visit)
    verbs.join(world, "drew", visit)


# Two people


def self_check_in_by_prescriber(world: World) -> Iterator[None]:
    """The prescriber states for themselves that they are there, by the use case and by SQL."""
    visit = scenes.alone(world)
    of = scenes.row(world, "visit", visit)
    yield
    verbs.state(world, "ada", visit, by="drew")

    async def stating(conn: AsyncConnection) -> None:
        until = {"valid_until": "2199-01-01T00:00:00Z"}
        await rows.check_in(conn, of, world.id("drew"), world.desks.site, world.id("drew"), **until)

    world.complaint(stating)
    verbs.start(world, "drew", "ada", visit, verbs.FORMS["alprazolam"])


def check_in_by_the_care_team(world: World) -> Iterator[None]:
    """Somebody states it who is not at the front desk."""
    visit = scenes.alone(world)
    of = scenes.row(world, "visit", visit)
    yield

    async def stating(conn: AsyncConnection) -> None:
        until = {"valid_until": "2199-01-01T00:00:00Z"}
        await rows.check_in(conn, of, world.id("drew"), world.desks.site, world.id("sofia"), **until)

    world.complaint(stating)
    verbs.start(world, "drew", "ada", visit, verbs.FORMS["alprazolam"])


def front_desk_beside_prescriber(world: World) -> Iterator[None]:
    """The prescriber becomes front desk, and the front desk a supervisor."""
    yield
    verbs.grant(world, "drew", Role.FRONT_DESK)
    verbs.grant(world, "noa", Role.SUPERVISOR)
    values = {"person_id": world.id("drew"), "role": "front_desk", "granted_at": datetime.now(UTC)}
    world.complaint(lambda conn: rows.write(conn, "role_grant", values))


# Words and supply


def name_in_indication(world: World) -> Iterator[None]:
    """By video, with the controlled one written into what another medicine is for."""
    visit = scenes.video(world)
    yield
    hidden = {**verbs.FORMS["hydroxyzine"], "indication": "sleep; alprazolam 1 mg at bedtime #60"}
    verbs.start(world, "drew", "ada", visit, hidden)


def refills_on_schedule_two(world: World) -> Iterator[None]:
    """Everything is as it should be, but for one refill of a schedule II substance."""
    visit = scenes.met(world)
    yield
    verbs.start(world, "drew", "ada", visit, {**verbs.FORMS["lisdexamfetamine"], "refills": "1"})


CONFIRMED = of_both("fk_{}_confirmation")
CHECKED_IN = of_both("fk_{}_check_in")
ATTENDED = of_both("fk_{}_attendance")
SEEN = of_both("ck_{}_seen")
APART = trigger("role_grant", "front_desk_apart")
FREE = trigger("visit", "visit_guard", "visit_arrived_guard")
COLUMN = Mend(("GRANT UPDATE (modality) ON visit TO titrate_app",))
INDEX = Mend(("DROP INDEX uq_visit_in_progress",))
STATED = trigger("check_in", "check_in_recorded")
SECOND = constraint("check_in", "ck_check_in_second_person")
JOINED = trigger("call_join", "call_join_recorded")
REFILLS = constraint("prescription", "ck_prescription_refills")
HOLDS, ATTENDS, CALLS = POLICY["holds"], POLICY["attends"], POLICY["calls"]

ATTACKS = (
    Attack(
        second_visit_at_once,
        ("Another visit is in progress", "uq_visit_in_progress"),
        (POLICY["one visit"], INDEX),
        "two_visits_at_once",
    ),
    Attack(
        modality_changed_after_arrival,
        ("permission denied", "fixed once the patient has arrived"),
        (FREE, COLUMN),
        "modality_changed",
    ),
    Attack(
        admitted_alone_without_check_in,
        ("the front desk has not checked the patient in",),
        (HOLDS, SEEN),
        "without_check_in",
    ),
    Attack(unconfirmed_check_in, ("confirm",), (HOLDS, GROUNDED, CONFIRMED), "check_in_unconfirmed"),
    Attack(expired_check_in, ("check-in",), (HOLDS, GROUNDED), "check_in_expired"),
    Attack(joined_then_prescribed, ("joined a call",), (HOLDS, GROUNDED), "joined_a_call"),
    Attack(taken_over_keeps_check_in, ("a prescriber other than",), (HOLDS, GROUNDED), "taken_over"),
    Attack(colleague_uses_check_in, ("a prescriber other than",), (HOLDS, GROUNDED, CHECKED_IN), "check_in_of_another"),
    Attack(colleague_signs_without_attending, ("by you in this visit",), (ATTENDS, ATTENDED), "not_attending"),
    Attack(
        call_opened_in_person,
        ("handshake 403", "a visit in person has no call"),
        (CALLS, JOINED),
        "call_in_person",
    ),
    Attack(
        self_check_in_by_prescriber,
        ("second person", "only the front desk checks a patient in", "the front desk has not checked"),
        (STATED, SECOND),
        "no_second_person",
    ),
    Attack(
        check_in_by_the_care_team,
        ("only the front desk checks a patient in", "the front desk has not checked"),
        (STATED,),
        "no_second_person",
    ),
    Attack(
        front_desk_beside_prescriber,
        ("Front desk excludes prescriber", "nobody holds front desk beside"),
        (POLICY["roles"], APART),
        "front_desk_beside",
    ),
    Attack(name_in_indication, ("indication names alprazolam",), (POLICY["words"],), "name_in_words"),
    Attack(refills_on_schedule_two, ("refill",), (POLICY["supply"], REFILLS), "too_many_refills"),
)
