"""``titrate demo``: engines, schema, a living clinic, and the three processes, started and stopped in order."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import click
from sqlalchemy import text

from compliance.audit.checkpoint import open_checkpoint
from compliance.audit.errors import BadNote
from server.application import audit_coverage as coverage
from server.application import reference_products, references
from server.audit import archive
from server.audit import keys as log_keys
from server.platform import database, logins
from server.platform.engines import EngineError, start_embedded
from server.platform.settings import SettingError, Settings, read, read_some
from server.processes.run import listen
from server.processes.supervising import Command, GaveUp, Supervisor

DATABASE = "titrate"
ENGINES = ("DATABASE_URL", "DATABASE_OWNER_URL", "WORKER_DATABASE_URL", "REDIS_URL")
WORKERS = "WORKER_DATABASE_URL"
LOG_KEY = "log-key.pem"
# What somebody made in this database, in whatever schema.
RELATIONS = (
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
)
READY_TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the demo's engines are: the web's login, the owner's, the worker's, and Redis."""

    app_url: str
    owner_url: str
    worker_url: str
    redis_url: str


def run_demo(*, host: str, port: int, data: Path, fresh: bool) -> None:
    """Serve the demo until Ctrl-C. Raises ``SettingError``, ``EngineError`` or ``DatabaseError`` with what to do."""
    _refuse_other_machines(host)
    _refuse_taken_port(host, port)
    data = data.expanduser().absolute()
    data.mkdir(mode=0o711, parents=True, exist_ok=True)
    stopped = _Stop()
    with ExitStack() as stack:
        addresses, secrets = stack.enter_context(_engines(data, fresh=fresh))
        asyncio.run(_prepare(addresses))
        asyncio.run(_refuse_another_log(addresses, data / LOG_KEY))
        environment = _environment(addresses, secrets, host=host, port=port, data=data)
        settings = read(environment)
        click.echo("Preparing the clinic's records ...") if _seed_needed(settings) else None
        asyncio.run(_seed(settings))
        children = stack.enter_context(_processes(environment))
        _wait_until_ready(children, port, stopped)
        if not stopped.told:
            _greet(port, data)
        _watch(children, stopped)
    click.echo("The clinic is closed. Its data is kept for the next start.")


class _Stop:
    """Remembers that somebody asked to stop, so that Ctrl-C ends things in order instead of anywhere."""

    def __init__(self) -> None:
        self.told = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: object) -> None:
        del number, frame
        self.told = True


def _refuse_other_machines(host: str) -> None:
    try:
        local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise SettingError(
            f"--host {host} is refused: the demo has no TLS, so camera and microphone would not work there and anyone "
            "on the network could read the visit. Use localhost, or set Titrate up with TLS (deploy/README.md)."
        )


def _refuse_taken_port(host: str, port: int) -> None:
    for line in listen(host, port):
        line.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.bind(("127.0.0.1", port))
        except OSError:
            raise SettingError(f"UDP port {port} is in use: choose another with --port.") from None


@contextmanager
def _engines(data: Path, *, fresh: bool) -> Iterator[tuple[Addresses, Mapping[str, str]]]:
    """The engines of the environment, or the embedded ones."""
    addresses = read_some(ENGINES)
    if addresses and len(addresses) < len(ENGINES):
        raise SettingError(
            f"{' and '.join(addresses)} set alone: {', '.join(ENGINES[:-1])} and {ENGINES[-1]} go together."
        )
    if addresses:
        if fresh:
            raise SettingError("--fresh empties the data folder alone, not the database that DATABASE_URL names.")
        from server.platform.engines.embedded import kept_secrets

        data.chmod(0o700)
        yield Addresses(*(addresses[name] for name in ENGINES)), kept_secrets(data)
        return
    with start_embedded(data, fresh=fresh) as engines:
        known = engines.secrets
        roles = database.Logins(known.owner_password, known.app_password, known.worker_password)
        asyncio.run(_make(engines.superuser_url(), roles))
        postgres = engines.postgres
        yield (
            Addresses(
                postgres.url(roles.APP, roles.app_password, DATABASE),
                postgres.url(roles.OWNER, roles.owner_password, DATABASE),
                postgres.url(roles.WORKER, roles.worker_password, DATABASE),
                engines.valkey.url(),
            ),
            known.as_mapping(),
        )


async def _make(superuser_url: str, roles: database.Logins) -> None:
    await database.make_roles(superuser_url, roles)
    await database.make_database(superuser_url, DATABASE)


async def _prepare(addresses: Addresses) -> None:
    """Migrate and mark, but only an empty database or one that a demo marked before."""
    engine = database.one_shot_engine(addresses.owner_url)
    try:
        await database.reach(engine, "DATABASE_OWNER_URL")
        await _refuse_wrong_logins(addresses)
        async with engine.connect() as conn:
            tables = (await conn.execute(text(RELATIONS))).scalar_one()
            known = (await conn.execute(text("SELECT to_regclass('public.demo_mark') IS NOT NULL"))).scalar_one()
            marked = known and (await conn.execute(text("SELECT count(*) FROM demo_mark"))).scalar_one()
        if tables and not marked:
            raise database.DatabaseError(
                "The database holds data that the demo did not create. Give the demo an empty database of its own."
            )
        await database.migrate(addresses.owner_url)
        known = references.load()
        now = datetime.now(UTC)
        await coverage.begin(addresses.owner_url, now)
        await reference_products.fill(addresses.owner_url, known.formulary, known.substances, now)
        await archive.fill(addresses.owner_url, known.packs, now)
        async with engine.begin() as conn:
            await database.mark_demo(conn, now)
    finally:
        await engine.dispose()


async def _refuse_wrong_logins(addresses: Addresses) -> None:
    """Before anything is written, not only when the processes start."""
    for setting, url in (("DATABASE_URL", addresses.app_url), ("WORKER_DATABASE_URL", addresses.worker_url)):
        engine = database.one_shot_engine(url)
        try:
            await database.reach(engine, setting)
            async with engine.connect() as conn:
                await logins.refuse_powerful_login(conn, setting)
        finally:
            await engine.dispose()


async def _refuse_another_log(addresses: Addresses, key: Path) -> None:
    """The log's key lies in the data folder: with another folder nothing could be sealed or verified any more."""
    engine = database.one_shot_engine(addresses.app_url)
    async with engine.connect() as conn:
        note = (await conn.execute(text("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"))).scalar()
    await engine.dispose()
    try:
        if note is not None:
            open_checkpoint(note, [log_keys.read_public(key)])
    except (SettingError, BadNote):
        raise SettingError(
            f"This demo's log was signed with a key that is not in {key.parent}: name its folder with --data, "
            "or give the demo an empty database."
        ) from None


def _environment(
    addresses: Addresses, secrets: Mapping[str, str], *, host: str, port: int, data: Path
) -> dict[str, str]:
    """The settings of the three processes: the same names as in production."""
    return {
        "DATABASE_URL": addresses.app_url,
        "WORKER_DATABASE_URL": addresses.worker_url,
        "REDIS_URL": addresses.redis_url,
        "PUBLIC_URL": f"http://localhost:{port}",
        "HOST": host,
        "PORT": str(port),
        "OIDC_ISSUER": f"http://localhost:{port}/demo/oidc",
        "OIDC_CLIENT_ID": "titrate-demo",
        "OIDC_CLIENT_SECRET": secrets["oidc_client_secret"],
        "OIDC_NAME": "the demo clinic",
        "TICKET_KEY": secrets["ticket_key"],
        "MEDIA_HOSTS": "127.0.0.1",
        "MEDIA_PORT": str(port),
        "LOG_KEY_FILE": str(data / LOG_KEY),
        "CHECKPOINT_FOLDER": str(data / "checkpoints"),
        "CLINIC_PHONE": "(813) 555-0100",
    }


def _seed_needed(settings: Settings) -> bool:
    from server.demo.history import is_empty

    return asyncio.run(is_empty(settings))


async def _seed(settings: Settings) -> None:
    from server.demo.history import bring_up_to_date

    await bring_up_to_date(settings, now=datetime.now(UTC))


@contextmanager
def _processes(environment: Mapping[str, str]) -> Iterator[Supervisor]:
    """Media, worker and web; stopped in reverse. As in production only the worker is told its login."""
    commands = {"media": ["media"], "worker": ["worker", "--as-demo"], "web": ["serve", "--as-demo"]}
    inherited = {name: value for name, value in os.environ.items() if name not in ENGINES}
    supervisor = Supervisor()
    try:
        for name, arguments in commands.items():
            told = {key: value for key, value in environment.items() if key != WORKERS or name == "worker"}
            whole = {**inherited, **told, "TITRATE_CHILD": "1"}
            supervisor.start(name, Command([sys.executable, "-m", "server", *arguments], whole))
        yield supervisor
    finally:
        supervisor.stop()


def _wait_until_ready(children: Supervisor, port: int, stopped: _Stop) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not stopped.told:
        _refuse_dead(children)
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1.0) as line:
                line.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if b" 200 " in line.recv(64):
                    return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise EngineError(f"The clinic did not answer within {READY_TIMEOUT_S:.0f} s.")
        time.sleep(0.1)


def _watch(children: Supervisor, stopped: _Stop) -> None:
    """One that dies is started again, as an operator's service manager would; calls and pages come back."""
    while not stopped.told:
        try:
            children.look()
        except GaveUp as error:
            raise EngineError(str(error)) from None
        time.sleep(0.1)


def _refuse_dead(children: Supervisor) -> None:
    """Before the clinic is open nothing is tried again: what the process said tells what is wrong."""
    if (found := children.dead()) is not None:
        raise EngineError(f"The {found[0]} process exited unexpectedly (status {found[1]}); see its output above.")


def _greet(port: int, data: Path) -> None:
    click.echo(
        f"\n  The demo clinic is open:  http://localhost:{port}\n\n"
        "  Choose Ada in one window and Dr. Marsh in another to hold a visit.\n"
        f"  Its data is in {data}. Everyone in it is invented. Ctrl-C closes it.\n"
    )
