"""Looks for long: ``python -m tests.fuzz --minutes 20 [--only NAME]``; every fuzzer gets an equal share of the time.

Cases are new each time. What is found is printed with the smallest case that shows it, and ends with status 1.
"""

import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import click

from server.platform.engines.valkey import start_valkey
from tests.fuzz.exploring import Effort, Fuzzer
from tests.fuzz.fuzzers import FUZZERS

NAMES = tuple(fuzzer.name for fuzzer in FUZZERS)


@click.command()
@click.option("--minutes", type=click.FloatRange(min=0.1), default=20, show_default=True, help="For all together.")
@click.option("--only", type=click.Choice(NAMES), multiple=True, help="This one; may be given several times.")
def main(minutes: float, only: tuple[str, ...]) -> None:
    """Make up what strangers and patients might send, and see that it ends nobody's call."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # the engine ends with us
    chosen = [fuzzer for fuzzer in FUZZERS if fuzzer.name in (only or NAMES)]
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="titrate-fuzz-") as folder:
        engine = start_valkey(Path(folder))
        try:
            failed = [fuzzer.name for fuzzer in chosen if not _holds(fuzzer, minutes * 60 / len(chosen), engine.url(9))]
        finally:
            engine.stop()
    if failed:
        click.echo(f"Failed: {', '.join(failed)}.")
        sys.exit(1)


def _holds(fuzzer: Fuzzer, share_s: float, redis_url: str) -> bool:
    """Rounds until the share of time is over or something is found."""
    began = time.monotonic()
    ran = rounds = 0
    while time.monotonic() - began < share_s:
        effort = Effort(fuzzer.cases[1])
        try:
            fuzzer.run(effort, redis_url)
        except Exception:
            click.echo(
                f"{fuzzer.name}: FAILED after {ran + effort.ran} cases ({fuzzer.what})\n{traceback.format_exc()}"
            )
            return False
        ran, rounds = ran + effort.ran, rounds + 1
    took = time.monotonic() - began
    click.echo(f"{fuzzer.name}: {ran} cases in {rounds} rounds, {took:.0f} s ({fuzzer.what})")
    return True


if __name__ == "__main__":
    main()
