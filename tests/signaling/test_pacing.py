"""Pictures that wait for a limited line: in order, at its rate, and not for ever."""

from signaling.sfu.pacer import FAR_TOO_LONG_S, GIVE_UP_AGAIN_US, HEADROOM, Pacing, QueuedPacket

RATE = 240_000
SIZE = 1_000
START = 10_000_000


class Stream:
    """A taker that writes down what it is told."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.given_up = 0

    def release(self, extended: int, now_us: int) -> None:
        self.sent.append(extended)

    def give_up(self, now_us: int) -> None:
        self.given_up += 1


def fill(pacing: Pacing, stream: Stream, count: int, now_us: int = START, first: int = 0) -> None:
    for number in range(first, first + count):
        pacing.hold(QueuedPacket(stream, number, SIZE), RATE, now_us)


def run(pacing: Pacing, seconds: float, now_us: int = START) -> None:
    for at_us in range(now_us, now_us + int(seconds * 1e6), 20_000):
        pacing.release(RATE, at_us)


def test_they_leave_in_order_at_the_rate_of_the_line() -> None:
    pacing, stream = Pacing(), Stream()
    fill(pacing, stream, 30)
    run(pacing, 0.5)
    due = RATE * HEADROOM * 0.5 / 8 / SIZE
    assert stream.sent == list(range(len(stream.sent)))
    assert due - 2 < len(stream.sent) < due + 4
    run(pacing, 2, START + 500_000)
    assert stream.sent == list(range(30))
    assert pacing.waiting == 0


def test_idle_time_is_not_saved_up() -> None:
    pacing, stream = Pacing(), Stream()
    pacing.release(RATE, START)
    fill(pacing, stream, 20, START + 60_000_000)
    pacing.release(RATE, START + 60_000_000)
    assert 1 <= len(stream.sent) <= 3


def test_what_was_resent_is_paid_for_by_what_waits() -> None:
    paying, other = Pacing(), Pacing()
    streams = Stream(), Stream()
    for pacing, stream in zip((paying, other), streams, strict=True):
        pacing.release(RATE, START)
        fill(pacing, stream, 20)
    paying.spent(5 * SIZE)
    for pacing in (paying, other):
        run(pacing, 0.4)
    assert len(streams[1].sent) - len(streams[0].sent) == 5


def test_a_backlog_of_more_than_a_second_is_given_up_as_a_whole() -> None:
    pacing, stream, second = Pacing(), Stream(), Stream()
    pacing.hold(QueuedPacket(second, 0, SIZE), RATE, START)
    fill(pacing, stream, 33)
    assert (stream.given_up, pacing.waiting) == (0, 34 * SIZE)
    fill(pacing, stream, 1)
    assert (stream.given_up, second.given_up, pacing.waiting) == (1, 1, 0)


def test_a_large_key_frame_is_let_through_after_that() -> None:
    pacing, stream = Pacing(), Stream()
    fill(pacing, stream, 40)
    assert stream.given_up == 1
    fill(pacing, stream, 60, START + 100_000)
    assert stream.given_up == 1
    fill(pacing, stream, int(FAR_TOO_LONG_S * RATE * HEADROOM / 8 / SIZE), START + 200_000)
    assert stream.given_up == 2, "but not without end"
    fill(pacing, stream, 40, START + 300_000 + GIVE_UP_AGAIN_US)
    assert stream.given_up == 3


def test_what_is_forgotten_is_not_sent() -> None:
    pacing, stream, second = Pacing(), Stream(), Stream()
    fill(pacing, stream, 3)
    fill(pacing, second, 3)
    pacing.forget(stream)
    run(pacing, 1)
    assert (stream.sent, second.sent) == ([], [0, 1, 2])
