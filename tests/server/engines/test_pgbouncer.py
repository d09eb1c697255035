"""A clinic behind PgBouncer in transaction mode: every transaction may be on another connection of few."""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from server.platform import database
from server.platform.engines.places import engine_user
from server.platform.engines.postgres import stop_process
from tests.conftest import Database
from tests.ports import free_port
from tests.server.web_process import Running, booked, serving, settings_for, transaction, write_clinic

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed: .ci/engines installs it")


@pytest.fixture(scope="module")
def pooled(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The web login's address at a PgBouncer that has two connections to PostgreSQL, without a word on it."""
    parts, port, user = urlsplit(database.app_url), free_port(), engine_user()
    sockets = parse_qs(parts.query)["host"][0]
    folder = Path(sockets).parent / f"{Path(sockets).name}-pooler"
    folder.mkdir(mode=0o700)
    user.give(folder)
    users, told = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text(f'"{parts.username}" "{parts.password}"\n')
    told.write_text(
        f"[databases]\n* = host={sockets}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = plain\nauth_file = {users}\npool_mode = transaction\ndefault_pool_size = 2\n"
    )
    for file in (users, told):
        user.give(file)
    process = subprocess.Popen(
        [str(PGBOUNCER), str(told)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=user.uid,
        group=user.gid,
        extra_groups=None if user.uid is None else [],
    )
    try:
        yield f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{port}{parts.path}"
    finally:
        stop_process(process, signal.SIGTERM, 10)
        shutil.rmtree(folder)


async def reached(url: str) -> None:
    """Until the pooler listens."""
    async with asyncio.timeout(30):
        while True:
            try:
                async with transaction(url):
                    return
            except OSError:
                await asyncio.sleep(0.05)


async def test_a_clinic_lives_behind_a_pooler_of_transactions(
    database: Database, pooled: str, redis_url: str, tmp_path: Path
) -> None:
    address = f"{pooled}?pool_mode=transaction"
    await reached(address)
    settings = settings_for(address, redis_url, free_port(), tmp_path)
    clinic = await asyncio.to_thread(write_clinic, database.app_url, datetime.now(UTC))
    running = Running(settings, f"http://localhost:{settings.port}", clinic)
    with serving(settings):
        drew = await running.as_("drew")
        paths = [await booked(drew, running, days=day) for day in (3, 4)]
        answers = await asyncio.gather(*(drew.get(path) for path in (*paths, "/home", "/patients") * 6))
        assert max(answer.status_code for answer in answers) < 400
        for client in running.clients:
            await client.aclose()
    kept = [await scalar(address, "SELECT count(*) FROM pg_prepared_statements") for _ in range(4)]
    assert kept == [0] * 4
    assert await scalar(address, "SHOW statement_timeout") == "15s"


async def test_the_same_address_without_a_word_of_the_pooler_is_refused(pooled: str) -> None:
    await reached(f"{pooled}?pool_mode=transaction")
    store = database.engine(pooled)
    with pytest.raises(database.DatabaseError, match="unsupported startup parameter: statement_timeout"):
        await database.reach(store)
    await store.dispose()


async def scalar(url: str, statement: str) -> object:
    async with transaction(url) as conn:
        return (await conn.exec_driver_sql(statement)).scalar_one()
