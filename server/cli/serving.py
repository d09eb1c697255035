"""``titrate serve``, ``media``, ``worker`` and ``migrate``: the processes of a running clinic."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from server.cli.config import CONFIG_OPTION
from server.platform import settings as known_settings

if TYPE_CHECKING:
    from server.application.demo_parts import DemoParts


@click.command()
@CONFIG_OPTION
@click.option("--as-demo", is_flag=True, hidden=True, help="Set by titrate demo for its own processes.")
def serve(file: Path | None, as_demo: bool) -> None:
    """Serve the pages and the sign-in (one process; run several behind a proxy)."""
    from server.processes.run import run_web

    run_web(known_settings.read(file=file), demo=_parts(as_demo))


@click.command()
@CONFIG_OPTION
def media(file: Path | None) -> None:
    """Forward sound and picture: one UDP port, spoken to over Redis."""
    from server.processes.run import run_media

    run_media(known_settings.read(file=file))


@click.command()
@CONFIG_OPTION
@click.option("--as-demo", is_flag=True, hidden=True, help="Set by titrate demo for its own processes.")
def worker(file: Path | None, as_demo: bool) -> None:
    """Seal the log, sign its checkpoints, and do what is due by the clock."""
    from server.processes.run import run_worker

    run_worker(known_settings.read(file=file), demo=_parts(as_demo))


@click.command()
@CONFIG_OPTION
def migrate(file: Path | None) -> None:
    """Bring the database's schema to this release, as the owner (DATABASE_OWNER_URL)."""
    from datetime import UTC, datetime

    from server.application import audit_coverage as coverage
    from server.application import reference_products, references
    from server.audit import archive, epochs
    from server.platform import database

    settings = known_settings.read(file=file)
    if not settings.database_owner_url:
        raise known_settings.SettingError("DATABASE_OWNER_URL is not set. `titrate migrate` needs the owner's login.")
    known = references.load()
    asyncio.run(database.migrate(settings.database_owner_url))
    asyncio.run(epochs.refuse_before_writing(settings.database_owner_url))
    now = datetime.now(UTC)
    asyncio.run(coverage.begin(settings.database_owner_url, now))
    asyncio.run(reference_products.fill(settings.database_owner_url, known.formulary, known.substances, now))
    asyncio.run(archive.fill(settings.database_owner_url, known.packs, now))
    click.echo(f"The schema is at step {database.head_revision()}.")


def _parts(as_demo: bool) -> "DemoParts | None":
    """What the demo adds, for a process of the demo."""
    if not as_demo:
        return None
    from server.demo.wiring import PARTS

    return PARTS
