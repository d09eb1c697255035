"""``titrate audit verify``: reads the log by short pages and compares it with the checkpoints kept outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from compliance.checkpoint import VerifierKey
from compliance.checkpoint_store import DirectoryStore
from compliance.findings import Report
from compliance.verify import verify_log
from server import database, log_keys
from server.engines import EngineError, start_embedded
from server.engines.embedded import kept_secrets
from server.engines.places import NOTE, engine_user, socket_folder
from server.settings import SettingError, Settings

DEMO_DATABASE = "titrate"


@dataclass(frozen=True, slots=True)
class Verified:
    """What the command prints, line by line, and its exit status."""

    lines: tuple[str, ...]
    exit_status: int


async def verify_command(settings: Settings | None, data: Path | None) -> Verified:
    """Verify the clinic of the settings, or the demo in a data folder (absolute), running or not."""
    if data is not None:
        with _demo(data) as url:
            key = log_keys.read_public(data / "log-key.pem")
            return said(await _verify(url, data / "checkpoints", key))
    assert settings is not None
    key = log_keys.verifier(settings)
    return said(await _verify(settings.database_url, settings.checkpoint_folder, key))


async def _verify(url: str, checkpoints: Path, key: VerifierKey) -> Report:
    engine = database.one_shot_engine(url)
    try:
        await database.reach(engine)
        async with engine.connect() as conn:
            return await verify_log(conn, DirectoryStore(checkpoints), key)
    finally:
        await engine.dispose()


@contextmanager
def _demo(folder: Path) -> Iterator[str]:
    """The restricted login's address of a demo: its running engines, or ours for as long as it takes."""
    if not (folder / "secrets.json").exists():
        raise SettingError(f"{folder} holds no demo: name the folder that titrate demo --data used.")
    if not (folder / NOTE).exists() and not (folder / "postgres").exists():
        raise SettingError(f"{folder} belongs to a demo with engines of yours: name its settings instead of --data.")
    try:
        with start_embedded(folder) as engines:
            yield engines.postgres.url(database.Logins.APP, engines.secrets.app_password, DEMO_DATABASE)
            return
    except EngineError:
        password = kept_secrets(folder)["app_password"]
        sockets = socket_folder(folder, engine_user())
    yield f"postgresql+asyncpg://{database.Logins.APP}:{password}@/{DEMO_DATABASE}?host={sockets}"


def said(report: Report) -> Verified:
    """The report in lines: findings first, then what was compared."""
    lines = [f"{one.code.value}: {one.sentence}" for one in report.findings]
    if report.more:
        lines.append(f"... and {report.more} more findings.")
    root = report.root.hex() if report.root else "none"
    lines.append(f"Sealed entries: {report.size}, vouched for outside the database: {report.anchored_size}")
    lines.append(f"Not sealed yet: {report.unsealed}. Decisions compared: {report.decisions}")
    lines.append(f"Tree head: {root}")
    lines.append("The log is whole." if report.ok else "The log is NOT as it was written.")
    return Verified(tuple(lines), report.exit_status)
