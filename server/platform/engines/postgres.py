"""One embedded PostgreSQL 18: made once, started, stopped cleanly."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from server.platform.engines.places import EngineError, EngineUser, postgres_programs

START_TIMEOUT_S = 60.0  # crash recovery of a small cluster on a busy laptop; a normal start takes about one second
STOP_TIMEOUT_S = 20.0

# A laptop's database: little memory, durable all the same (a demo's log must survive a power cut like any other).
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "unix_socket_permissions": "0700",
    "log_statement": "none",
    "log_min_error_statement": "panic",  # a failing statement's text could hold patient data
    "log_error_verbosity": "terse",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server. ``sockets`` is the folder of its Unix socket."""

    process: subprocess.Popen[bytes]
    sockets: Path

    def url(self, login: str, password: str, database: str) -> str:
        """An asyncpg address for SQLAlchemy."""
        return f"postgresql+asyncpg://{login}:{password}@/{database}?host={self.sockets}"

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, data is written, nothing is lost."""
        stop_process(self.process, signal.SIGINT, STOP_TIMEOUT_S)


def start_postgres(folder: Path, sockets: Path, password: str, user: EngineUser, *, durable: bool) -> Postgres:
    """Start the server whose files are in ``folder``, making it at first with ``password`` for its superuser.

    ``durable=False`` is for tests alone: a crash may lose what they wrote.
    """
    programs = postgres_programs(user)
    if not (folder / "PG_VERSION").exists():
        _make(programs, folder, sockets, password, user)
    _end_leftover(folder)
    settings = SETTINGS if durable else {**SETTINGS, "fsync": "off", "synchronous_commit": "off"}
    log = folder / "server.log"
    arguments = [str(programs / "postgres"), "-D", str(folder), "-k", str(sockets)]
    for name, value in settings.items():
        arguments += ["-c", f"{name}={value}"]
    with log.open("ab") as output:
        user.give(log)
        process = _run(arguments, output.fileno(), user)
    server = Postgres(process, sockets)
    _wait_until_ready(server, programs, log)
    return server


def _make(programs: Path, folder: Path, sockets: Path, password: str, user: EngineUser) -> None:
    if folder.exists():  # an interrupted first start left it half made
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    user.give(folder)
    secret = sockets / "superuser-password"
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    user.give(secret)
    arguments = [str(programs / "initdb"), "-D", str(folder), "-U", "postgres", "--auth=scram-sha-256"]
    arguments += [
        f"--pwfile={secret}",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
        "--no-sync",
    ]
    try:
        made = subprocess.run(
            arguments,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            user=user.uid,
            group=user.gid,
            cwd=sockets,
        )
    finally:
        secret.unlink()
    if made.returncode != 0:
        shutil.rmtree(folder)
        raise EngineError(f"PostgreSQL could not be set up in {folder}: {made.stderr.strip()[-400:]}")


def _run(arguments: list[str], output: int, user: EngineUser) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        user=user.uid,
        group=user.gid,
        extra_groups=None if user.uid is None else [],
        cwd="/",
    )


def _wait_until_ready(server: Postgres, programs: Path, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    question = [str(programs / "pg_isready"), "-q", "-h", str(server.sockets)]
    while subprocess.run(question, check=False).returncode != 0:
        if server.process.poll() is not None:
            raise EngineError(f"PostgreSQL ended at once; its log is {log}")
        if time.monotonic() > deadline:
            server.stop()
            raise EngineError(f"PostgreSQL was not ready after {START_TIMEOUT_S:.0f} s; its log is {log}")
        time.sleep(0.05)


def _end_leftover(folder: Path) -> None:
    """End a server that an earlier, killed program left running on these files. The caller holds the folder's lock."""
    note = folder / "postmaster.pid"
    if not note.exists():
        return
    try:
        pid = int(note.read_text(encoding="ascii").split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline")
        if command.parent.parent.exists() and (
            not command.exists() or str(folder).encode() not in command.read_bytes()
        ):
            return  # the number belongs to another program by now: PostgreSQL itself will see that the file is stale
        os.kill(pid, signal.SIGINT)
    except (ValueError, ProcessLookupError, PermissionError):
        return
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while note.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def stop_process(process: subprocess.Popen[bytes], how: signal.Signals, timeout_s: float) -> None:
    """End a child by signal, by force when it does not obey within ``timeout_s``."""
    if process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
