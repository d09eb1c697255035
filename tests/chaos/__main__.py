"""Kills every process of a clinic in mid visit: ``python -m tests.chaos [--only NAME] [--times N]`` prints the table.

The exit status is 1 when something acknowledged was lost, something was written twice, something false was said,
something did not come back, or the log does not verify.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence

import click

from tests.chaos.clinic import clinic
from tests.chaos.counting import Counted
from tests.chaos.faults import Visit, visit
from tests.chaos.report import Row, table

# Name of a row, the process that is killed, web processes that serve.
KILLS = {
    "media": ("media", 1),
    "web, the only one": ("web", 1),
    "worker": ("worker", 1),
    "PostgreSQL": ("PostgreSQL", 1),
    "Valkey": ("Valkey", 1),
    "web, one of two": ("web", 2),
}


@click.command()
@click.option("--only", type=click.Choice(tuple(KILLS)), multiple=True, help="This row; may be given several times.")
@click.option("--times", default=3, show_default=True, help="How often each process is killed.")
def main(only: tuple[str, ...], times: int) -> None:
    """A visit of two real browsers whose prescriber writes doses and notes all the time, and one kill after another."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    began = time.monotonic()
    rows = asyncio.run(_run(only or tuple(KILLS), times))
    click.echo(f"\n{table(rows)}\n")
    click.echo(f"{time.monotonic() - began:.0f} s; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.", err=True)
    if not all(row.sound for row in rows):
        sys.exit(1)


async def _run(names: Sequence[str], times: int) -> list[Row]:
    rows: list[Row] = []
    for webs in (1, 2):
        chosen = [name for name in names if KILLS[name][1] == webs]
        if not chosen:
            continue
        async with clinic(webs) as here, visit(here) as held:
            for name in chosen:
                rows.append(await _row(held, name, KILLS[name][0], times))
                click.echo(table(rows[-1:]).splitlines()[-1], err=True)
    return rows


async def _row(held: Visit, name: str, process: str, times: int) -> Row:
    before, known = await held.counted(), _acknowledged(held)
    faults = []
    for _ in range(times):
        faults.append(await held.fault(process))
        click.echo(f"{name}: {faults[-1]}", err=True)
    after = await held.counted()
    new = Counted(*(_new(getattr(after, part), getattr(before, part)) for part in Counted.__slots__))
    return Row(name, faults, _acknowledged(held) - known, new, await held.clinic.verify())


def _acknowledged(held: Visit) -> int:
    return len(held.writer.doses.acknowledged) + len(held.writer.notes.acknowledged)


def _new(after: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in after if one not in before)


if __name__ == "__main__":
    main()
