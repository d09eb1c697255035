"""Web and worker have logins of their own: neither runs with the other's, and only the worker's writes the tree."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.audit import keys as log_keys
from server.platform import logins
from server.platform.engines import EngineError
from server.platform.engines.embedded import kept_secrets
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.program import environment, titrate
from tests.server.web_process import settings_for, transaction

# Everything that only the worker or the owner writes, as whole rows and as the smallest ones.
KEPT_FROM_THE_WEB = (
    "INSERT INTO audit_leaf (leaf_index, entry_id, leaf_hash, sealed_at) VALUES (0, 1, sha256(''), now())",
    "INSERT INTO audit_leaf DEFAULT VALUES",
    "INSERT INTO checkpoint (size, root, peaks, note, at) VALUES (1, sha256(''), '', '', now())",
    "INSERT INTO checkpoint DEFAULT VALUES",
    "INSERT INTO log_epoch VALUES (1, now())",
    "INSERT INTO archived_source VALUES (repeat('0', 64), 'pack', 'p', '1', '', now())",
    "INSERT INTO audit_entry (transaction_id) VALUES (1)",
    "INSERT INTO audit_entry (epoch) VALUES (1)",
    "INSERT INTO audit_entry (recorded_at) VALUES (now())",
    "SET ROLE titrate_sealer",
    "SELECT setval('audit_entry_id_seq', 9)",
    "COPY audit_leaf FROM '/dev/null'",
)


@pytest.mark.parametrize("statement", KEPT_FROM_THE_WEB)
async def test_the_webs_login_does_not_write_the_tree_or_its_order(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with transaction(database.app_url) as conn:
            await conn.execute(text(statement))


async def test_the_workers_login_says_a_leaf_and_not_more(database: Database) -> None:
    for statement in ("UPDATE audit_leaf SET epoch = 1", "DELETE FROM checkpoint", *KEPT_FROM_THE_WEB[4:9]):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with transaction(database.worker_url) as conn:
                await conn.execute(text(statement))


async def test_neither_process_starts_with_the_others_login_nor_the_worker_without_its_own(
    engines: Engines, database: Database, tmp_path: Path
) -> None:
    there = environment(settings_for(database.app_url, engines.redis(8), free_port(), tmp_path))
    wrong = {**there, "WORKER_DATABASE_URL": database.app_url}
    owners = {**there, "WORKER_DATABASE_URL": database.owner_url}
    cases = (
        ("serve", {**there, "DATABASE_URL": database.worker_url}, "titrate: DATABASE_URL names a login that can seal"),
        ("worker", there, "titrate: WORKER_DATABASE_URL is not set."),
        ("worker", wrong, "titrate: WORKER_DATABASE_URL names a login that cannot seal"),
        ("worker", owners, "titrate: WORKER_DATABASE_URL names a login that is a superuser, owns tables"),
    )
    ended = await asyncio.gather(*[titrate(command, there=given) for command, given, _ in cases])
    for ran, (_, _, told) in zip(ended, cases, strict=True):
        assert (ran.status, ran.err.startswith(told)) == (1, True), ran.err


async def test_a_right_given_by_hand_is_seen(database: Database) -> None:
    """Not only membership: whoever was granted INSERT on one column could put a leaf there."""
    async with transaction(database.owner_url) as owner:
        await owner.execute(text("SET ROLE titrate_owner"))
        await owner.execute(text("GRANT INSERT (note) ON checkpoint TO titrate_web"))
    async with transaction(database.app_url) as conn:
        assert await logins.may_seal(conn)
    async with transaction(database.owner_url) as owner:
        await owner.execute(text("SET ROLE titrate_owner"))
        await owner.execute(text("REVOKE INSERT (note) ON checkpoint FROM titrate_web"))
    async with transaction(database.app_url) as conn:
        assert not await logins.may_seal(conn)


def test_processes_that_start_together_make_one_key_and_none_reads_half_of_it(tmp_path: Path) -> None:
    settings = settings_for("", "", 8000, tmp_path / "new")
    with ThreadPoolExecutor(8) as pool:
        for one in range(20):
            there = replace(settings, log_key_file=tmp_path / f"key-{one}")
            assert len({str(signer.verifier) for signer in pool.map(log_keys.signer, [there] * 8)}) == 1
            assert log_keys.verifier(there) == log_keys.signer(there).verifier
    assert {file.name.partition(".")[2] for file in tmp_path.iterdir()} == {"", "pub"}


def test_a_data_folder_from_before_is_given_the_new_secret_and_keeps_the_others(tmp_path: Path) -> None:
    made = kept_secrets(tmp_path)
    file = tmp_path / "secrets.json"
    before = {name: value for name, value in made.items() if name != "worker_password"}
    file.write_text(json.dumps(before), encoding="utf-8")
    brought = kept_secrets(tmp_path)
    assert brought == {**before, "worker_password": brought["worker_password"]}
    assert len(brought["worker_password"]) == len(made["worker_password"])
    assert kept_secrets(tmp_path) == brought
    assert file.stat().st_mode & 0o077 == 0
    del before["app_password"]
    file.write_text(json.dumps(before), encoding="utf-8")
    with pytest.raises(EngineError, match="damaged"):
        kept_secrets(tmp_path)
