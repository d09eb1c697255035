"""The program ``titrate``: each command does one thing, and says in one sentence what went wrong.

Commands import what they need when they run, so that ``titrate --help`` and ``titrate policy check`` are quick.
"""

import sys
from collections.abc import Sequence

import click

from server.cli.audit import CouldNotRun, audit
from server.cli.config import config
from server.cli.demo import demo
from server.cli.people import person
from server.cli.policy import policy
from server.cli.serving import media, migrate, serve, worker
from server.cli.sites import site

FAILED, UNUSABLE = 1, 2


class _Group(click.Group):
    """Lists commands in the order in which a newcomer needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="titrate", prog_name="titrate")
def titrate() -> None:
    """Telehealth video visits with psychiatric medication management inside the call.

    \b
    To try it:
      titrate demo              a living clinic at http://localhost:8000
    To run it:
      titrate config check      are the settings complete?
      titrate migrate           bring the database up to date
      titrate serve | media | worker
      titrate person add        let the first administrator in
      titrate site add          say where patients are seen in person
    To prove it:
      titrate policy check "Xanax 0.5 mg tablet" --modality video --action new
      titrate audit verify
    """


for command in (demo, serve, media, worker, migrate, person, site, policy, audit, config):
    titrate.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program. A known error is one sentence on standard error and exit status 1 (2 for unusable input)."""
    try:
        status = titrate.main(args=arguments, prog_name="titrate", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:  # the person at the keyboard gets a sentence, whatever happened
        sentence, status = _said(error)
        click.echo(f"titrate: {sentence}", err=True)
        sys.exit(status)


def _said(error: Exception) -> tuple[str, int]:
    """What to print, and the exit status.

    Of an error that nobody foresaw, its kind and place alone: its message could quote a record.
    """
    from compliance.shared.errors import ComplianceError
    from emr.shared.errors import Invalid, RecordError
    from server.http.catch_all import place_of
    from server.platform.database import DatabaseError
    from server.platform.engines import EngineError
    from server.platform.settings import SettingError

    if isinstance(error, CouldNotRun):
        return str(error), UNUSABLE
    if isinstance(error, Invalid):
        return " ".join(error.fields.values()), UNUSABLE
    if isinstance(error, ComplianceError | RecordError | DatabaseError | EngineError | SettingError):
        return str(error), FAILED
    return f"Something unexpected happened: {type(error).__name__} at {place_of(error)}. Please report it.", FAILED
