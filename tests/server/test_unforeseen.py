"""What nobody foresaw: the asker gets a page, the log a kind and a place, and no word of a record is in either."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import websockets
from redis import Redis
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from server.http.app import make_app
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.web_process import Running, away, serving, settings_for, write_clinic

SECRET = "Zanzibar quokka takes lorazepam"


async def raise_it(request: Request) -> Response:
    form = await request.form()
    raise ValueError(f"cannot read {form.get('reason')} {SECRET}")


async def raise_in_sql(request: Request) -> Response:
    async with request.app.state.app_context.database.connect() as conn:
        await conn.execute(text("SELECT CAST(:words AS int)"), {"words": SECRET})
    return Response()


async def raise_in_a_group(request: Request) -> Response:
    async def fail() -> None:
        raise LookupError(SECRET)

    async with asyncio.TaskGroup() as group:
        group.create_task(fail())
    return Response()


async def break_off(request: Request) -> Response:
    async def parts() -> AsyncIterator[str]:
        yield "begun"
        raise ValueError(SECRET)

    return StreamingResponse(parts())


async def raise_in_a_socket(socket: WebSocket) -> None:
    await socket.accept()
    raise ValueError(SECRET)


@pytest.fixture(scope="module")
def served(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The real application with routes of ours in it that fail in every way we could think of."""
    url = engines.redis(7)
    with Redis.from_url(url) as client:
        client.flushdb()
    folder: Path = tmp_path_factory.mktemp("house")
    settings = settings_for(database.app_url, url, free_port(), folder)
    app = make_app(settings)
    app.router.routes[:0] = [
        Route("/fail", raise_it, methods=["GET", "POST"]),
        Route("/fail/sql", raise_in_sql),
        Route("/fail/group", raise_in_a_group),
        Route("/fail/half", break_off),
        WebSocketRoute("/fail/socket", raise_in_a_socket),
    ]
    clinic = write_clinic(database.app_url, datetime.now(UTC))
    with serving(settings, app=app):
        yield Running(settings, f"http://localhost:{settings.port}", clinic)


@pytest.fixture(autouse=True)
def all_logs(caplog: pytest.LogCaptureFixture) -> None:
    """Everything that any logger says, as standard error would show it."""
    caplog.set_level(logging.DEBUG)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Messages with the tracebacks that a handler would print."""
    plain = logging.Formatter("%(name)s %(message)s")
    return "\n".join(plain.format(record) for record in caplog.records)


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [("/fail", 500, "ValueError"), ("/fail/group", 500, "ExceptionGroup"), ("/fail/sql", 503, "DBAPIError")],
)
async def test_an_error_says_neither_to_the_asker_nor_to_the_log_what_was_written(
    running: Running, caplog: pytest.LogCaptureFixture, path: str, status: int, kind: str
) -> None:
    drew = await running.as_("drew")
    for headers in ({}, {"HX-Request": "true"}, {"Accept": "application/json"}):
        answer = await drew.client.get(path, headers=headers)
        assert answer.status_code == status
        assert "Zanzibar" not in answer.text
        assert "Nothing was changed" in answer.text
        assert answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    said = logged(caplog)
    assert kind in said or "Error" in said
    for word in ("Zanzibar", "quokka", "lorazepam", "Traceback"):
        assert word not in said, said
    if status == 500:
        assert "test_unforeseen.py:" in said, "the place is named, so that it can be mended"


async def test_what_was_posted_is_not_logged_either(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    drew = await running.as_("drew")
    answer = await drew.client.post("/fail", data={"reason": "Zebra"})
    assert (answer.status_code, "Zebra" in answer.text, "Zebra" in logged(caplog)) == (500, False, False)


async def test_an_answer_that_breaks_off_is_seen_to_break_off(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    drew = await running.as_("drew")
    with pytest.raises(httpx2.RemoteProtocolError):
        await drew.client.get("/fail/half")
    assert "ValueError" in logged(caplog)
    assert "quokka" not in logged(caplog)


async def test_a_socket_is_closed_as_an_error_of_the_server(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    url = f"{running.base.replace('http', 'ws')}/fail/socket"
    async with connect(url, proxy=None) as line:
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await line.recv()
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1011
    assert "quokka" not in logged(caplog)


async def test_a_browser_that_goes_away_in_the_middle_is_no_error(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.settings.port)
    head = (
        "POST /fail HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n"
    )
    writer.write(f"{head}\r\nreason=".encode())
    await writer.drain()
    drew = await running.as_("drew")
    assert (await drew.get("/day")).status_code == 200
    writer.close()
    await writer.wait_closed()
    assert (await drew.get("/day")).status_code == 200
    assert await reader.read() == b""
    assert "unexpected" not in logged(caplog)


async def test_a_database_that_is_away_is_said_and_pages_come_back_with_it(
    running: Running, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    drew = await running.as_("drew")
    assert (await drew.get("/day")).status_code == 200
    async with away(database):
        for path in ("/day", "/home", "/patients"):
            page = await drew.get(path)
            assert page.status_code == 503, page.text
            assert "The record cannot be reached" in page.text
        assert (await drew.client.get("/sign-in")).status_code == 303, "what needs no record still answers"
        assert (await drew.client.get("/health")).status_code == 503
    assert (await drew.get("/day")).status_code == 200
    assert "Traceback" not in logged(caplog)
