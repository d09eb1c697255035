"""``titrate audit verify``."""

import asyncio
from pathlib import Path

import click

from server import settings as known_settings
from server.cli.config import CONFIG_OPTION


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

    settings = None if data else known_settings.read(file=file)
    folder = data.expanduser().absolute() if data else None
    report = asyncio.run(verify_command(settings, folder))
    for line in report.lines:
        click.echo(line)
    raise click.exceptions.Exit(report.exit_status)
