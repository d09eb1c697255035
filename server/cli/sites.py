"""``titrate site add``, ``list`` and ``close``."""

import asyncio
from pathlib import Path

import click

from server.cli.config import CONFIG_OPTION
from server.platform import settings as known_settings


@click.group()
def site() -> None:
    """Say where the clinic sees patients in person."""


@site.command("add")
@CONFIG_OPTION
@click.option("--name", required=True, help="The name patients know; they see it at check-in.")
@click.option("--line", required=True, help="Street address.")
@click.option("--city", required=True)
@click.option("--state", required=True, help="Two-letter state; its law determines what may be prescribed there.")
@click.option("--postal", required=True, help="ZIP code.")
def add(file: Path | None, **typed: str) -> None:
    """Open a site for check-in.

    Administrators can do it on their page too. A patient's home is no site.
    """
    from emr.presence.sites import NewSite
    from server.operations.sites import add_site

    added = asyncio.run(add_site(known_settings.read(file=file), NewSite(**typed)))
    click.echo(f"Open for check-in: {added.name}, {added.address}")


@site.command("list")
@CONFIG_OPTION
def list_(file: Path | None) -> None:
    """List every site, and since when one is closed."""
    from server.operations.sites import list_sites

    for one in asyncio.run(list_sites(known_settings.read(file=file))):
        state = f"closed {one.closed_at:%Y-%m-%d}" if one.closed_at else "open"
        click.echo(f"{one.name}\t{one.address}\t{state}")


@site.command("close")
@CONFIG_OPTION
@click.argument("name")
def close(file: Path | None, name: str) -> None:
    """Close the site of that NAME: nobody is booked or checked in there any more."""
    from server.operations.sites import close_site

    closed = asyncio.run(close_site(known_settings.read(file=file), name))
    click.echo(f"Closed: {closed.name}")
