"""The program, read once and forked for each command: ``python -m tests.server.preloaded SOCKET``.

A command of the tests is a process with an environment, arguments and an exit status of its own, as that of a person
is; what it is spared is to import the program and to read the reference files, which cost more than most commands do.
It ends with its standard input, so with whoever started it.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
from contextlib import closing
from importlib import import_module

from server import cli
from server.application import references

# What the commands import when they run.
LATER = (
    "alembic.command",
    "server.http.app",
    "server.operations.audit",
    "server.demo.history",
    "server.demo.run",
    "server.audit.epochs",
    "server.processes.jobs",
    "server.audit.health.command",
    "server.processes.media",
    "server.operations.people",
    "server.processes.run",
    "server.operations.purge",
    "server.operations.replay",
    "server.operations.sites",
    "sqlalchemy.dialects.postgresql.asyncpg",
)
MOST_BYTES = 1 << 16


def main(path: str) -> None:
    """Answer each connection in a process of its own until standard input ends."""
    for name in LATER:
        import_module(name)
    references.load()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen(64)
        while True:
            ready, _, _ = select.select([door, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            line, _ = door.accept()
            if os.fork() == 0:
                door.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                with closing(line):
                    _answer(line)
                os._exit(0)
            line.close()


def _answer(line: socket.socket) -> None:
    """Fork the command, tell its number, and when it has ended how it did."""
    told, files, _, _ = socket.recv_fds(line, MOST_BYTES, 3)
    asked = json.loads(told)
    number = os.fork()
    if number == 0:
        line.close()
        _become(asked["arguments"], asked["environment"], files)
    for file in files:
        os.close(file)
    line.sendall(f"{number}\n".encode())
    _, status = os.waitpid(number, 0)
    line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(arguments: list[str], environment: dict[str, str], files: list[int]) -> None:
    """The command itself: it never returns."""
    os.setsid()
    for wanted, file in enumerate(files):
        os.dup2(file, wanted)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv, status = ["titrate", *arguments], 0
    try:
        cli.main(arguments)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # taking a whole program's memory apart would take longer than the command


if __name__ == "__main__":
    main(sys.argv[1])
