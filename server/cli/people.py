"""``titrate person add``, ``grant`` and ``revoke``."""

import asyncio
from pathlib import Path

import click

from compliance.shared.vocabulary import Role
from server.cli.config import CONFIG_OPTION
from server.platform import settings as known_settings

ROLES = tuple(role.value for role in Role)
ISSUER = click.option("--issuer", required=True, help="Issuer URL of the OpenID provider.")
SUBJECT = click.option("--subject", required=True, help="The person's subject (sub) there.")


@click.group()
def person() -> None:
    """Let people in, and say what they are."""


@person.command("add")
@CONFIG_OPTION
@ISSUER
@SUBJECT
@click.option(
    "--role", "roles", required=True, multiple=True, type=click.Choice(ROLES), help="Can be given more than once."
)
@click.option("--given-name", required=True)
@click.option("--family-name", required=True)
@click.option("--prefix", help="For example Dr.")
@click.option("--credential", help="For example MD, DO, PMHNP, PA-C.")
@click.option("--pronouns", help="For example she/her.")
@click.option("--born", type=click.DateTime(["%Y-%m-%d"]), help="Date of birth; required for the patient role.")
@click.option("--phone", help="A patient's U.S. phone number.")
def add(file: Path | None, **given: object) -> None:
    """Link a person to their sign-in and give them roles.

    The first administrator is added this way; further people can be added on the administrator's page.
    """
    from server.operations.people import NewPersonOptions, add_person

    settings = known_settings.read(file=file)
    added = asyncio.run(add_person(settings, NewPersonOptions.from_command(given)))
    click.echo(f"Added. Person {added}")


ROLE = click.option("--role", required=True, type=click.Choice(ROLES))


@person.command("grant")
@CONFIG_OPTION
@ISSUER
@SUBJECT
@ROLE
def grant(file: Path | None, issuer: str, subject: str, role: str) -> None:
    """Give one more role to somebody who can sign in."""
    _change(file, issuer, subject, role, give=True)


@person.command("revoke")
@CONFIG_OPTION
@ISSUER
@SUBJECT
@ROLE
def revoke(file: Path | None, issuer: str, subject: str, role: str) -> None:
    """Take a role from somebody, at once.

    Nobody is front desk beside prescriber, supervisor or administrator: take the one role before giving the other.
    """
    _change(file, issuer, subject, role, give=False)


def _change(file: Path | None, issuer: str, subject: str, role: str, *, give: bool) -> None:
    from server.operations.people import RoleChangeOptions, change_role

    change = RoleChangeOptions(issuer, subject, Role(role), give)
    changed = asyncio.run(change_role(known_settings.read(file=file), change))
    click.echo(f"{'Granted' if give else 'Revoked'}. Person {changed}")
