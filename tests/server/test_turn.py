"""TURN: a clinic that has a server hands each person credentials of their own; others hand out nothing."""

import base64
import hashlib
import hmac
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from redis import Redis

from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.web_process import Running, found, serving, settings_for, transaction


async def test_the_device_check_carries_credentials_that_the_server_would_accept(
    engines: Engines, database: Database, tmp_path: Path
) -> None:
    redis_url = engines.redis(6)
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    port = free_port()
    plain = settings_for(database.app_url, redis_url, port, tmp_path)
    settings = replace(plain, turn_url="turn:turn.example.org:3478", turn_secret="shared")
    async with transaction(database.app_url) as conn:
        clinic = await found(conn, datetime.now(UTC))
    with serving(settings):
        running = Running(settings, f"http://localhost:{port}", clinic)
        ada = await running.as_("ada")
        page = (await ada.get(f"/visits/{clinic.visits['ada']}/prepare")).text
        await ada.client.aclose()
    user = re.search(r'data-turn-user="(\d+):([0-9a-f-]{36})"', page)
    password = re.search(r'data-turn-password="([^"]+)"', page)
    assert user
    assert password
    assert int(user.group(1)) > datetime.now(UTC).timestamp()
    assert user.group(2) == str(clinic["ada"])
    signed = hmac.new(b"shared", f"{user.group(1)}:{user.group(2)}".encode(), hashlib.sha1).digest()
    assert password.group(1) == base64.b64encode(signed).decode()
