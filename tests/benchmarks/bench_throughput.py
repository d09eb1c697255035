"""How many pages a second one web process gives, on the demo's history: four lines that ask again when answered."""

import asyncio
import os
import sys
import time
from collections.abc import Sequence

from tests.benchmarks import care, keep_asking
from tests.benchmarks.figures import Figure
from tests.benchmarks.place import Open, Place, run

LINES = 4
WARM_UP_S, SECONDS = 3.0, 15.0
GOAL = 120.0


def measure(place: Place) -> Sequence[Figure]:
    """The prescriber's visit page and day list; what asks is another process, which has a core of its own to use."""
    with place.demo() as here:
        return run(_measure(here))


async def _measure(here: Open) -> Sequence[Figure]:
    drew = await here.http.as_("drew")
    visit_id = await care.waiting_visit(here)
    await care.admit(here, visit_id)
    goal = Figure("throughput.goal", GOAL, "pages/s")
    figures = [goal]
    for name, path in {"visit": f"/visits/{visit_id}", "day": "/day"}.items():
        port, cookie = here.http.settings.port, drew.client.headers["Cookie"]
        await _asked(port, path, cookie, WARM_UP_S)
        used = time.process_time()
        pages = await _asked(port, path, cookie, SECONDS)
        used = time.process_time() - used
        figures.append(Figure(f"throughput.{name}", pages / SECONDS, "pages/s").over(goal))
        figures.append(Figure(f"throughput.{name}.cpu", used / pages * 1000, "ms of CPU/page"))
    await care.end(here, visit_id)
    return figures


async def _asked(port: int, path: str, cookie: str, seconds: float) -> int:
    """Answers in that time. Raises ``RuntimeError`` when one of them was no page."""
    asking = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.keep_asking", str(port), path, str(LINES), str(seconds),
        env={**os.environ, keep_asking.COOKIE: cookie}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await asking.communicate()
    if asking.returncode:
        raise RuntimeError("the pages were not answered")
    return int(said)
