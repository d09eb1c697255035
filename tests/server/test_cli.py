"""The console program as a person runs it: its own process, its own environment, what it prints and how it ends."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import click
import pytest
from sqlalchemy import text

from server import cli
from server.audit import keys as log_keys
from server.auth import accounts
from server.platform import database
from server.platform.settings import Settings
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.program import a_database, as_owner, environment, titrate, titrate_anew
from tests.server.web_process import settings_for


@pytest.fixture
def settings(engines: Engines, database: Database, tmp_path: Path) -> Settings:
    return settings_for(database.app_url, engines.redis(8), free_port(), tmp_path, worker=database.worker_url)


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
    ran = await titrate_anew("--help")
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
    onboarding_request = (
        "--issuer",
        "https://id.example.org",
        "--subject",
        "s",
        "--given-name",
        "A",
        "--family-name",
        "B",
    )
    log_keys.signer(settings)
    tried = await asyncio.gather(
        titrate("worker", there={**there, "WORKER_DATABASE_URL": away["DATABASE_URL"]}),
        titrate("person", "add", *onboarding_request, "--role", "officer", there=away),
        titrate("audit", "verify", there=unknown),
        titrate("migrate", there={**there, "DATABASE_OWNER_URL": away["DATABASE_URL"]}),
        titrate("serve", there=silent),
        titrate("media", there=silent),
    )
    names = ["WORKER_DATABASE_URL", *["DATABASE_URL"] * 2, "DATABASE_OWNER_URL", *["REDIS_URL"] * 2]
    statuses = [1, 1, 2, 1, 1, 1]  # what could not be verified says nothing of the log
    for ran, name, status in zip(tried, names, statuses, strict=True):
        assert ran.status == status
        assert len(ran.err.splitlines()) == 1, ran.err
        assert f"{name} cannot be reached" in ran.err or f"of {name} cannot be reached" in ran.err
        assert "hunter2" not in ran.err


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


async def test_a_person_is_added_once_with_their_sign_in_and_their_entries(
    settings: Settings,
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
    assert "already belongs to someone" in again.err
    assert "name" in nameless.err
    assert "date of birth" in unborn.err
    engine = database.one_shot_engine(settings.database_url)
    async with engine.connect() as conn:
        assert await accounts.person_of(conn, "https://id.example.org", "olu|1") == person_id
        assert {role.value for role in await accounts.roles_of(conn, person_id)} == {"officer", "administrator"}
        entries = await conn.execute(text("SELECT action, actor_id, actor_role, rule FROM audit_entry ORDER BY id"))
        written = [tuple(row) for row in entries]
        assert ("person.add", None, "operator", "command.person_add") in written
        assert {row[2] for row in written} == {"operator"}
        assert (await conn.execute(text("SELECT count(*) FROM person"))).scalar_one() == 1, "refused ones leave nothing"
    await engine.dispose()
