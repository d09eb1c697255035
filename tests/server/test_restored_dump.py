"""A dump restored into a new cluster by the operator's commands: refused, verified, continued, whole again."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from compliance.__main__ import main as stranger
from compliance.audit import entries as audit
from compliance.audit import sealing
from compliance.audit.outside import Outside
from compliance.audit.store import DirectoryStore
from server.audit import keys as log_keys
from server.platform import database as databases
from server.platform.engines import start_embedded
from server.platform.engines.embedded import Embedded
from server.platform.engines.places import engine_user, postgres_programs
from tests.conftest import Database, Engines, prepare, with_roles
from tests.ports import free_port
from tests.server.a_log import an_entry, fill
from tests.server.program import as_owner, environment, titrate
from tests.server.web_process import settings_for, transaction

ROLES = Path(__file__).parents[2] / "deploy" / "postgres" / "roles.sql"
NAME = "titrate"
# As a clinic's months do: the first cluster's numbers are far ahead of what restoring costs.
BURN = "DO $$ BEGIN FOR i IN 1..4000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
WAITING = "SELECT count(*) FROM audit_entry e LEFT JOIN audit_leaf l ON l.entry_id = e.id WHERE l.entry_id IS NULL"


@dataclass(frozen=True, slots=True)
class Cluster:
    """One PostgreSQL with the clinic's database in it."""

    running: Embedded
    engines: Engines

    @property
    def there(self) -> Database:
        return self.engines.database(NAME)

    def run(self, program: str, *arguments: str) -> None:
        """One of PostgreSQL's own programs, as the superuser."""
        given = {
            "PATH": f"{postgres_programs(engine_user())}:{os.environ['PATH']}",
            "PGHOST": str(self.running.postgres.sockets),
            "PGUSER": "postgres",
            "PGPASSWORD": self.running.secrets.superuser_password,
        }
        subprocess.run([program, *arguments], env=given, check=True, capture_output=True)


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, Cluster]]:
    """The clinic's and an empty one, whose roles alone are made."""
    with ExitStack() as stack:
        made = []
        for _ in range(2):
            folder = tmp_path_factory.mktemp("cluster")
            running = stack.enter_context(start_embedded(folder, durable=False, temporary=True))
            made.append(Cluster(running, with_roles(running)))
        yield made[0], made[1]


async def burn(cluster: Cluster) -> None:
    store = databases.one_shot_engine(cluster.running.superuser_url()).execution_options(isolation_level="AUTOCOMMIT")
    async with store.connect() as conn:
        await conn.exec_driver_sql(BURN)
    await store.dispose()


async def write(there: Database, count: int) -> None:
    for number in range(count):
        async with transaction(there.app_url) as conn:
            await audit.append(conn, an_entry(1000 + number))


def there_of(cluster: Cluster, folder: Path) -> dict[str, str]:
    """The environment of a process over that cluster; key and checkpoints lie in `folder`."""
    there = cluster.there
    redis = f"unix://{cluster.running.valkey.path}"
    known = settings_for(there.app_url, redis, free_port(), folder, worker=there.worker_url)
    return {**environment(known), "DATABASE_OWNER_URL": there.owner_url}


async def test_a_dump_in_a_new_cluster_is_refused_verified_continued_and_whole_again(
    clusters: tuple[Cluster, Cluster], tmp_path: Path
) -> None:
    old, new = clusters
    settings = settings_for(old.there.app_url, "unix:///none", free_port(), tmp_path)
    await databases.make_database(old.engines.owner_url, NAME)
    await prepare(old.there.owner_url)
    await burn(old)
    await fill(old.there, settings)
    await write(old.there, 3)  # these wait for their seal when the dump is taken
    dump = tmp_path / "titrate.dump"
    old.run("pg_dump", "--format=custom", f"--file={dump}", NAME)
    new.run("createdb", NAME)
    new.run("psql", f"--dbname={NAME}", "--set=ON_ERROR_STOP=1", f"--file={ROLES}")
    new.run("pg_restore", f"--dbname={NAME}", "--exit-on-error", str(dump))
    there = there_of(new, tmp_path)

    refused = await asyncio.gather(
        *(titrate(*command, there=there) for command in (["serve"], ["worker"], ["migrate"]))
    )
    for ran in refused:
        assert (ran.status, "restored without its transaction counter" in ran.err) == (1, True), ran.err
    found = await titrate("audit", "verify", there=there)
    assert (found.status, [line.split(":")[0] for line in found.lines if "_" in line.split(":")[0]]) == (
        3,
        ["counter_behind"],
    ), found.out

    continued = await titrate("audit", "continue", "--yes", "--reason", "The host of 2026 burnt", there=there)
    assert continued.status == 0, continued.err
    assert continued.lines[:2] == [
        "Epoch 1 of the log begins with entry 16.",
        "3 entries from before were sealed in their own epoch.",
    ]
    again = await titrate("audit", "continue", "--yes", there=there)
    assert (again.status, "nothing to continue" in again.err) == (1, True)

    await write(new.there, 2)
    await go_on(new.there, tmp_path)
    whole = await titrate("audit", "verify", there=there)
    assert (whole.status, whole.lines[-1]) == (0, "The log is whole."), whole.out
    async with transaction(new.there.app_url) as conn:
        epochs = "SELECT epoch, count(*) FROM audit_leaf GROUP BY epoch ORDER BY epoch"
        assert [tuple(row) for row in await conn.execute(text(epochs))] == [(0, 15), (1, 3)]
        sealed = "SELECT action, subject_id FROM audit_entry WHERE epoch = 1 ORDER BY id LIMIT 1"
        assert tuple((await conn.execute(text(sealed))).one()) == ("log.continue", "1")
        assert (await conn.execute(text("SELECT content FROM audit_text"))).scalar_one() == "The host of 2026 burnt"
    bundle = tmp_path / "log.jsonl"
    exported = await titrate("audit", "export", str(bundle), there=there)
    assert exported.status == 0, exported.err
    key = str(log_keys.verifier(settings))
    assert stranger(["verify", str(bundle), "--key", key, "--checkpoints", str(settings.checkpoint_folder)]) == 0
    assert "burnt" not in bundle.read_text("utf-8")

    async with as_owner(new.there) as owner:
        await owner.execute(text("INSERT INTO log_epoch VALUES (2, now())"))
    untold = await titrate("audit", "verify", there=there)
    assert (untold.status, untold.lines[0].startswith("epoch_unexplained: Epoch 2 ")) == (3, True), untold.out


async def go_on(there: Database, folder: Path) -> None:
    """As the worker: seal, sign and copy until nothing waits."""
    settings = settings_for(there.app_url, "unix:///none", free_port(), folder)
    signer = log_keys.signer(settings)
    engine = databases.one_shot_engine(there.worker_url)
    async with asyncio.timeout(20):
        waiting = 1
        while waiting:
            async with engine.begin() as conn:
                await sealing.seal(conn, datetime.now(UTC))
                waiting = (await conn.execute(text(WAITING))).scalar_one()
    async with engine.begin() as conn:
        await sealing.checkpoint(conn, signer, datetime.now(UTC))
    async with engine.connect() as conn:
        await Outside(DirectoryStore(settings.checkpoint_folder), [signer.verifier]).export(conn)
    await engine.dispose()
