"""No way to a controlled substance around the gate: a machine looks for doors, and each that was known stays shut.

The machine takes few short walks here, the same each time. To let it look for longer, at random, name the number of
walks: `TITRATE_GATE_WALKS=500 make test ARGS=tests/server/gate`. It then shrinks what it finds to the fewest steps.

That the test can fail is part of it: each attack is tried once more with everything out that stands in its way, and
must then be found in the database.
"""

import os
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.server.gate.attacks import ATTACKS, Attack
from tests.server.gate.forgeries import FORGERIES
from tests.server.gate.machine_sql import ByHand
from tests.server.gate.mends import Mend, taken_out
from tests.server.gate.moments import MOMENTS
from tests.server.gate.world import World

WALKS = int(os.environ.get("TITRATE_GATE_WALKS", "0"))
SHORT = settings(max_examples=10, derandomize=True, phases=(Phase.generate,))
LONG = settings(max_examples=max(WALKS, 1), phases=(Phase.generate, Phase.shrink), print_blob=True)
DOORS = (*ATTACKS, *FORGERIES, *MOMENTS)


def tried(world: World, attack: Attack, without: Sequence[Mend] = ()) -> tuple[bool, str]:
    """Whether the attack left anything behind, with those mends taken out, and all that was answered to it."""
    world.new_patients()
    steps = attack.script(world)
    next(steps)
    assert world.judged() == ()
    before = world.rows()
    world.told.clear()
    with taken_out(world, without):
        next(steps, None)
        found = {finding.what for finding in world.judged()}
        left = bool(found or world.calls_opened or (world.rows() != before and not attack.meanwhile))
    return attack.finds in found if without else left, "\n".join(world.told)


@pytest.mark.timeout(900 if not WALKS else 60 * WALKS)
def test_no_walk_through_the_clinic_gets_a_controlled_substance_past_the_gate(world: World) -> None:
    ByHand.world = world
    ByHand.reached.clear()
    how = settings(LONG if WALKS else SHORT, stateful_step_count=25, deadline=None, database=None)
    run_state_machine_as_test(ByHand, settings=settings(how, suppress_health_check=list(HealthCheck)))
    reached = " ".join(sorted(ByHand.reached))
    for what in ("signed sertraline", "signed alprazolam", "by hand"):
        assert what in reached, f"the walks never came as far as this: {what} ({reached})"


@pytest.mark.parametrize("attack", DOORS, ids=[attack.name for attack in DOORS])
def test_a_known_door_is_shut_and_nothing_is_left_behind(world: World, attack: Attack) -> None:
    left, told = tried(world, attack)
    assert not left
    for words in attack.says:
        assert words in told


@pytest.mark.parametrize("attack", DOORS, ids=[attack.name for attack in DOORS])
def test_with_its_mend_taken_out_the_door_is_found(unmended: World, attack: Attack) -> None:
    found, told = tried(unmended, attack, attack.mends)
    assert found, told[-3000:]
