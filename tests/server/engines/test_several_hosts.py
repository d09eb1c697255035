"""Engines in several places, of which one takes writes: a standby of PostgreSQL, a Valkey that sentinels watch."""

import asyncio
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from redis.exceptions import RedisError

from server.platform import database
from server.platform.engines.embedded import start_embedded
from server.platform.engines.places import engine_user, postgres_programs, socket_folder, valkey_program
from server.platform.engines.postgres import Postgres, start_postgres, stop_process
from signaling.bus import redis_client
from tests.ports import free_port

T = TypeVar("T")


@contextmanager
def running(*arguments: object, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program until the end."""
    words = [str(one) for one in arguments]
    process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def soon(ask: Callable[[], Awaitable[T]], *errors: type[Exception]) -> T:
    """What `ask` gives once it no longer fails: a failover takes its time, and is not told."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await ask()
            except errors:
                await asyncio.sleep(0.1)


def copy_of(primary: Postgres, password: str, folder: Path, sockets: Path) -> None:
    """Make a standby's files from a running primary."""
    user = engine_user()
    folder.mkdir(mode=0o700)
    user.give(folder)
    where = f"host={primary.sockets} user=postgres password={password}"
    arguments = [str(postgres_programs(user) / "pg_basebackup"), "--pgdata", str(folder), "--dbname", where]
    arguments += ["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"]
    subprocess.run(arguments, check=True, cwd=sockets, user=user.uid, group=user.gid, extra_groups=[])


async def test_a_standby_that_took_over_is_found_by_the_same_address(tmp_path: Path) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(start_embedded(tmp_path / "first", durable=False, temporary=True))
        password, user = first.secrets.superuser_password, engine_user()
        sockets = socket_folder(tmp_path / "second", user)
        files = first.postgres.sockets.parent / f"{first.postgres.sockets.name}-standby"
        copy_of(first.postgres, password, files, sockets)
        second = start_postgres(files, sockets, password, user, durable=False)
        stack.callback(second.stop)
        hosts = f"{sockets},{first.postgres.sockets}"
        store = database.engine(
            f"postgresql://postgres:{password}@/postgres?host={hosts}&target_session_attrs=read-write"
        )

        async def asked() -> str:
            async with store.connect() as conn:
                folder = await conn.exec_driver_sql("SELECT current_setting('unix_socket_directories')")
                return str(folder.scalar_one())

        assert await asked() == str(first.postgres.sockets)
        stop_process(first.postgres.process, signal.SIGQUIT, 20)
        with pytest.raises(database.UNREACHABLE):
            await asked()
        aside = database.one_shot_engine(f"postgresql://postgres:{password}@/postgres?host={sockets}")
        async with aside.connect() as conn:
            await conn.exec_driver_sql("SELECT pg_promote()")
        await aside.dispose()
        assert await soon(asked, *database.UNREACHABLE) == str(sockets)
        await store.dispose()


async def test_a_replica_that_the_sentinels_raised_is_found_by_the_same_address(tmp_path: Path) -> None:
    program = valkey_program()
    first, second, watch = free_port(), free_port(), free_port()
    common = (
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--requirepass",
        "a word",
        "--masterauth",
        "a word",
        "--dir",
        tmp_path,
    )
    told = tmp_path / "sentinel.conf"
    told.write_text(
        f"port {watch}\nbind 127.0.0.1\nrequirepass another\nsentinel monitor clinic 127.0.0.1 {first} 1\n"
        'sentinel auth-pass clinic "a word"\nsentinel down-after-milliseconds clinic 500\n'
        "sentinel failover-timeout clinic 3000\n"
    )
    with ExitStack() as stack:
        primary = stack.enter_context(running(program, "--port", first, *common, folder=tmp_path))
        of = ("--replicaof", "127.0.0.1", first)
        stack.enter_context(running(program, "--port", second, *of, *common, folder=tmp_path))
        replica = redis_client.connect(f"redis://:a%20word@127.0.0.1:{second}")

        async def follows() -> None:
            if (await replica.info("replication"))["master_link_status"] != "up":
                raise RedisError

        await soon(follows, RedisError)
        stack.enter_context(running(program, told, "--sentinel", folder=tmp_path))
        address = (
            f"redis+sentinel://:a%20word@127.0.0.1:{free_port()},127.0.0.1:{watch}/clinic?sentinel_password=another"
        )
        redis_client.check(address)
        client = redis_client.connect(address)
        await soon(lambda: client.set("session", "kept"), RedisError)
        watching = redis_client.connect(f"redis://:another@127.0.0.1:{watch}")

        async def sees_the_replica() -> None:
            if not await watching.sentinel_slaves("clinic"):
                raise RedisError

        await soon(sees_the_replica, RedisError)
        primary.kill()
        await soon(lambda: client.set("after", "too"), RedisError)
        assert await client.mget("session", "after") == ["kept", "too"]
        assert (await client.info("server"))["tcp_port"] == second
        for one in (client, replica, watching):
            await one.aclose()


@pytest.mark.parametrize("address", ["redis+sentinel://one:26379/", "redis+sentinel:///clinic"])
def test_a_sentinel_address_that_names_no_service_or_no_sentinel_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        redis_client.check(address)
