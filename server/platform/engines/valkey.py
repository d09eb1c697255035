"""One embedded Valkey 9 (the Redis protocol), on a Unix socket."""

import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from server.platform.engines.places import EngineError, valkey_program
from server.platform.engines.postgres import stop_process

START_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Valkey:
    """A running server and its socket."""

    process: subprocess.Popen[bytes]
    path: Path

    def url(self, database: int = 0) -> str:
        """The address for redis-py."""
        return f"unix://{self.path}?db={database}"

    def stop(self) -> None:
        """End it. What it keeps is in its append-only file already, if it has one."""
        stop_process(self.process, signal.SIGTERM, 10.0)
        self.path.unlink(missing_ok=True)


def start_valkey(sockets: Path, files: Path | None = None, *, databases: int = 16) -> Valkey:
    """Start a server on ``sockets/valkey.sock``; a leftover socket of a killed program is replaced.

    With ``files``, a folder, an append-only file there keeps people signed in and calls together when it is killed;
    the machine's own end may cost the last second.
    """
    path = sockets / "valkey.sock"
    _end_leftover(path)
    arguments = [str(valkey_program()), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
    arguments += ["--save", "", "--databases", str(databases), "--daemonize", "no"]
    if files is None:
        arguments += ["--appendonly", "no", "--dir", "/"]
    else:
        files.mkdir(mode=0o700, exist_ok=True)
        arguments += ["--appendonly", "yes", "--appendfsync", "everysec", "--dir", str(files)]
    process = subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(path):
        if process.poll() is not None:
            raise EngineError("Valkey ended at once: is there room and permission in the folder for temporary files?")
        if time.monotonic() > deadline:
            process.kill()
            raise EngineError(f"Valkey did not answer within {START_TIMEOUT_S:.0f} s")
        time.sleep(0.02)
    return Valkey(process, path)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(1.0)
        try:
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _end_leftover(path: Path) -> None:
    """Ask a server that a killed program left on this socket to end. The caller holds the data folder's lock."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(2.0)
        try:
            line.connect(str(path))
            line.sendall(b"SHUTDOWN NOSAVE\r\n")
            line.recv(16)
        except OSError:
            pass
    path.unlink(missing_ok=True)
