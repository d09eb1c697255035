"""Each door to a controlled substance that was known stays shut.

That the test can fail is part of it: each attack is tried once more with everything out that stands in its way, and
must then be found in the database.
"""

from collections.abc import Sequence

import pytest

from tests.server.gate.attacks import ATTACKS, Attack
from tests.server.gate.forgeries import FORGERIES
from tests.server.gate.mends import Mend, taken_out
from tests.server.gate.world import World

DOORS = (*ATTACKS, *FORGERIES)


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
        left = world.rows() != before or bool(world.calls_opened)
    assert bool(found) <= left
    return attack.finds in found if without else left, "\n".join(world.told)


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
