"""Verifying a log that grows from ten thousand entries to a million: entries a second, and the verifier's own memory.

`BENCH_LOG_ENTRIES=5000000` makes it grow to five million. `BENCH_LOG_BEFORE=FOLDER` verifies the same rows with the
program of another checkout too, for a comparison on one machine in one run.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from compliance.audit.checkpoint import Signer
from compliance.audit.merkle import CompactRange
from server.platform import database as databases
from tests.benchmarks.figures import Figure, middle
from tests.benchmarks.place import Place
from tests.benchmarks.verifiable import grow
from tests.compliance.conftest import ORIGIN

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
MOST = int(os.environ.get("BENCH_LOG_ENTRIES", "1000000"))
BEFORE = os.environ.get("BENCH_LOG_BEFORE")
ROOT = Path(__file__).parents[2]


def measure(place: Place) -> Sequence[Figure]:
    """A log of its own, verified at each size in a process of its own."""
    made = place.database()
    folder, signer, tree = place.folder / "bench-log-checkpoints", Signer.generate(ORIGIN), CompactRange()
    figures: list[Figure] = []
    for size in (one for one in SIZES if one <= MOST):
        tree = asyncio.run(_grow(made.owner_url, tree, size, folder, signer))
        arguments = (made.app_url, str(folder), str(signer.verifier))
        figures += _figures(f"log.verify.{size}", ROOT, arguments, size)
        figures += _figures(f"log.verify.{size}.records", ROOT, (*arguments, "records"), size)
        if BEFORE:
            figures += _figures(f"log.verify.{size}.before", Path(BEFORE), arguments, size)
    return figures


async def _grow(url: str, tree: CompactRange, size: int, folder: Path, signer: Signer) -> CompactRange:
    owner = databases.one_shot_engine(url)
    try:
        return await grow(owner, tree.size, size, folder, signer, tree)
    finally:
        await owner.dispose()


def _figures(name: str, checkout: Path, arguments: Sequence[str], size: int) -> list[Figure]:
    runs = [_verified(checkout, arguments) for _ in range(3 if size <= 100_000 else 1)]
    assert all(one["entries"] == size for one in runs), runs
    if checkout == ROOT:
        assert not any(one["findings"] for one in runs), runs
    return [
        middle(name, [size / one["seconds"] for one in runs], "entries/s"),
        middle(f"{name}.memory", [one["peak_mb"] for one in runs], "MB"),
    ]


def _verified(checkout: Path, arguments: Sequence[str]) -> dict[str, float]:
    command = [sys.executable, str(ROOT / "tests/benchmarks/verifying.py"), *arguments]
    ran = subprocess.run(command, cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout)}, stdout=subprocess.PIPE)
    said: dict[str, float] = json.loads(ran.stdout)
    return said
