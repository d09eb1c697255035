"""``titrate policy check``: reads no record and needs no engine."""

from datetime import UTC, datetime
from pathlib import Path

import click


@click.group()
def policy() -> None:
    """Ask what the prescribing policy says."""


@policy.command("check")
@click.argument("name", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path, dir_okay=False), help="A file with one name per line.")
@click.option("--action", required=True, help="new, renew, increase, decrease, continue, ... (docs/policy-check.md)")
@click.option("--modality", required=True, help="video, audio, in_person or none.")
@click.option("--state", help="Two-letter state where the patient is. Without it, only federal law is checked.")
@click.option(
    "--check-in",
    default="holds",
    show_default=True,
    help="For in-person visits: whether the front desk check-in is valid.",
)
@click.option("--on", "day", help="The day to decide for, as YYYY-MM-DD; today by default.")
def check(
    name: str | None,
    file: Path | None,
    action: str,
    modality: str,
    state: str | None,
    check_in: str,
    day: str | None,
) -> None:
    """Say whether NAME may be prescribed, as one JSON object.

    With --file one line for each name, in order. Exit status: 0 allow, 3 block, 2 unusable input.
    """
    from compliance.prescribing import policy_check, policy_packs
    from compliance.shared.errors import UnusableInput
    from compliance.substances import resolver as substances

    now = datetime.now(UTC)
    try:
        known = substances.load()
        asked = policy_check.question(
            action=action, modality=modality, state=state, on=day, substances=known, now=now, check_in=check_in
        )
        checked = policy_check.check(_names(name, file), asked, known, policy_packs.load(), now)
    except UnusableInput as error:
        click.echo(f"titrate: {error}", err=True)
        raise click.exceptions.Exit(policy_check.EXIT_UNUSABLE) from None
    for line in checked.lines:
        click.echo(line)
    raise click.exceptions.Exit(checked.exit_status)


def _names(name: str | None, file: Path | None) -> tuple[str, ...]:
    from compliance.prescribing import policy_check
    from compliance.shared.errors import UnusableInput

    if (name is None) == (file is None):
        raise UnusableInput("Give one name, or --file with one name per line.")
    if name is not None:
        return (name,)
    assert file is not None
    try:
        return policy_check.names_in(file.read_bytes())
    except OSError as error:
        raise UnusableInput(f"{file} cannot be read: {error.strerror}.") from None
