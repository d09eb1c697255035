"""The three long-running processes: web, media, worker. Each ends cleanly on SIGTERM or Ctrl-C."""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop

from server.platform.settings import SettingError, Settings

if TYPE_CHECKING:  # it names routes: the media process needs no web framework
    from server.application.demo_parts import DemoParts

log = logging.getLogger("titrate.web")

# What is being answered is answered; beyond this it is cut off.
GRACEFUL_SHUTDOWN_S = 3
SOCKET_BACKLOG = 512
# Twice what the protocol takes, so that a message somewhat too large is answered in the protocol's own words (4413).
SOCKET_MESSAGE_BYTES = 131_072


class Server(uvicorn.Server):
    """uvicorn's, which would wait for streams that never end, cut them off, and print a traceback for each."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say once what ends, and end the live streams; browsers come back to the next process by themselves."""
        state = getattr(getattr(self.config.app, "state", None), "_state", {})
        if {"live", "gateway"} <= state.keys():
            streams, calls = state["live"].fan_out.streams, state["gateway"].sockets
            log.warning("ending: %d live pages and %d sockets of calls find another process", streams, calls)
            state["live"].fan_out.end()
        await super().shutdown(sockets)


def run_web(settings: Settings, *, demo: "DemoParts | None" = None) -> None:
    """Serve pages, sign-in and sockets until told to end."""
    from server.processes.resources import try_out

    _log_quietly()
    _end_with_parent()
    asyncio.run(try_out(settings, demo=demo is not None))
    from server.http.app import make_app

    config = uvicorn.Config(
        make_app(settings, demo=demo),
        log_config=None,
        access_log=False,  # an address can name a visit; what must be known about accesses is in the audit log
        server_header=False,
        proxy_headers=settings.behind_tls_proxy,
        forwarded_allow_ips=list(settings.proxy_addresses) or "127.0.0.1",
        ws="websockets-sansio",
        ws_max_size=SOCKET_MESSAGE_BYTES,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
        ssl_certfile=settings.tls_certificate or None,
        ssl_keyfile=settings.tls_key or None,
        lifespan="on",
    )
    server = Server(config)
    server.run(sockets=listen(settings.host, settings.port))
    if not server.started:
        sys.exit(1)


def run_media(settings: Settings) -> None:
    """Forward media until told to end."""
    from server.processes.media import serve_media

    _run(serve_media(settings))


def run_worker(settings: Settings, *, demo: "DemoParts | None" = None) -> None:
    """Seal the log and do what is due until told to end."""
    from server.processes.jobs import work

    _run(work(settings, demo=demo))


def _run(task: Coroutine[Any, Any, None]) -> None:
    """Run to the end, or until SIGTERM or Ctrl-C cancels it."""
    _log_quietly()
    _end_with_parent()

    async def until_told() -> None:
        loop = asyncio.get_running_loop()
        running = asyncio.ensure_future(task)
        for told in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(told, running.cancel)
        try:
            await running
        except asyncio.CancelledError:
            if not running.cancelled():
                raise

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_told())


def listen(host: str, port: int) -> list[socket.socket]:
    """The listening sockets: a loopback name means both 127.0.0.1 and ::1, since browsers try either first."""
    wanted = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")] if host == "localhost" else _resolve(host, port)
    opened: list[socket.socket] = []
    for family, address in wanted:
        line = socket.socket(family, socket.SOCK_STREAM)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            if family == socket.AF_INET6:
                line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            line.bind((address, port))
        except OSError as error:
            line.close()
            if family == socket.AF_INET6 and opened:  # a machine without IPv6
                continue
            for other in opened:
                other.close()
            raise SettingError(
                f"PORT {port} on {address} cannot be opened ({error.strerror}): choose another."
            ) from None
        line.listen(SOCKET_BACKLOG)
        opened.append(line)
    return opened


def _resolve(host: str, port: int) -> list[tuple[int, str]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise SettingError(f"HOST {host} is not an address of this machine: {error.strerror}.") from None
    return list(dict.fromkeys((int(family), str(address[0])) for family, _, _, _, address in found))


def _log_quietly() -> None:
    """Warnings and worse, one line each, to standard error. No access lines, no parameters."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def _end_with_parent() -> None:
    """A process that the demo started ends with it, even when the demo is killed: its standard input closes then."""
    if os.environ.get("TITRATE_CHILD") != "1":
        return

    def watch() -> None:
        while os.read(0, 1):  # not sys.stdin: its lock, held by a daemon thread, would break the interpreter's end
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
