"""``titrate config check``."""

from pathlib import Path

import click

from server.platform import settings as known_settings

CONFIG_OPTION = click.option(
    "--config", "file", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file with settings."
)


@click.group()
def config() -> None:
    """Look at the settings."""


@config.command("check")
@CONFIG_OPTION
def check(file: Path | None) -> None:
    """Read every setting and say whether they would do, without starting anything."""
    settings = known_settings.read(file=file)
    for setting in known_settings.SETTINGS:
        value = getattr(settings, setting.name.lower())
        shown = ("set" if value else "empty") if setting.secret else _shown(value)
        click.echo(f"{setting.name:20} {shown}")
    click.echo("The settings are complete.")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "empty"
    return str(value) or "empty"
