"""One verification in a process of its own, so that its peak memory is its own: prints seconds, entries and MB."""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from compliance.audit.checkpoint import VerifierKey
from compliance.audit.store import DirectoryStore
from compliance.audit.verify import verify_log
from server.platform import database as databases


async def verify(url: str, folder: Path, key: str, *, records: bool) -> None:
    """Verify the log at `url`; with `records` as the worker does, with the comparison with the record."""
    how: dict[str, Any] = {}  # another checkout's program may not know it
    if records:
        from server.application import audit_coverage as coverage

        how = {"observers": (coverage.COMPARISON,)}
    engine = databases.one_shot_engine(url)
    async with engine.connect() as conn:
        began = time.perf_counter()
        report = await verify_log(conn, DirectoryStore(folder), VerifierKey.parse(key), **how)
        took = time.perf_counter() - began
    await engine.dispose()
    peak = _peak_mb()
    said = {"entries": report.size, "seconds": took, "peak_mb": peak, "findings": len(report.findings)}
    sys.stdout.write(json.dumps({**said, "first": [one.sentence for one in report.findings[:2]]}) + "\n")


def _peak_mb() -> float:
    """The most memory that this program had; what `getrusage` says may be its parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    asyncio.run(verify(sys.argv[1], Path(sys.argv[2]), sys.argv[3], records="records" in sys.argv[4:]))
