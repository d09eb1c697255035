"""The embedded engines: they start anywhere, keep what they hold, and belong to one program at a time."""

import asyncio
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.platform import database as databases
from server.platform import logins
from server.platform.engines import Embedded, EngineError, places, start_embedded
from server.platform.engines.places import EngineUser
from tests.conftest import Database


async def version(running: Embedded) -> str:
    engine = databases.one_shot_engine(running.superuser_url())
    async with engine.connect() as conn:
        found: str = (await conn.execute(text("SHOW server_version"))).scalar_one()
    await engine.dispose()
    return found


async def test_they_start_below_a_folder_with_a_space_and_keep_their_data(tmp_path: Path) -> None:
    folder = tmp_path / "two words"
    with start_embedded(folder) as first:
        assert (await version(first)).startswith("18.")
        engine = databases.one_shot_engine(first.superuser_url())
        async with engine.begin() as conn:
            await conn.execute(text("CREATE TABLE kept (n int)"))
        await engine.dispose()
        with Redis.from_url(first.valkey.url()) as sessions:
            sessions.set("signed in", "drew")
        first.valkey.process.kill()
    with start_embedded(folder) as second:
        with Redis.from_url(second.valkey.url()) as sessions:
            assert sessions.get("signed in") == b"drew"
        engine = databases.one_shot_engine(second.superuser_url())
        async with engine.connect() as conn:
            assert (await conn.execute(text("SELECT count(*) FROM kept"))).scalar() == 0
        await engine.dispose()
        assert second.secrets == first.secrets


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the programs to another user")
def test_a_copy_of_the_programs_runs_where_the_originals_cannot_be_reached(tmp_path: Path) -> None:
    """As root below a private folder: the libraries beside the wheel's package must come along."""
    package = Path(places.postgres_programs(EngineUser(None, None))).parent
    copy = tmp_path / "copy"
    copy.parent.chmod(0o755)
    places._copy_programs(package, copy)
    program = copy / places.PACKAGE / package.name / "bin" / "initdb"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert "PostgreSQL) 18" in said.stdout


async def test_a_database_is_dropped_though_one_is_in_it_whom_the_owner_may_not_end(tmp_path: Path) -> None:
    """As autovacuum is now and then. PostgreSQL waits a few seconds for whoever is in it."""
    with start_embedded(tmp_path, durable=False, temporary=True) as running:
        known = running.secrets
        roles = databases.Logins(known.owner_password, known.app_password, known.worker_password)
        await databases.make_roles(running.superuser_url(), roles)
        owner_url = running.postgres.url(roles.OWNER, roles.owner_password, "postgres")
        await databases.make_database(owner_url, "busy")
        watch = databases.one_shot_engine(running.superuser_url()).execution_options(isolation_level="AUTOCOMMIT")
        inside = databases.one_shot_engine(running.superuser_url("busy"))
        async with watch.connect() as conn, inside.connect() as busy:
            await busy.execute(text("SELECT 1"))
            dropping = asyncio.create_task(databases.drop_database(owner_url, "busy"))
            unforced = text(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
                " AND query LIKE 'DROP DATABASE%' AND query NOT LIKE '%FORCE%'"
            )
            while not (await conn.execute(unforced)).scalar_one() and not dropping.done():  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # PostgreSQL announces no statement
            await busy.close()
            await dropping
            left = await conn.execute(text("SELECT count(*) FROM pg_database WHERE datname = 'busy'"))
            assert left.scalar_one() == 0
        await watch.dispose()
        await inside.dispose()


async def test_fresh_begins_again(tmp_path: Path) -> None:
    with start_embedded(tmp_path) as first:
        pass
    with start_embedded(tmp_path, fresh=True) as second:
        assert second.secrets != first.secrets


def test_a_database_without_its_secrets_says_what_to_do(tmp_path: Path) -> None:
    with start_embedded(tmp_path):
        pass
    (tmp_path / "secrets.json").unlink()
    with pytest.raises(EngineError, match="--fresh"), start_embedded(tmp_path):
        pass
    with start_embedded(tmp_path, fresh=True):
        pass


async def test_a_data_folder_that_was_deleted_begins_anew(tmp_path: Path) -> None:
    """Also where PostgreSQL's files lie elsewhere, because its user cannot reach the folder."""
    folder = tmp_path / "clinic"
    with start_embedded(folder):
        pass
    shutil.rmtree(folder)
    with start_embedded(folder) as running:
        assert (await version(running)).startswith("18.")


def test_nobody_else_reads_the_data_folder(tmp_path: Path) -> None:
    """Root's PostgreSQL runs as another user, who may pass through it where its files are inside."""
    folder = tmp_path / "older"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    places.close_to_others(folder, EngineUser(None, None))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    places.close_to_others(folder, EngineUser(65534, 65534))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o711
    with start_embedded(folder, durable=False, temporary=True):
        mode = stat.S_IMODE(folder.stat().st_mode)
        inside = os.geteuid() == 0 and not (folder / places.NOTE).exists()
        assert mode == (0o711 if inside else 0o700)


def test_temporary_engines_leave_no_files(tmp_path: Path) -> None:
    with start_embedded(tmp_path, temporary=True):
        files = places.postgres_data(tmp_path, places.engine_user())
        assert (files / "PG_VERSION").exists()
    assert not files.exists()
    assert not (tmp_path / places.NOTE).exists()


def test_a_second_program_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with start_embedded(tmp_path), pytest.raises(EngineError, match="in use"), start_embedded(tmp_path):
        pass


async def test_the_application_login_is_accepted_as_restricted(database: Database, conn: AsyncConnection) -> None:
    await logins.refuse_powerful_login(conn)
    await databases.require_current_schema(conn)


async def test_the_owner_login_is_refused_as_application(database: Database) -> None:
    engine = databases.one_shot_engine(database.owner_url)
    async with engine.connect() as conn:
        with pytest.raises(databases.DatabaseError, match="DATABASE_OWNER_URL"):
            await logins.refuse_powerful_login(conn)
    await engine.dispose()
