"""``titrate demo``: what it refuses before it has written anything."""

import asyncio
import dataclasses
import socket
from pathlib import Path

import pytest
from sqlalchemy import text

from server.audit import keys as log_keys
from server.demo import run
from server.platform import database
from server.platform.settings import SettingError
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.a_log import fill
from tests.server.program import Ran, a_database, as_owner, titrate
from tests.server.web_process import settings_for


def addresses(there: Database, engines: Engines) -> run.Addresses:
    return run.Addresses(there.app_url, there.owner_url, there.worker_url, engines.redis(8))


async def tables(there: Database) -> int:
    async with as_owner(there) as conn:
        found: int = (await conn.execute(text(run.RELATIONS))).scalar_one()
        return found


async def demo(there: Database, engines: Engines, folder: Path, *more: str, **changes: str) -> Ran:
    """``titrate demo`` with all its addresses, as far as it comes."""
    given = dict(zip(run.ENGINES, dataclasses.astuple(addresses(there, engines)), strict=True))
    arguments = ["demo", "--port", str(free_port()), "--data", str(folder), *more]
    return await titrate(*arguments, there={**given, **changes})


async def test_an_empty_database_is_migrated_and_marked_and_may_come_again(engines: Engines) -> None:
    async with a_database(engines) as there:
        for _ in range(2):
            await run._prepare(addresses(there, engines))
        async with as_owner(there) as conn:
            assert await database.is_demo(conn)


@pytest.mark.parametrize("schema", ["public", "hospital"])
async def test_a_database_with_something_in_it_is_left_alone_in_whatever_schema(
    engines: Engines, tmp_path: Path, schema: str
) -> None:
    async with a_database(engines) as there:
        async with as_owner(there) as conn:
            await conn.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
            await conn.execute(text(f"CREATE TABLE {schema}.patients_of_theirs (n int)"))
        ran = await demo(there, engines, tmp_path)
        assert (ran.status, "an empty database of its own" in ran.err) == (1, True)
        assert await tables(there) == 1


async def test_a_powerful_login_is_refused_before_anything_is_written(engines: Engines, tmp_path: Path) -> None:
    async with a_database(engines) as there:
        ran = await demo(there, engines, tmp_path, DATABASE_URL=there.owner_url)
        assert (ran.status, "Use a login that is only a member" in ran.err) == (1, True)
        assert await tables(there) == 0


async def test_an_address_that_leads_nowhere_is_named(engines: Engines, tmp_path: Path) -> None:
    async with a_database(engines) as there:
        nowhere = f"postgresql://owner:x@127.0.0.1:{free_port()}/titrate"
        ran = await demo(there, engines, tmp_path, DATABASE_OWNER_URL=nowhere)
        assert (ran.status, "DATABASE_OWNER_URL cannot be reached" in ran.err) == (1, True)


async def test_beginning_again_is_refused_where_the_database_is_not_ours(engines: Engines, tmp_path: Path) -> None:
    async with a_database(engines) as there:
        kept = tmp_path / "kept"
        kept.touch()
        ran = await demo(there, engines, tmp_path, "--fresh")
        assert (ran.status, "--fresh" in ran.err) == (1, True)
        assert kept.exists()


async def test_another_data_folder_than_the_logs_is_refused(engines: Engines, tmp_path: Path) -> None:
    """Its key lies in the first one: nothing could be sealed any more."""
    async with a_database(engines) as there:
        await run._prepare(addresses(there, engines))
        settings = settings_for(there.app_url, engines.redis(8), free_port(), tmp_path)
        key = settings.log_key_file
        await run._refuse_another_log(addresses(there, engines), key)  # nothing is signed yet
        await fill(there, settings)
        await run._refuse_another_log(addresses(there, engines), key)
        for other in (tmp_path / "elsewhere" / run.LOG_KEY, tmp_path / "of another demo.pem"):
            log_keys._make(other, log_keys.origin(settings)) if "another" in other.name else None
            with pytest.raises(SettingError, match="--data"):
                await run._refuse_another_log(addresses(there, engines), other)


async def test_some_addresses_without_the_others_are_refused(tmp_path: Path) -> None:
    arguments = ["demo", "--port", str(free_port()), "--data", str(tmp_path)]
    ran = await titrate(*arguments, there={"REDIS_URL": "redis://127.0.0.1"})
    assert (ran.status, "go together" in ran.err) == (1, True)


@pytest.mark.parametrize("name", run.ENGINES)
async def test_an_address_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    good = {one: "redis://h" if one == "REDIS_URL" else "postgresql://h/t" for one in run.ENGINES}
    arguments = ["demo", "--port", str(free_port()), "--data", str(tmp_path)]
    ran = await titrate(*arguments, there={**good, name: good[name] + "?speed=11"})
    assert (ran.status, ran.err.startswith(f"titrate: {name} says ")) == (1, True)


async def test_a_taken_port_and_other_machines_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        occupied, exposed = await asyncio.gather(
            titrate("demo", "--data", str(tmp_path), "--port", port),
            titrate("demo", "--data", str(tmp_path), "--port", str(free_port()), "--host", "0.0.0.0"),
        )
    for ran, words in ((occupied, "choose another"), (exposed, "no TLS")):
        assert (ran.status, words in ran.err, len(ran.err.strip().splitlines())) == (1, True, 1), ran.err
