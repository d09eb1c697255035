"""``titrate audit verify`` and ``titrate audit export``."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from server import settings as known_settings
from server.cli.config import CONFIG_OPTION

if TYPE_CHECKING:
    from server.audit_command import Verified


@click.group()
def audit() -> None:
    """Prove what the log says."""


@audit.command("verify")
@CONFIG_OPTION
@click.option("--data", type=click.Path(path_type=Path), help="Verify the demo in this data folder.")
def verify(file: Path | None, data: Path | None) -> None:
    """Compare every entry with the sealed log and its signed checkpoints kept outside the database.

    Exit status 0: everything agrees. 3: something was altered, removed or added; each finding is a line.
    """
    from server.audit_command import verify_command

    _say(asyncio.run(verify_command(*_where(file, data))))


@audit.command("export")
@CONFIG_OPTION
@click.option("--data", type=click.Path(path_type=Path), help="Export the demo in this data folder.")
@click.argument("to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
def export(file: Path | None, data: Path | None, to: Path) -> None:
    """Write the signed part of the log to a new FILE that a stranger can verify (docs/log.md).

    It holds no names, but ids, product names and reasons: keep it as you keep the log.
    """
    from server.audit_command import export_command

    _say(asyncio.run(export_command(*_where(file, data), to.expanduser().absolute())))


@audit.command("status")
@CONFIG_OPTION
def status(file: Path | None) -> None:
    """Say whether the log keeps up: sealed, signed and copied outside within a minute.

    Exit status 0: it does. 3: it does not; each fault is a line.
    """
    from datetime import UTC, datetime

    from server.log_health.command import status as status_command

    settings = known_settings.read(file=file)
    _say(asyncio.run(status_command(settings.database_url, settings.redis_url, datetime.now(UTC))))


def _where(file: Path | None, data: Path | None) -> "tuple[known_settings.Settings | None, Path | None]":
    """The clinic of the settings, or the demo in a folder."""
    return (None, data.expanduser().absolute()) if data else (known_settings.read(file=file), None)


def _say(done: "Verified") -> None:
    for line in done.lines:
        click.echo(line)
    raise click.exceptions.Exit(done.exit_status)
