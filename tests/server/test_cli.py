"""The console program as a person runs it: its own process, its own environment, what it prints and how it ends."""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from compliance import audit, sealing
from compliance.audit import Entry, EntryOutcome
from compliance.checkpoint_store import DirectoryStore
from server import accounts, cli, database, log_keys
from server.migrations.ddl import OWNER_ROLE
from server.settings import Settings
from tests.conftest import Database, Engines
from tests.server.house import free_port, settings_for

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
WITHIN_S = 90  # many at once on a busy machine
OLU = UUID("00000000-0000-4000-8000-00000000010c")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


async def titrate(*arguments: str, there: Mapping[str, str] | None = None) -> Ran:
    """``python -m server ...`` with the settings ``there`` and no others."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "XDG_RUNTIME_DIR") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server",
        *arguments,
        cwd=Path(__file__).parents[2],
        env={**bare, **(there or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    ran = Ran(process.returncode, out.decode(), err.decode())
    assert "Traceback" not in ran.out + ran.err, ran.err
    return ran


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a process reads them."""
    names = ("database_url", "redis_url", "public_url", "oidc_issuer", "oidc_client_id", "oidc_client_secret")
    more = ("ticket_key", "log_key_file", "checkpoint_folder", "port", "media_port")
    return {name.upper(): str(getattr(settings, name)) for name in (*names, *more)}


@pytest.fixture
def settings(engines: Engines, database: Database, tmp_path: Path) -> Settings:
    return settings_for(database.app_url, engines.redis(8), free_port(), tmp_path)


# What is printed


def every_command(group: click.Group = cli.titrate, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))


@pytest.mark.parametrize("command", list(every_command()), ids=" ".join)
def test_each_command_says_what_it_does(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*command, "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert said.startswith(f"Usage: titrate {' '.join(command)}")
    sentence = said.split("\n\n")[1].strip()
    assert len(sentence) > 10
    assert sentence.replace("\n", " ").rstrip().endswith(".")


async def test_the_program_itself_says_where_to_begin() -> None:
    ran = await titrate("--help")
    assert ran.status == 0
    for name in ("demo", "serve", "media", "worker", "migrate", "person", "policy", "audit", "config"):
        assert f"  {name}" in ran.out


@pytest.mark.parametrize(
    "arguments", [["frobnicate"], ["serve", "--port", "1"], ["person", "add", "--role", "wizard"], ["policy", "check"]]
)
def test_a_command_that_makes_no_sense_is_unusable_input(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "Error:" in capsys.readouterr().err


# policy check


async def test_the_policy_is_asked_without_any_engine(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("sertraline 50 mg tablet\nXanax 0.5 mg tablet\nzannix\n", encoding="utf-8")
    question = ("--modality", "video", "--action", "new", "--state", "FL", "--on", "2026-12-01")
    block, allow, several, wrong, both, none = await asyncio.gather(
        titrate("policy", "check", "Xanax 0.5 mg tablet", *question),
        titrate("policy", "check", "sertraline 50 mg tablet", *question),
        titrate("policy", "check", "--file", str(names), *question),
        titrate("policy", "check", "sertraline", "--modality", "telepathy", "--action", "new"),
        titrate("policy", "check", "sertraline", "--file", str(names), *question),
        titrate("policy", "check", "--file", str(tmp_path / "none.txt"), *question),
    )
    assert (block.status, len(block.lines), block.err) == (3, 1, "")
    said = json.loads(block.out)
    assert (said["outcome"], said["schedule"], said["ingredients"]) == ("block", "IV", ["alprazolam"])
    assert said["reasons"][0]["code"] == "controlled_remote"
    assert said["pack"]["id"] == "strict-block"
    assert (allow.status, json.loads(allow.out)["outcome"], json.loads(allow.out)["schedule"]) == (0, "allow", "none")
    assert several.status == 3
    assert [json.loads(line)["schedule"] for line in several.lines] == ["none", "IV", None]
    for unusable in (wrong, both, none):
        assert (unusable.status, unusable.out) == (2, "")
        assert len(unusable.err.splitlines()) == 1
    assert "telepathy" in wrong.err


# Settings


async def test_a_bad_setting_is_named_in_one_sentence(settings: Settings) -> None:
    good = environment(settings)
    missing = {name: value for name, value in good.items() if name != "OIDC_ISSUER"}
    complete, bad, absent, secret = await asyncio.gather(
        titrate("config", "check", there=good),
        titrate("config", "check", there={**good, "PORT": "eighty"}),
        titrate("serve", there=missing),
        titrate("config", "check", there={**good, "TICKET_KEY": "hunter2"}),
    )
    assert (complete.status, complete.lines[-1]) == (0, "The settings are complete.")
    assert settings.ticket_key not in complete.out
    for ran, name in ((bad, "PORT"), (absent, "OIDC_ISSUER"), (secret, "TICKET_KEY")):
        assert ran.status == 1
        assert ran.err.startswith(f"titrate: {name} ")
        assert len(ran.err.splitlines()) == 1
    assert "hunter2" not in secret.err


# The database


async def test_an_engine_that_is_away_is_named_in_one_sentence(settings: Settings, engines: Engines) -> None:
    there = environment(settings)
    away = {**there, "DATABASE_URL": f"postgresql://web:hunter2@127.0.0.1:{free_port()}/titrate"}
    unknown = {**there, "DATABASE_URL": database.with_database(engines.app_url, "none_such")}
    silent = {**there, "REDIS_URL": f"redis://:hunter2@127.0.0.1:{free_port()}"}
    newcomer = ("--issuer", "https://id.example.org", "--subject", "s", "--given-name", "A", "--family-name", "B")
    log_keys.signer(settings)
    tried = await asyncio.gather(
        titrate("worker", there=away),
        titrate("person", "add", *newcomer, "--role", "officer", there=away),
        titrate("audit", "verify", there=unknown),
        titrate("migrate", there={**there, "DATABASE_OWNER_URL": away["DATABASE_URL"]}),
        titrate("serve", there=silent),
    )
    names = [*["DATABASE_URL"] * 3, "DATABASE_OWNER_URL", "REDIS_URL"]
    for ran, name in zip(tried, names, strict=True):
        assert ran.status == 1
        assert len(ran.err.splitlines()) == 1, ran.err
        assert f"{name} cannot be reached" in ran.err or f"of {name} cannot be reached" in ran.err
        assert "hunter2" not in ran.err


@asynccontextmanager
async def a_database(engines: Engines, template: str | None = None) -> AsyncIterator[Database]:
    """An empty database, or a copy of another one."""
    name = f"titrate_test_{secrets.token_hex(6)}"
    await database.make_database(engines.owner_url, name, template=template)
    yield Database(name, database.with_database(engines.owner_url, name), database.with_database(engines.app_url, name))
    await database.drop_database(engines.owner_url, name)


async def test_only_the_owners_login_migrates_and_doing_it_twice_is_nothing(
    settings: Settings, engines: Engines
) -> None:
    async with a_database(engines) as empty:
        there = {**environment(settings), "DATABASE_URL": empty.app_url}
        without, powerless, unready = await asyncio.gather(
            titrate("migrate", there=there),
            titrate("migrate", there={**there, "DATABASE_OWNER_URL": empty.app_url}),
            titrate("serve", there=there),
        )
        assert (without.status, powerless.status, unready.status) == (1, 1, 1)
        assert without.err.startswith("titrate: DATABASE_OWNER_URL is not set.")
        assert "may not assume titrate_owner" in powerless.err
        assert "run titrate migrate" in unready.err
        for _ in range(2):
            ran = await titrate("migrate", there={**there, "DATABASE_OWNER_URL": empty.owner_url})
            assert (ran.status, ran.out) == (0, f"The schema is at step {database.head_revision()}.\n"), ran.err


async def test_serving_refuses_what_it_must_not_serve(settings: Settings, engines: Engines, template: str) -> None:
    there = environment(settings)
    async with a_database(engines, template) as marked, a_database(engines, template) as old:
        async with as_owner(marked) as owner:
            await owner.execute(text("INSERT INTO demo_mark VALUES (now())"))
        async with as_owner(old) as owner:
            await owner.execute(text("UPDATE alembic_version SET version_num = '0003'"))
        powerful, demo, outdated, exposed = await asyncio.gather(
            titrate("serve", there={**there, "DATABASE_URL": marked.owner_url}),
            titrate("serve", there={**there, "DATABASE_URL": marked.app_url}),
            titrate("serve", there={**there, "DATABASE_URL": old.app_url}),
            titrate("serve", there={**there, "HOST": "0.0.0.0"}),
        )
        for ran, reason in (
            (powerful, "owns tables or may assume their owner"),
            (demo, "belongs to a demo"),
            (outdated, f"The schema is at 0003, this release needs {database.head_revision()}"),
            (exposed, "reachable from other machines"),
        ):
            assert ran.status == 1
            assert reason in ran.err
            assert len(ran.err.splitlines()) == 1, ran.err


@asynccontextmanager
async def as_owner(there: Database) -> AsyncIterator[AsyncConnection]:
    engine: AsyncEngine = database.one_shot_engine(there.owner_url)
    async with engine.begin() as conn:
        await conn.execute(text(f"SET ROLE {OWNER_ROLE}"))
        yield conn
    await engine.dispose()


async def test_a_person_is_added_once_with_their_sign_in_and_their_entries(
    settings: Settings, database: Database
) -> None:
    there = environment(settings)
    who = (
        "--issuer",
        "https://id.example.org/",
        "--subject",
        "olu|1",
        "--given-name",
        "Olu",
        "--family-name",
        "Bankole",
    )
    added = await titrate("person", "add", *who, "--role", "officer", "--role", "administrator", there=there)
    assert added.status == 0, added.err
    person_id = UUID(added.out.split()[-1])
    again, nameless, unborn = await asyncio.gather(
        titrate("person", "add", *who, "--role", "officer", there=there),
        titrate("person", "add", *who[:5], " ", *who[6:], "--subject", "2", "--role", "guest", there=there),
        titrate("person", "add", *who, "--subject", "3", "--role", "patient", there=there),
    )
    assert [ran.status for ran in (again, nameless, unborn)] == [2, 2, 2]
    assert "belongs to somebody already" in again.err
    assert "name" in nameless.err
    assert "day of birth" in unborn.err
    engine = one_shot(database.app_url)
    async with engine.connect() as conn:
        assert await accounts.person_of(conn, "https://id.example.org", "olu|1") == person_id
        assert {role.value for role in await accounts.roles_of(conn, person_id)} == {"officer", "administrator"}
        entries = await conn.execute(text("SELECT action, actor_id, actor_role, rule FROM audit_entry ORDER BY id"))
        written = [tuple(row) for row in entries]
        assert ("person.add", None, "operator", "command.person_add") in written
        assert {row[2] for row in written} == {"operator"}
        assert (await conn.execute(text("SELECT count(*) FROM person"))).scalar_one() == 1, "refused ones leave nothing"
    await engine.dispose()


# audit verify


def an_entry(number: int) -> Entry:
    return Entry(
        actor_id=OLU,
        actor_role="officer",
        action="log.read",
        outcome=EntryOutcome.ALLOWED,
        rule="officer",
        subject_type="clinic",
        subject_id=f"reading-{number}",
        patient_id=None,
        visit_id=None,
        occurred_at=NOW,
        details={"page": str(number)},
    )


async def fill(there: Database, settings: Settings) -> None:
    """A dozen entries, sealed, signed and copied out as the worker does."""
    engine = one_shot(there.app_url)
    signer, store = log_keys.signer(settings), DirectoryStore(settings.checkpoint_folder)
    for number in range(12):
        async with engine.begin() as conn:
            await audit.append(conn, an_entry(number))
    sealed = 0
    async with asyncio.timeout(20):
        while sealed < 12:  # other transactions of the cluster may hold the last rows back for a moment
            async with engine.begin() as conn:
                sealed += await sealing.seal(conn, NOW)
    async with engine.begin() as conn:
        await sealing.checkpoint(conn, signer, NOW)
    async with engine.connect() as conn:
        await sealing.export(conn, store)
    await engine.dispose()


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
    engine = one_shot(there.app_url)
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
        assert (unsigned.status, "start the worker once" in unsigned.err) == (1, True)
        await fill(written, settings)
        cases: dict[str, Database] = {}
        for name in (*TAMPERINGS, "rewritten"):
            copy = f"titrate_test_{secrets.token_hex(6)}"
            await database.make_database(engines.owner_url, copy, template=written.name)
            cases[name] = Database(
                copy,
                database.with_database(engines.owner_url, copy),
                database.with_database(engines.app_url, copy),
            )
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


def one_shot(url: str) -> AsyncEngine:
    return database.one_shot_engine(url)
