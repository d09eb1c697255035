"""Children that die are started again, and one that cannot live is given up with its name."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from server.processes import supervising
from server.processes.supervising import Command, GaveUp, Supervisor

LIVES = Command([sys.executable, "-c", "import sys; sys.stdin.read()"], dict(os.environ))
DIES = Command([sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ))


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor()
    yield made
    made.stop()


def looking(supervisor: Supervisor, until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not until():
        assert time.monotonic() < deadline
        supervisor.look()
        time.sleep(0.01)


def test_a_killed_child_is_started_again_at_once(supervisor: Supervisor) -> None:
    supervisor.start("one", LIVES)
    first = supervisor.children["one"].process
    os.kill(first.pid, signal.SIGKILL)
    looking(supervisor, lambda: supervisor.children["one"].process is not first)
    assert supervisor.dead() is None


def test_one_that_dies_again_and_again_is_given_up_by_name(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "LONGEST_WAIT_S", 0.01)
    supervisor.start("two", DIES)
    with pytest.raises(GaveUp, match=r"The two process ended 6 times \(status 3\)"):
        looking(supervisor, lambda: False)


def test_stopping_leaves_nobody(supervisor: Supervisor) -> None:
    supervisor.start("one", LIVES)
    process = supervisor.children["one"].process
    supervisor.stop()
    assert process.poll() is not None
