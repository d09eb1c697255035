"""What deploy/ promises: files that fit the Compose schema, the settings and one another; roles that work.

No container engine is needed. What only one could show (that the images start) is not shown here; deploy/README.md
says so.
"""

import asyncio
import hashlib
import importlib.util
import ipaddress
import json
import os
import re
import shlex
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
import yaml
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.audit.health import beat as beats
from server.platform import database, logins, settings
from server.platform.engines import start_embedded
from server.platform.engines.places import engine_user, postgres_programs

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SCHEMA = Path(__file__).with_name("compose-spec.json")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("titrate:")}
NAMES = {setting.name: setting for setting in settings.SETTINGS}
DATABASE = "clinic"


def env_lines() -> dict[str, tuple[str, bool]]:
    """env.example as setting -> (how it is written there, whether the line counts or only shows the default)."""
    found: dict[str, tuple[str, bool]] = {}
    for line in (DEPLOY / "env.example").read_text("utf-8").splitlines():
        if written := re.match(r"(#?)([A-Z][A-Z_]+)=", line):
            name = written[2] if written[2] in NAMES else written[2].removesuffix("_FILE")
            assert name not in found, f"{name} stands twice"
            found[name] = (line.removeprefix("#"), not written[1])
    return found


def environment_of(service: dict[str, Any], secrets: Path) -> dict[str, str]:
    """What a process of ours sees: the env file, the service's own lines, and the secrets that it was handed."""
    values = dict(line.split("=", 1) for line, counts in env_lines().values() if counts)
    values = {name: "".join(shlex.split(value)) for name, value in values.items()}
    values |= service.get("environment", {})
    for secret in service.get("secrets", []):
        (secrets / secret).write_text(SECRET_VALUES.get(secret, "f" * 64), "utf-8")
    return {name: value.replace("/run/secrets", str(secrets)) for name, value in values.items()}


SECRET_VALUES = {
    "database-url": "postgresql://titrate_web:x@postgres/titrate",
    "database-owner-url": "postgresql://titrate_migrator:x@postgres/titrate",
    "worker-database-url": "postgresql://titrate_worker:x@postgres/titrate",
    "redis-url": "redis://:x@valkey:6379/0",
}


def test_the_schema_is_the_one_written_down() -> None:
    told = re.search(r"`([0-9a-f]{64})`", SCHEMA.with_suffix(".md").read_text("utf-8"))
    assert told
    assert hashlib.sha256(SCHEMA.read_bytes()).hexdigest() == told[1]


def test_compose_fits_the_official_schema() -> None:
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(COMPOSE)


def test_a_misspelt_key_would_not_fit() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    broken = COMPOSE | {"services": {**SERVICES, "web": SERVICES["web"] | {"helthcheck": {}}}}
    assert not validator.is_valid(broken)


def test_compose_names_only_what_it_declares() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (DEPLOY / source).is_file() if source.startswith("./") else source in COMPOSE["volumes"], mount


def test_every_service_is_held_to_what_it_needs() -> None:
    for name, service in SERVICES.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"caddy", "media", "coturn"}
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["postgres"]["networks"] == SERVICES["valkey"]["networks"] == ["inside"]


def test_a_kill_of_valkey_signs_nobody_out() -> None:
    valkey = SERVICES["valkey"]
    assert "--appendonly yes" in valkey["command"][0]
    assert valkey["volumes"] == ["valkey-data:/data"]


def test_caddy_knows_every_web_process_and_whether_it_lives() -> None:
    told = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert told.count("{$WEB_UPSTREAMS:web:8000}") == told.count("import several") == 2
    for word in ("health_uri /health/live", "fail_duration", "lb_try_duration"):
        assert word in told


def test_only_the_worker_may_write_checkpoints_and_runs_as_the_keys_owner() -> None:
    writers = {
        name
        for name, service in SERVICES.items()
        for mount in service.get("volumes", [])
        if mount.split(":")[0] in ("checkpoints", "log") and not mount.endswith(":ro")
    }
    assert writers == {"worker"}
    assert [name for name, service in SERVICES.items() if service.get("user") == "10001:10001"] == ["worker"]


def test_the_owners_password_reaches_migrate_alone() -> None:
    assert [name for name, one in SERVICES.items() if "database-owner-url" in one.get("secrets", [])] == ["migrate"]


def test_the_workers_login_reaches_the_worker_alone_and_it_holds_no_other() -> None:
    assert [name for name, one in SERVICES.items() if "worker-database-url" in one.get("secrets", [])] == ["worker"]
    assert [name for name, one in SERVICES.items() if "worker-password" in one.get("secrets", [])] == ["postgres"]
    assert set(SERVICES["worker"]["secrets"]) == {"worker-database-url", "redis-url"}


def test_make_secrets_makes_every_secret_but_the_providers(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_bytes((DEPLOY / "make-secrets.sh").read_bytes())
    for _ in range(2):
        told = subprocess.run(["sh", str(script)], check=True, capture_output=True, text=True)
        assert "oidc-client-secret" in told.stderr
    made = {path.name: path.read_text("utf-8").strip() for path in (tmp_path / "secrets").iterdir()}
    assert made.keys() == COMPOSE["secrets"].keys() - {"oidc-client-secret"}
    assert made["web-password"] in made["database-url"]
    assert made["migrator-password"] in made["database-owner-url"]
    assert made["worker-password"] in made["worker-database-url"]
    assert made["valkey-password"] in made["redis-url"]
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_the_example_names_exactly_the_settings() -> None:
    assert env_lines().keys() == NAMES.keys()


def test_the_example_shows_required_settings_to_be_filled_in_and_true_defaults() -> None:
    for name, (line, counts) in env_lines().items():
        if NAMES[name].default is None:
            assert counts, name
        elif not counts and not line.startswith(f"{name}_FILE=") and name != "TURN_URL":
            assert "".join(shlex.split(line.split("=", 1)[1])) == NAMES[name].default, name


def test_no_secret_stands_in_the_example() -> None:
    for name, (line, _) in env_lines().items():
        assert not NAMES[name].secret or line.startswith(f"{name}_FILE="), name


@pytest.mark.parametrize("name", OURS)
def test_each_process_finds_its_settings_complete(name: str, tmp_path: Path) -> None:
    environment = environment_of(OURS[name], tmp_path)
    assert environment.keys() <= NAMES.keys() | {f"{name}_FILE" for name in NAMES}
    known = settings.read(environment)
    assert known.proxy_addresses == (SERVICES["caddy"]["networks"]["inside"]["ipv4_address"],)
    subnet = ipaddress.ip_network(COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"])
    assert ipaddress.ip_address(known.proxy_addresses[0]) in subnet
    assert f"{{MEDIA_PORT:-{known.media_port}}}" in SERVICES["media"]["ports"][0]


def test_turn_can_be_switched_on_for_the_web_process(tmp_path: Path) -> None:
    environment = environment_of(OURS["web"], tmp_path)
    shown = dict(line.split("=", 1) for name, (line, _) in env_lines().items() if name.startswith("TURN_"))
    environment |= {name: value.replace("/run/secrets", str(tmp_path)) for name, value in shown.items()}
    assert settings.read(environment).turn_secret


def test_the_image_is_built_from_files_that_exist_and_are_sent() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text("utf-8")
    copied = [source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.M) for source in line.split()]
    assert {"requirements.lock", "server", "deploy/healthcheck.py"} <= set(copied)
    sent = re.findall(r"^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8"), re.M)
    assert sorted(copied) == sorted(sent)
    for source in copied:
        assert (ROOT / source).exists(), source
    for name in OURS:
        assert OURS[name]["image"] == f"titrate:{project_version()}"


def project_version() -> str:
    found = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    assert found
    return found[1]


INNER = ["10.0.0.1", "172.31.240.10", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"]
INNER += ["224.0.0.1", "::1", "::ffff:10.0.0.1", "fc00::1", "fe80::1", "ff02::1", "64:ff9b::a00:1"]


@pytest.mark.parametrize("address", INNER)
def test_turn_relays_to_no_inner_address(address: str) -> None:
    lines = re.findall(r"^denied-peer-ip=(\S+)-(\S+)$", (DEPLOY / "turnserver.conf").read_text("utf-8"), re.M)
    wanted = ipaddress.ip_address(address)
    denied = [(ipaddress.ip_address(low), ipaddress.ip_address(high)) for low, high in lines]
    assert any(low.version == wanted.version and int(low) <= int(wanted) <= int(high) for low, high in denied)


@dataclass(frozen=True, slots=True)
class Server:
    """A fresh PostgreSQL with roles.sql and passwords.sh applied to an empty database, as compose.yaml does it.

    `stopped` is what migrating said before there was a sealer's role, and how many tables it left.
    """

    superuser: str
    owner: str
    web: str
    worker: str
    refused: str
    redis: str
    stopped: tuple[str, int]


ROLES = (
    "SELECT string_agg(concat_ws(' ', r.rolname, r.rolcanlogin, r.rolsuper, r.rolinherit, r.rolcreaterole,"
    " (SELECT string_agg(g.rolname, ',' ORDER BY g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid"
    " WHERE m.member = r.oid)), '; ' ORDER BY r.rolname) FROM pg_roles r WHERE r.rolname LIKE 'titrate%'"
)


async def stop(superuser: str, owner: str) -> tuple[str, int]:
    """Migrate a cluster of version 0.2.0, which had neither sealer nor worker."""
    engine = database.one_shot_engine(superuser)
    async with engine.begin() as conn:
        await conn.execute(text("DROP ROLE titrate_worker, titrate_sealer"))
    await engine.dispose()
    with pytest.raises(database.DatabaseError) as told:
        await database.migrate(owner)
    return str(told.value), await ask(owner, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("deploy")
    with start_embedded(folder / "data", durable=False) as engines:
        postgres, secret = engines.postgres, engines.secrets.superuser_password
        (folder / "migrator-password").write_text("migrator's\n", "utf-8")
        (folder / "web-password").write_text("web's\n", "utf-8")
        (folder / "worker-password").write_text("worker's\n", "utf-8")
        environment = {
            "PATH": f"{postgres_programs(engine_user())}:{os.environ['PATH']}",
            "PGHOST": str(postgres.sockets),
            "PGPASSWORD": secret,
            "POSTGRES_USER": "postgres",
            "POSTGRES_DB": DATABASE,
            "SECRETS": str(folder),
        }
        psql = ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres"]
        roles, passwords = DEPLOY / "postgres" / "roles.sql", DEPLOY / "postgres" / "passwords.sh"
        superuser = engines.superuser_url(DATABASE)
        owner = postgres.url("titrate_migrator", "migrator's", DATABASE)

        def run(*arguments: str) -> None:
            subprocess.run(arguments, env=environment, check=True, capture_output=True)

        run(*psql, "-c", f"CREATE DATABASE {DATABASE}")
        run(*psql, "-d", DATABASE, "-f", str(roles))
        run("sh", str(passwords))
        made = asyncio.run(ask(superuser, ROLES))
        stopped = asyncio.run(stop(superuser, owner))
        for _ in range(2):  # running it again makes what is missing and changes nothing else
            run(*psql, "-d", DATABASE, "-f", str(roles))
            assert asyncio.run(ask(superuser, ROLES)) == made
        run("sh", str(passwords))
        yield Server(
            superuser,
            owner,
            postgres.url("titrate_web", "web's", DATABASE),
            postgres.url("titrate_worker", "worker's", DATABASE),
            postgres.url("titrate_web", "another", DATABASE),
            engines.valkey.url(),
            stopped,
        )


@pytest.fixture(scope="module")
def migrated(server: Server) -> Server:
    asyncio.run(database.migrate(server.owner))
    return server


async def ask(url: str, question: str) -> Any:
    engine = database.one_shot_engine(url)
    try:
        async with engine.connect() as conn:
            return (await conn.execute(text(question))).scalar()
    finally:
        await engine.dispose()


async def test_the_migrator_migrates_and_each_login_is_let_in_where_it_belongs_and_nowhere_else(
    migrated: Server,
) -> None:
    web, worker = logins.refuse_sealing_login, logins.require_sealing_login
    for url, its, others in ((migrated.web, web, worker), (migrated.worker, worker, web)):
        engine = database.one_shot_engine(url)
        async with engine.connect() as conn:
            await logins.refuse_powerful_login(conn)
            await database.require_current_schema(conn)
            await its(conn)
            with pytest.raises(database.DatabaseError, match="WORKER_DATABASE_URL"):
                await others(conn)
        await engine.dispose()


def test_a_cluster_of_an_earlier_release_is_told_to_run_roles_again_and_is_left_as_it_was(server: Server) -> None:
    told, tables = server.stopped
    assert told.startswith("The database has no role titrate_sealer: run deploy/postgres/roles.sql again as the super")
    assert tables == 0


@pytest.mark.parametrize("login", ["owner", "superuser"])
async def test_the_other_logins_are_refused_to_the_running_processes(migrated: Server, login: str) -> None:
    engine = database.one_shot_engine(getattr(migrated, login))
    async with engine.connect() as conn:
        with pytest.raises(database.DatabaseError):
            await logins.refuse_powerful_login(conn)
    await engine.dispose()


async def test_tables_belong_to_the_role_nobody_logs_in_as(migrated: Server) -> None:
    owners = "SELECT string_agg(DISTINCT tableowner, ',') FROM pg_tables WHERE schemaname = 'public'"
    assert await ask(migrated.owner, owners) == "titrate_owner"
    assert await ask(migrated.owner, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'titrate_owner'") is False


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE mine (id int)", "DELETE FROM audit_entry", "SET ROLE titrate_owner", "DROP TABLE audit_entry"],
)
async def test_the_web_login_can_do_no_more_than_was_granted(migrated: Server, statement: str) -> None:
    assert await ask(migrated.web, "SELECT count(*) FROM audit_entry") == 0
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        await ask(migrated.web, statement)


async def test_a_wrong_password_opens_nothing(migrated: Server) -> None:
    with pytest.raises(Exception, match="password authentication failed"):
        await ask(migrated.refused, "SELECT 1")


def healthcheck() -> ModuleType:
    """deploy/healthcheck.py as a module: it lies in the image beside the packages, not in one."""
    spec = importlib.util.spec_from_file_location("healthcheck", DEPLOY / "healthcheck.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_the_worker_is_unhealthy_until_it_is_heard_of(migrated: Server) -> None:
    check = healthcheck()
    told = await check.behind(migrated.worker, migrated.redis)
    assert told is not None
    assert told.startswith("worker_silent: ")
    async with Redis.from_url(migrated.redis) as redis:
        await beats.keep(redis, beats.Beat(datetime.now(UTC), None, None))
        assert await check.behind(migrated.worker, migrated.redis) is None
        await beats.keep(redis, beats.Beat(datetime.now(UTC), None, "It refuses."))
    assert await check.behind(migrated.worker, migrated.redis) == "worker_refuses: It refuses."


def test_media_is_healthy_when_its_port_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    check = healthcheck()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MEDIA_PORT", str(line.getsockname()[1]))
        assert check.media() is None
    assert check.media() == f"UDP port {os.environ['MEDIA_PORT']} is not open"
