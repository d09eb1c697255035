"""Honest clocks agree with themselves, whatever they show; times that cannot be do not."""

from hypothesis import given
from hypothesis import strategies as st

from signaling.sfu.plausible import AFRESH_US, SLACK_US, Clock

START = 50_000_000
PACKETS = st.lists(st.tuples(st.integers(0, 400_000), st.integers(0, 400_000)), min_size=1, max_size=40)


@given(st.integers(-(1 << 40), 1 << 40), PACKETS)
def test_an_honest_clock_agrees_however_it_is_set_and_however_slow_the_line(
    offset: int, packets: list[tuple[int, int]]
) -> None:
    clock, sent = Clock(START), START
    for there, back in packets:
        sent += 100_000
        assert clock.agrees([(sent, sent + there + offset)], sent + there + back)


@given(st.integers(-(1 << 40), 1 << 40), st.integers(SLACK_US + 1, 1 << 30))
def test_what_would_have_arrived_before_it_was_sent_or_after_it_was_told_does_not(offset: int, wrong_us: int) -> None:
    clock, way = Clock(START), 20_000
    assert clock.agrees([(START, START + way + offset)], START + 2 * way)
    sent = START + 100_000
    told = sent + 2 * way
    assert not clock.agrees([(sent, sent - way - wrong_us + offset)], told)
    assert not clock.agrees([(sent, told + way + wrong_us + offset)], told)
    assert not clock.agrees([(sent, sent + way + offset), (sent, sent - way - wrong_us + offset)], told)


def test_a_clock_that_was_set_is_believed_again_after_a_while() -> None:
    clock, jump = Clock(START), -(1 << 40)
    assert clock.agrees([(START, START + 1)], START + 2)
    assert not clock.agrees([(START, START + jump)], START + AFRESH_US)
    later = START + AFRESH_US + 10
    assert clock.agrees([(later, later + jump)], later + 2)
    assert not clock.agrees([(later, later)], later + 2)
