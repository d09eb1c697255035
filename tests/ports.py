"""Ports for servers of tests that are told their number before they listen.

Out of a range that the system gives to nobody by itself, a part of it for each worker: a number that is free now stays
free until its server has it, though other tests run beside.
"""

import itertools
import os
import random
import socket

FIRST, EACH, WORKERS = 12_000, 1_250, 16  # the system's own begin at 32,768 (net.ipv4.ip_local_port_range)
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
_turns = itertools.count(random.randrange(EACH))  # another test run on this machine begins elsewhere


def free_port() -> int:
    """A port that is free for TCP and UDP on loopback."""
    for _ in range(EACH):
        port = FIRST + WORKER * EACH + next(_turns) % EACH
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free for a test")
