"""Whose line sets a picture that several are shown."""

from collections.abc import AsyncIterator

import pytest

from signaling.sfu.bandwidth import CEILING_BPS, FLOOR_BPS
from signaling.sfu.peer import Peer
from signaling.sfu.sharing import SHARED_BPS, VIDEO_FLOOR_BPS, agreed, cap
from tests.signaling.browsers import Street, street
from tests.signaling.test_control import show


@pytest.fixture
async def here() -> AsyncIterator[Street]:
    with street() as opened:
        yield opened


def claims(peer: Peer, bps: int) -> None:
    peer.downlink.limited, peer.downlink.estimate = True, bps


@pytest.mark.parametrize(
    ("said", "agreed_bps"),
    [
        ([], CEILING_BPS),
        ([70_000], 70_000),
        ([400_000, 900_000, CEILING_BPS], 400_000),
        ([70_000, CEILING_BPS, CEILING_BPS], SHARED_BPS),
        ([CEILING_BPS, 70_000], SHARED_BPS),
        ([70_000, 120_000, CEILING_BPS], 120_000),
        ([70_000, 70_000], 70_000),
    ],
)
def test_the_weakest_line_sets_the_picture_but_one_alone_not_below_what_suits_the_others(
    said: list[int], agreed_bps: int
) -> None:
    assert agreed(said) == agreed_bps


async def test_in_a_call_of_two_ones_own_line_rules_down_to_the_floor(here: Street) -> None:
    publisher, stream = here.peer(), here.peer()
    show(publisher, stream)
    assert cap(publisher.takers()) == CEILING_BPS
    claims(stream, 200_000)
    assert cap(publisher.takers()) == 150_000
    claims(stream, FLOOR_BPS)
    assert cap(publisher.takers()) == VIDEO_FLOOR_BPS


async def test_one_that_claims_far_less_than_the_others_is_shown_less_itself(here: Street) -> None:
    publisher, forger, other, third = (here.peer() for _ in range(4))
    show(publisher, forger, other, third)
    claims(forger, FLOOR_BPS)
    assert cap(publisher.takers()) == SHARED_BPS
    claims(other, 400_000)
    assert cap(publisher.takers()) == SHARED_BPS
    claims(forger, 500_000)
    assert cap(publisher.takers()) == 350_000
