"""Runs the benchmarks: ``python -m tests.benchmarks [--only NAME]`` prints a table and one JSON line a figure.

A benchmark is a module ``bench_NAME`` beside this one with ``def measure(place: Place) -> Sequence[Figure]``;
what it waits for, it waits for inside ``run`` of `place`, which ends in time.
"""

import importlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence

import click

from tests.benchmarks.figures import Figure, json_line, table
from tests.benchmarks.place import Place, place

# In this order, so that the quiet ones run before the browsers start.
NAMES = (
    "resolve",
    "load",
    "verify",
    "feedback",
    "relay",
    "dose_change",
    "pages",
    "big_record",
    "throughput",
    "idle",
    "screen",
    "join",
    "recovery",
    "narrow_line",
)
# Run when named alone: they make a log of years, which takes minutes.
LONG = {"log": ("log_list", "log_digests", "log_verify")}


@click.command()
@click.option(
    "--only", type=click.Choice((*NAMES, *LONG)), multiple=True, help="Run this one; may be given several times."
)
def main(only: tuple[str, ...]) -> None:
    """Measure on this machine, now. Ratios compare within the run; absolute figures depend on what else runs here.

    A benchmark that fails is named and the others go on; the exit status is 1 then.
    """
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # engines and browsers end with us
    began = time.monotonic()
    figures: list[Figure] = []
    failed: list[str] = []
    with place() as here:
        for name in (each for one in only or NAMES for each in LONG.get(one, (one,))):
            try:
                figures += _run(name, here)
            except Exception:
                traceback.print_exc()
                failed.append(name)
    if figures:
        click.echo(f"\n{table(figures)}\n")
    for figure in figures:
        click.echo(json_line(figure))
    click.echo(f"\n{len(figures)} figures in {time.monotonic() - began:.0f} s; load {_load()}.", err=True)
    if failed:
        click.echo(f"Failed: {', '.join(failed)}.", err=True)
        sys.exit(1)


def _run(name: str, here: Place) -> Sequence[Figure]:
    began = time.monotonic()
    found: Sequence[Figure] = importlib.import_module(f"tests.benchmarks.bench_{name}").measure(here)
    click.echo(f"{name}: {len(found)} figures in {time.monotonic() - began:.0f} s; load {_load()}", err=True)
    return found


def _load() -> str:
    """How many programs wanted a core on average over the last minute, and how many cores there are."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
