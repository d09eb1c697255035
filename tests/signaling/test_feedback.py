"""Transport-wide feedback: what is written says exactly what arrived, within its resolution."""

from hypothesis import given
from hypothesis import strategies as st

from signaling.sfu import rtcp
from signaling.sfu import transport_cc as feedback

GAPS = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 60_000)), min_size=1, max_size=120)


def read(packets: list[bytes]) -> list[tuple[int, int | None]]:
    found = []
    for packet in packets:
        for item in rtcp.parse(packet):
            assert isinstance(item, rtcp.TransportFeedback)
            found += feedback.parse(item.body)
    return found


@given(st.integers(0, 0xFFFF), GAPS)
def test_what_is_written_is_what_arrived(first: int, gaps: list[tuple[int, int]]) -> None:
    arrivals = feedback.Arrivals(sender=1)
    number, time, arrived = first, 1_000_000, {}
    for step, wait in gaps:
        arrivals.add(number & 0xFFFF, time)
        arrived[number & 0xFFFF] = time
        number, time = number + step, time + wait
    said = read(arrivals.feedback(media_ssrc=9))
    got = {n: t for n, t in said if t is not None}
    assert set(got) == set(arrived)
    assert {n for n, t in said if t is None}.isdisjoint(arrived)
    assert all(abs(got[n] - arrived[n]) <= feedback.TICK_US for n in got)


def test_the_next_report_continues_and_marks_the_gap_between() -> None:
    arrivals = feedback.Arrivals(sender=1)
    arrivals.add(10, 1_000)
    assert [n for n, _ in read(arrivals.feedback(9))] == [10]
    arrivals.add(13, 21_000)
    said = read(arrivals.feedback(9))
    assert [(n, t is not None) for n, t in said] == [(11, False), (12, False), (13, True)]
    assert arrivals.feedback(9) == []


def test_numbers_wrap() -> None:
    arrivals = feedback.Arrivals(sender=1)
    for number in (65_534, 65_535, 0, 2):
        arrivals.add(number, 5_000)
    said = read(arrivals.feedback(9))
    assert [(n, t is not None) for n, t in said] == [(65_534, True), (65_535, True), (0, True), (1, False), (2, True)]


def test_a_late_packet_is_reported_after_all() -> None:
    arrivals = feedback.Arrivals(sender=1)
    for number in (1, 3):
        arrivals.add(number, 1_000 * number)
    arrivals.feedback(9)
    arrivals.add(2, 9_000)
    assert (2, True) in [(n, t is not None) for n, t in read(arrivals.feedback(9))]


def test_a_jump_of_the_numbering_does_not_write_thousands_of_losses() -> None:
    arrivals = feedback.Arrivals(sender=1)
    arrivals.add(1, 1_000)
    arrivals.feedback(9)
    arrivals.add(20_000, 2_000)
    assert len(read(arrivals.feedback(9))) <= 4 * feedback.MAX_STATUS + 1


@given(st.binary(max_size=200))
def test_any_body_is_read_without_harm(body: bytes) -> None:
    feedback.parse(body)
