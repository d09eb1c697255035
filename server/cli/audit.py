"""``titrate audit verify``, ``export``, ``status``, ``continue``, ``replay`` and ``purge``."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from server.cli.config import CONFIG_OPTION
from server.platform import settings as known_settings

if TYPE_CHECKING:
    from server.operations.audit import VerifiedLog


class CouldNotRun(Exception):
    """Nothing can be said of the log, and why: exit status 2 (docs/log.md), never that of a finding."""


@contextmanager
def saying_why() -> Iterator[None]:
    """Make ``CouldNotRun`` of what stands in the way: settings, a key, a schema, a database that does not answer."""
    from compliance.shared.errors import ComplianceError
    from server.platform.database import UNREACHABLE, DatabaseError
    from server.platform.engines import EngineError
    from server.platform.settings import SettingError

    try:
        yield
    except (ComplianceError, DatabaseError, EngineError, SettingError) as error:
        raise CouldNotRun(str(error)) from error
    except UNREACHABLE as error:  # what it says could quote a record
        raise CouldNotRun(f"The database stopped answering ({type(error).__name__}): try again.") from error


@click.group()
def audit() -> None:
    """Prove what the log says. Exit status 2: it could not be read, so nothing is said of it."""


@audit.command("verify")
@CONFIG_OPTION
@click.option("--data", type=click.Path(path_type=Path), help="Verify the demo in this data folder.")
def verify(file: Path | None, data: Path | None) -> None:
    """Compare every entry with the sealed log and its signed checkpoints kept outside the database.

    Exit status 0: everything agrees. 3: something was altered, removed or added; each finding is a line.
    """
    from server.operations.audit import verify_command

    with saying_why():
        done = asyncio.run(verify_command(*_where(file, data)))
    _say(done)


@audit.command("export")
@CONFIG_OPTION
@click.option("--data", type=click.Path(path_type=Path), help="Export the demo in this data folder.")
@click.argument("to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
def export(file: Path | None, data: Path | None, to: Path) -> None:
    """Write the signed part of the log to a new FILE that a stranger can verify (docs/log.md).

    It holds ids, products and reasons, and nothing that anybody typed: keep it as you keep the log.
    """
    from server.operations.audit import export_command

    with saying_why():
        done = asyncio.run(export_command(*_where(file, data), to.expanduser().absolute()))
    _say(done)


@audit.command("status")
@CONFIG_OPTION
def status(file: Path | None) -> None:
    """Say whether the log keeps up: sealed, signed and copied outside within a minute.

    Exit status 0: it does. 3: it does not; each fault is a line.
    """
    from server.audit.health.command import status as status_command

    with saying_why():
        settings = known_settings.read(file=file)
        done = asyncio.run(status_command(settings.database_url, settings.redis_url, datetime.now(UTC)))
    _say(done)


@audit.command("continue")
@CONFIG_OPTION
@click.option("--reason", metavar="TEXT", help="The reason, in your own words; kept beside the log and never exported.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def continue_(file: Path | None, reason: str | None, yes: bool) -> None:
    """Go on with the log in a database that was restored from a dump, as the owner (DATABASE_OWNER_URL).

    A new cluster counts its transactions from the beginning. What the dump brought is sealed as it was; what comes is
    ordered in a new epoch, which an entry of the log tells of. Verify before. Refused where no counter is behind.
    """
    from server.audit.epochs import continue_command

    settings = known_settings.read(file=file)
    if not settings.database_owner_url:
        raise known_settings.SettingError(
            "DATABASE_OWNER_URL is not set. The owner's login is needed to continue the log."
        )
    if not yes:
        click.confirm(
            "Have you run titrate audit verify on the restored database, and is it the newest one?", abort=True
        )
    _say(asyncio.run(continue_command(settings.database_owner_url, datetime.now(UTC), reason)))


DAY = click.DateTime(["%Y-%m-%d"])


@audit.command("replay")
@CONFIG_OPTION
@click.option("--data", type=click.Path(path_type=Path), help="Replay the demo in this data folder.")
@click.option("--since", type=DAY, help="Only decisions made on this day (UTC) or later.")
@click.option("--until", type=DAY, help="Only decisions made before this day (UTC).")
def replay(file: Path | None, data: Path | None, since: datetime | None, until: datetime | None) -> None:
    """Decide the recorded decisions again, by the packs and reference files of their day, and compare.

    Exit status 0: none comes out otherwise. 3: some do; each is a line, with both answers, for a person to look at. 2:
    it could not be done. None says anything of whether the log is whole: titrate audit verify does.
    """
    from server.operations.replay import replay_command

    first, end = (day.replace(tzinfo=UTC) if day else None for day in (since, until))
    with saying_why():
        done = asyncio.run(replay_command(*_where(file, data), click.echo, since=first, until=end))
    _say(done)


@audit.command("purge")
@CONFIG_OPTION
@click.option("--patient", "patient_id", type=click.UUID, required=True, help="The patient's id.")
@click.option("--before", type=DAY, help="Only entries before this day (UTC).")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def purge(file: Path | None, patient_id: UUID, before: datetime | None, yes: bool) -> None:
    """Erase for good the details and typed texts of one patient's entries, as the owner (DATABASE_OWNER_URL).

    The entries themselves stay, and every proof of them; that they were emptied is an entry of the log. Prescriptions
    and notes are not touched.
    """
    from server.operations.purge import WantedPurge, purge_command

    def agreed(entries: int) -> None:
        if not yes:
            click.confirm(f"Permanently erase the content of {entries} entries?", abort=True)

    wanted = WantedPurge(patient_id, before.date() if before else None)
    with saying_why():
        done = asyncio.run(purge_command(known_settings.read(file=file), wanted, agreed))
    _say(done)


def _where(file: Path | None, data: Path | None) -> "tuple[known_settings.Settings | None, Path | None]":
    """The clinic of the settings, or the demo in a folder."""
    return (None, data.expanduser().absolute()) if data else (known_settings.read(file=file), None)


def _say(done: "VerifiedLog") -> None:
    for line in done.lines:
        click.echo(line)
    raise click.exceptions.Exit(done.exit_status)
