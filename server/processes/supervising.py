"""Child processes that are started again when they die: what a service manager does in production, for one program.

A dead child is started again at once; one that dies again and again waits longer each time, and after GIVE_UP deaths
in a row (none of its runs lasted STEADY_S) the supervisor gives up and says so.
"""

import logging
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from server.platform.engines.postgres import stop_process

log = logging.getLogger(__name__)

STEADY_S = 10.0
GIVE_UP = 6
LONGEST_WAIT_S = 8.0
STOP_S = 10.0


class GaveUp(Exception):
    """A child died too often. The message names it."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments and its whole environment."""

    arguments: Sequence[str]
    environment: Mapping[str, str]


@dataclass(slots=True)
class Child:
    """A child and how it has fared. `due`: when it is to be started again, by `monotonic`; None while it runs."""

    command: Command
    process: subprocess.Popen[bytes]
    started: float
    deaths: int = 0
    due: float | None = None


@dataclass(slots=True)
class Supervisor:
    """Call `look` several times a second; `stop` ends the children in reverse order of their start.

    Each has a session of its own, so that Ctrl-C reaches only us, and its standard input ends when we do.
    """

    children: dict[str, Child] = field(default_factory=dict)

    def start(self, name: str, command: Command) -> None:
        """Start a child under a name of its own."""
        self.children[name] = Child(command, _run(command), monotonic())

    def dead(self) -> tuple[str, int] | None:
        """A child that has ended, and its status: for the time before everything is up, when nothing is restarted."""
        for name, child in self.children.items():
            status = child.process.poll()
            if status is not None:
                return name, status
        return None

    def look(self) -> None:
        """Start again what has died. Raises `GaveUp`."""
        now = monotonic()
        for name, child in self.children.items():
            if child.due is None and child.process.poll() is not None:
                self._died(name, child, now)
            if child.due is not None and child.due <= now:
                _forget(child.process)
                child.process, child.started, child.due = _run(child.command), now, None

    def stop(self) -> None:
        """End them all, those that do not obey by force."""
        for child in reversed(self.children.values()):
            stop_process(child.process, signal.SIGTERM, STOP_S)
            _forget(child.process)

    def _died(self, name: str, child: Child, now: float) -> None:
        child.deaths = 1 if now - child.started > STEADY_S else child.deaths + 1
        status = child.process.returncode
        if child.deaths >= GIVE_UP:
            raise GaveUp(f"The {name} process ended {child.deaths} times (status {status}); what it said is above.")
        wait_s = 0.0 if child.deaths == 1 else min(LONGEST_WAIT_S, 0.5 * 2 ** (child.deaths - 2))
        log.warning("the %s process ended by itself (status %s); it is started again in %.1f s", name, status, wait_s)
        child.due = now + wait_s


def _run(command: Command) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(command.arguments), env=dict(command.environment), stdin=subprocess.PIPE, start_new_session=True
    )


def _forget(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
