"""``titrate audit verify`` compares the log with the checkpoints kept outside; ``export`` writes it as a file that is
verified elsewhere. Both read it by short pages.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from compliance.audit.checkpoint import VerifierKey
from compliance.audit.coverage.values import Coverage
from compliance.audit.export import bundle_lines
from compliance.audit.findings import VerificationReport
from compliance.audit.store import DirectoryStore
from compliance.audit.verify import verify_log
from server.application import audit_coverage as coverage
from server.audit import keys as log_keys
from server.platform import database
from server.platform.engines import EngineError, start_embedded
from server.platform.engines.embedded import kept_secrets
from server.platform.engines.places import NOTE, engine_user, socket_folder
from server.platform.settings import SettingError, Settings

DEMO_DATABASE = "titrate"


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """What the command prints, line by line, and its exit status."""

    lines: tuple[str, ...]
    exit_status: int


async def verify_command(settings: Settings | None, data: Path | None) -> VerifiedLog:
    """Verify the clinic of the settings, or the demo in a data folder (absolute), running or not."""
    if data is not None:
        with demo_database(data) as url:
            key = log_keys.read_public(data / "log-key.pem")
            return said(await _verify(url, data / "checkpoints", key))
    assert settings is not None
    key = log_keys.verifier(settings)
    return said(await _verify(settings.database_url, settings.checkpoint_folder, key))


async def export_command(settings: Settings | None, data: Path | None, to: Path) -> VerifiedLog:
    """Write the signed log of the clinic, or of a demo, as a bundle. Raises ``SettingError`` when `to` is there."""
    if data is not None:
        with demo_database(data) as url:
            return await _export(url, log_keys.read_public(data / "log-key.pem"), to)
    assert settings is not None
    return await _export(settings.database_url, log_keys.verifier(settings), to)


def _beside(to: Path) -> Path:
    """Where it is written until it is whole."""
    if to.exists():
        raise SettingError(f"{to} is there already: name another file.")
    return to.with_name(f"{to.name}.unfinished")


async def _export(url: str, key: VerifierKey, to: Path) -> VerifiedLog:
    unfinished = _beside(to)
    engine = database.one_shot_engine(url)
    count = 0
    try:
        await database.reach(engine)
        async with engine.connect() as conn:
            await database.refuse_older_schema(conn)
            unfinished.touch(mode=0o600)  # it is read as carefully as the log itself
            with unfinished.open("w", encoding="utf-8") as file:
                async for line in bundle_lines(conn):
                    file.write(line)
                    count += 1
        unfinished.rename(to)
    except OSError as error:
        raise SettingError(f"{to} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
        await engine.dispose()
    return VerifiedLog(
        (
            f"{count} lines in {to}. Whoever has the public key verifies them without this program's database:",
            f'python -m compliance verify "{to}" --key "{key}"',
        ),
        0,
    )


async def _verify(url: str, checkpoints: Path, key: VerifierKey) -> VerificationReport:
    engine = database.one_shot_engine(url)
    try:
        await database.reach(engine)
        async with engine.connect() as conn:
            await database.refuse_older_schema(conn)
            await conn.rollback()  # the reading goes by short pages of its own
            return await verify_log(conn, DirectoryStore(checkpoints), key, observers=(coverage.COMPARISON,))
    finally:
        await engine.dispose()


@contextmanager
def demo_database(folder: Path) -> Iterator[str]:
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


def said(report: VerificationReport) -> VerifiedLog:
    """The report in lines: findings first, then what was compared."""
    lines = [f"{one.code.value}: {one.sentence}" for one in report.findings]
    if report.more:
        lines.append(f"... and {report.more} more findings.")
    root = report.root.hex() if report.root else "none"
    lines.append(f"Sealed entries: {report.size}, vouched for outside the database: {report.anchored_size}")
    lines.append(f"Not sealed yet: {report.unsealed}. Decisions compared: {report.decisions}{_earlier(report)}")
    lines.extend(_covered(Coverage.of(report.counts)))
    if report.erased:
        lines.append(f"Content erased by a purge, which is an entry: {report.erased}")
    lines.append(f"Tree head: {root}")
    lines.append("The log is whole." if report.ok else "The log is NOT as it was written.")
    return VerifiedLog(tuple(lines), report.exit_status)


def _covered(coverage: Coverage | None) -> list[str]:
    """How much of the record was compared with the log."""
    if coverage is None:
        return []
    lines = [f"Rows of the record compared with {coverage.compared} digests in entries: {coverage.rows}"]
    if coverage.entries_before or coverage.rows_before:
        lines.append(
            f"Entries from before record digests: {coverage.entries_before}, rows: {coverage.rows_before}. "
            "Of these rows the log says only that they were there."
        )
    if coverage.rows_purged:
        lines.append(f"Rows whose entries' content was erased with their patient's: {coverage.rows_purged}")
    return lines


def _earlier(report: VerificationReport) -> str:
    """How many of the decisions rest on neither attendance nor check-in, because there were none yet."""
    return f", {report.first_format} of them from before attendance was recorded" if report.first_format else ""
