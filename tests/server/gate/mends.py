"""How a mend is taken out: in the database as its owner, in the code by putting another function in its place.

An attack names everything that stands in its way. Where policy and database both do, both are taken out: the first
would keep the second from being tried.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.prescribing import deciding as policy
from compliance.shared.vocabulary import CheckInState, Role
from emr.prescribing import use_cases as prescribing
from emr.prescribing.ground import Ground
from emr.shared.ids import PersonId
from emr.visits import repository as visit_records
from emr.visits import use_cases as visiting
from emr.visits.model import Visit
from server.application.prescribe.encounter import EncounterSetting
from server.auth import accounts
from tests.server.gate.world import World

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Mend:
    """What keeps a door shut. `statements` open it in the database, `patch` in the code of the served process."""

    statements: tuple[str, ...] = ()
    patch: Patch | None = None


@contextmanager
def taken_out(world: World, mends: Sequence[Mend]) -> Iterator[None]:
    """Without the mends until the end; then they stand again for whatever is written from then on."""
    statements = [statement for mend in mends for statement in mend.statements]
    back = [_undo(world, statement) for statement in statements]
    world.alter(*statements)
    with pytest.MonkeyPatch.context() as patching:
        for mend in mends:
            if mend.patch is not None:
                mend.patch(patching)
        yield
    world.leave()
    world.alter(*reversed(back))


def _undo(world: World, statement: str) -> str:
    """The statement that undoes one of those below. What was written meanwhile is not asked to keep the rule."""
    words = statement.split()
    what, name = " ".join(words[3:5]), words[-1]
    if what == "DISABLE TRIGGER":
        return f"ALTER TABLE {words[2]} ENABLE ALWAYS TRIGGER {name}"
    if what == "DROP CONSTRAINT":
        definition = world.ask("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name", name=name)
        kept = definition.removesuffix(" NOT VALID")
        if not kept.startswith("UNIQUE"):
            return f"ALTER TABLE {words[2]} ADD CONSTRAINT {name} {kept} NOT VALID"
        now = world.ask("SELECT clock_timestamp()::text")
        columns = kept.removeprefix("UNIQUE ")
        return f"CREATE UNIQUE INDEX {name} ON {words[2]} {columns} WHERE recorded_at > '{now}'"
    if statement.startswith("GRANT"):
        return statement.replace("GRANT", "REVOKE").replace(" TO ", " FROM ")
    if statement.startswith("CREATE OR REPLACE FUNCTION"):
        return str(world.ask("SELECT pg_get_functiondef(CAST(:name AS regproc))", name=words[4].partition("(")[0]))
    assert statement.startswith("DROP INDEX"), statement
    return str(world.ask("SELECT indexdef FROM pg_indexes WHERE indexname = :name", name=name))


def trigger(table: str, *names: str) -> Mend:
    return Mend(tuple(f"ALTER TABLE {table} DISABLE TRIGGER {name}" for name in names))


def constraint(table: str, *names: str) -> Mend:
    return Mend(tuple(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for name in names))


def of_both(kind: str) -> Mend:
    """The constraint of that kind on decision and on prescription."""
    tables = ("prescription", "decision")
    return Mend(tuple(f"ALTER TABLE {table} DROP CONSTRAINT {kind.format(table)}" for table in tables))


def empty(function: str) -> Mend:
    """A function that is asked for what it does to the transaction, and does nothing any more."""
    return Mend((f"CREATE OR REPLACE FUNCTION {function} RETURNS void LANGUAGE sql AS ''",))


def code(patch: Patch) -> Mend:
    return Mend(patch=patch)


GROUNDED = Mend(
    (*trigger("decision", "decision_grounded").statements, *trigger("prescription", "prescription_grounded").statements)
)


def _holds(patching: pytest.MonkeyPatch) -> None:
    patching.setattr(EncounterSetting, "check_in_state", property(lambda self: CheckInState.HOLDS))


def _attends(patching: pytest.MonkeyPatch) -> None:
    """Whoever asks is taken for who attends, by the policy and by the use case."""

    meeting = prescribing.meeting

    def anybody(ground: Ground, actor: PersonId) -> prescribing.SigningEncounter:
        assert ground.attendance is not None
        return meeting(ground, ground.attendance.prescriber)

    patching.setattr(EncounterSetting, "attended_by", lambda self, person: True)
    patching.setattr(prescribing, "meeting", anybody)


def _not_alone(patching: pytest.MonkeyPatch) -> None:
    """Nobody asks whether the patient is in another visit."""

    async def none(conn: AsyncConnection, patient: Any) -> None:
        return None

    async def alone(context: Any, visit: Any) -> None:
        return None

    patching.setattr(visit_records, "in_progress_of", none)
    patching.setattr(visiting, "_alone", alone)


def _words_unread(patching: pytest.MonkeyPatch) -> None:
    patching.setattr(policy, "TEXTS", dict[str, str]())


def _supply_unread(patching: pytest.MonkeyPatch) -> None:
    patching.setattr(
        policy, "_exceeds", lambda when, request: when.refills_above is None and when.refill_days_above is None
    )


def _calls_everywhere(patching: pytest.MonkeyPatch) -> None:
    patching.setattr(Visit, "remote", property(lambda self: True))


def _roles_together(patching: pytest.MonkeyPatch) -> None:
    patching.setattr(accounts, "APART_FROM_DESK", frozenset[Role]())


POLICY: Mapping[str, Mend] = {
    "holds": code(_holds),
    "attends": code(_attends),
    "one visit": code(_not_alone),
    "words": code(_words_unread),
    "supply": code(_supply_unread),
    "calls": code(_calls_everywhere),
    "roles": code(_roles_together),
}
