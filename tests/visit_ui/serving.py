"""A tiny server for the browser tests: samples as pages, static files, and answers that a test sets itself."""

import itertools
import mimetypes
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import visit_ui
from visit_ui import assets

STATIC = Path(visit_ui.__file__).parent / "static"
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """What the server says on one path."""

    body: str
    kind: str = HTML
    status: int = 200


@dataclass
class Site:
    """`answers`: by path, without the query; one of "/static/js/..." is given in the file's place.

    `asked`: "METHOD path token" of what was asked and is not static.
    """

    answers: dict[str, Answer]
    address: str
    number: int
    """Its pages carry it in a cookie: what a page of an earlier site still asks or sends is not this one's."""
    asked: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # a page is forty files: not a connection and a thread for each
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length:
            self.rfile.read(length)
        path = self.path.split("?")[0]
        site = self._site()
        if site is None:
            return self._send(404, "text/plain", b"")
        if path.startswith("/static/"):
            version, name = assets.split(path.removeprefix("/static/"))
            return self._static(site, name, kept=version is not None)
        site.asked.append(f"{self.command} {self.path} {self.headers.get('X-CSRF-Token') or '-'}")
        answer = site.answers.get(path, Answer("", status=404))
        opened = site.number if self._opens() else None
        return self._send(answer.status, answer.kind, answer.body.encode(), opened=opened)

    def _site(self) -> Site | None:
        """The site that is served now; None: there is none, or what is asked is asked by a page of an earlier one."""
        site = cast(_Server, self.server).site
        carried = re.search(r"\bsite=(\d+)", self.headers.get("Cookie") or "")
        stale = site is not None and carried is not None and int(carried[1]) != site.number
        return None if stale and not self._opens() else site

    def _opens(self) -> bool:
        """True when a window opens a page."""
        return self.command == "GET" and self.headers.get("Sec-Fetch-Mode") == "navigate"

    def _static(self, site: Site, name: str, *, kept: bool) -> None:
        """`kept`: the next page of the same context has it already, as from the real house."""
        if (answer := site.answers.get(f"/static/{name}")) is not None:
            return self._send(answer.status, answer.kind, answer.body.encode())
        file = STATIC / name
        if not file.is_file():
            return self._send(404, "text/plain", b"")
        kind = "text/javascript" if file.suffix == ".js" else mimetypes.guess_type(file.name)[0]
        return self._send(200, kind or "application/octet-stream", file.read_bytes(), kept=kept)

    def _send(self, status: int, kind: str, body: bytes, *, kept: bool = False, opened: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        if opened is not None:
            self.send_header("Set-Cookie", f"site={opened}; Path=/; HttpOnly")
        if kept:
            self.send_header("Cache-Control", "public, max-age=31536000, immutable")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a browser comes by several connections at once; what finds no place waits for a second
    site: Site | None = None


# Servers without a site. The next site has the same address, so that a shared browser has read the static files.
_free: list[_Server] = []
_numbers = itertools.count(1)


def _server() -> _Server:
    server = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@contextmanager
def serving(answers: dict[str, Answer]) -> Iterator[Site]:
    """Serve on a port of this machine until the block ends."""
    server = _free.pop() if _free else _server()
    server.site = Site(answers, f"http://127.0.0.1:{server.server_port}", next(_numbers))
    try:
        yield server.site
    finally:
        server.site = None
        _free.append(server)
