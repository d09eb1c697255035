"""``titrate audit verify`` over a log that somebody touched: by SQL, row by row, and once rewritten as a whole."""

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import text

from compliance.audit import entries as audit
from compliance.audit import sealing
from server.audit import keys as log_keys
from server.platform import database
from server.platform.engines.embedded import kept_secrets
from server.platform.settings import Settings
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.a_log import NOW, an_entry, fill
from tests.server.program import a_database, as_owner, environment, titrate
from tests.server.web_process import settings_for


@pytest.fixture
def settings(engines: Engines, database: Database, tmp_path: Path) -> Settings:
    return settings_for(database.app_url, engines.redis(8), free_port(), tmp_path)


GUARDED = ("audit_entry", "audit_content", "audit_leaf", "checkpoint")
TAMPERINGS: Mapping[str, tuple[str, ...]] = {
    "altered": ("UPDATE audit_entry SET rule = 'administrator' WHERE id = 5",),
    "altered content": ('UPDATE audit_content SET content = \'{"page": "99"}\' WHERE entry_id = 5',),
    "deleted": (
        "DELETE FROM audit_leaf WHERE leaf_index = 11",
        "DELETE FROM audit_content WHERE entry_id = 12",
        "DELETE FROM audit_entry WHERE id = 12",
    ),
    "inserted": (
        "INSERT INTO audit_entry OVERRIDING SYSTEM VALUE SELECT 13, transaction_id, occurred_at, recorded_at, actor_id,"
        " actor_role, action, outcome, rule, subject_type, subject_id, patient_id, visit_id, digest, content_digest"
        " FROM audit_entry WHERE id = 3",
        "INSERT INTO audit_content SELECT 13, salt, content FROM audit_content WHERE entry_id = 3",
    ),
}


async def tamper(there: Database, statements: tuple[str, ...]) -> None:
    """As the owner, with the guards switched off and on again."""
    async with as_owner(there) as owner:
        for table in GUARDED:
            await owner.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            await owner.execute(text(statement))
        for table in GUARDED:
            await owner.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


async def rewrite(there: Database, settings: Settings) -> None:
    """Make another history with a tree, checkpoints and signatures that all fit, by the log's own key."""
    emptied = [f"DELETE FROM {table}" for table in ("audit_leaf", "audit_content", "checkpoint", "audit_entry")]
    await tamper(there, (*emptied, "ALTER TABLE audit_entry ALTER id RESTART"))
    engine = database.one_shot_engine(there.worker_url)
    for number in range(12):
        async with engine.begin() as conn:
            await audit.append(conn, an_entry(number if number != 4 else 400))
    sealed = 0
    async with asyncio.timeout(20):
        while sealed < 12:
            async with engine.begin() as conn:
                sealed += await sealing.seal(conn, NOW)
    async with engine.begin() as conn:
        await sealing.checkpoint(conn, log_keys.signer(settings), NOW)
    await engine.dispose()


async def test_the_log_is_whole_until_somebody_touches_it(settings: Settings, engines: Engines, template: str) -> None:
    there = environment(settings)
    async with a_database(engines, template) as written:
        unsigned = await titrate("audit", "verify", there={**there, "DATABASE_URL": written.app_url})
        assert (unsigned.status, "start the worker once" in unsigned.err) == (2, True)
        await fill(written, settings)
        cases: dict[str, Database] = {}
        for name in (*TAMPERINGS, "rewritten"):
            copy = f"titrate_test_{secrets.token_hex(6)}"
            await database.make_database(engines.owner_url, copy, template=written.name)
            cases[name] = engines.database(copy)
            await (rewrite(cases[name], settings) if name == "rewritten" else tamper(cases[name], TAMPERINGS[name]))
        whole, *touched = await asyncio.gather(
            titrate("audit", "verify", there={**there, "DATABASE_URL": written.app_url}),
            *[titrate("audit", "verify", there={**there, "DATABASE_URL": one.app_url}) for one in cases.values()],
        )
        for one in cases.values():
            await database.drop_database(engines.owner_url, one.name)
    assert (whole.status, whole.lines[-1]) == (0, "The log is whole."), whole.out
    assert "Sealed entries: 12" in whole.out
    said = dict(zip(cases, touched, strict=True))
    for name, ran in said.items():
        assert ran.status == 3, (name, ran.out)
        assert ran.lines[-1] == "The log is NOT as it was written."
    assert "entry_altered: " in said["altered"].out or "5" in said["altered"].lines[0]
    assert "12" in said["deleted"].out
    assert len({ran.lines[0] for ran in touched}) == len(touched), "each says something of its own"


def test_a_demo_on_engines_of_yours_is_not_given_an_empty_database_of_its_own(tmp_path: Path) -> None:
    kept_secrets(tmp_path)
    ran = asyncio.run(titrate("audit", "verify", "--data", str(tmp_path)))
    assert ran.status == 2
    assert "name its settings instead" in ran.err
    assert [one.name for one in tmp_path.iterdir()] == ["secrets.json"]


@pytest.mark.parametrize("command", ["verify", "export", "status"])
def test_a_log_that_cannot_be_read_is_neither_intact_nor_found_wrong(
    settings: Settings, tmp_path: Path, command: str
) -> None:
    """Exit status 2, which is neither that of a finding (3) nor of a fault of the program (1)."""
    there = environment(settings)
    log_keys.signer(settings)
    to = [str(tmp_path / "log.jsonl")] if command == "export" else []
    nowhere = "postgresql://titrate_web:secret@127.0.0.1:9/titrate"
    unreachable = {**there, "DATABASE_URL": nowhere}
    unset = {name: value for name, value in there.items() if name != "DATABASE_URL"}
    for case, word in ((unreachable, "cannot be reached"), (unset, "DATABASE_URL")):
        ran = asyncio.run(titrate("audit", command, *to, there=case))
        assert (ran.status, word in ran.err, ran.out) == (2, True, ""), ran.err
        assert "secret" not in ran.err
