"""Durable engines that are started again when they die, each in the same place, as a service manager does it."""

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from server.platform.engines.embedded import Embedded, Secrets
from server.platform.engines.places import EngineError, engine_user, postgres_data, socket_folder, valkey_program
from server.platform.engines.postgres import Postgres, start_postgres, stop_process
from server.platform.engines.valkey import Valkey

AGAIN_S = 0.2
READY_WITHIN_S = 20.0


@dataclass(slots=True)
class Engines:
    """PostgreSQL that waits for the disk, and Valkey that appends what it is told to a file every second."""

    folder: Path
    sockets: Path
    known: Secrets
    postgres: Postgres
    valkey: subprocess.Popen[bytes]
    asked_again: float = 0.0

    @property
    def as_embedded(self) -> Embedded:
        """Their addresses, by the names of the embedded ones."""
        return Embedded(self.postgres, Valkey(self.valkey, self.sockets / "valkey.sock"), self.known)

    def look(self) -> None:
        """Start again what has died. PostgreSQL refuses while processes of the dead one are left: tried again then."""
        if self.valkey.poll() is not None:
            self.valkey = _start_valkey(self.folder, self.sockets)
        if self.postgres.process.poll() is not None and time.monotonic() > self.asked_again:
            self.asked_again = time.monotonic() + AGAIN_S
            try:
                self.postgres = _start_postgres(self.folder, self.sockets, self.known)
            except EngineError:
                return

    def stop(self) -> None:
        """End both."""
        self.postgres.stop()
        stop_process(self.valkey, signal.SIGTERM, 10.0)


def start(folder: Path) -> Engines:
    """Make both in a folder of their own."""
    known = Secrets(**{name: f"chaos-{name}" for name in Secrets.__slots__})
    sockets = socket_folder(folder, engine_user())
    valkey = _start_valkey(folder, sockets)
    return Engines(folder, sockets, known, _start_postgres(folder, sockets, known), valkey)


def _start_postgres(folder: Path, sockets: Path, known: Secrets) -> Postgres:
    user = engine_user()
    return start_postgres(postgres_data(folder, user), sockets, known.superuser_password, user, durable=True)


def _start_valkey(folder: Path, sockets: Path) -> subprocess.Popen[bytes]:
    path = sockets / "valkey.sock"
    kept = folder / "valkey"
    kept.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    arguments = ["--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "yes", "--dir", str(kept)]
    process = subprocess.Popen(
        [str(valkey_program()), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + READY_WITHIN_S
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise EngineError("Valkey did not start.")
        time.sleep(0.02)
    return process
