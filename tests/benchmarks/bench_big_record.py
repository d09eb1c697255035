"""A long record: the same patient's pages with the list of the demo's story, and with 70 lines of 415 orders.

Served in this process on the demo's six months of history, one request after the other; nothing else differs.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.benchmarks import care, long_list
from tests.benchmarks.figures import Figure, middle
from tests.benchmarks.place import Open, Place, run
from tests.server.counting import Counter, counting
from tests.server.web_process import Person

REPEATS = 20
WARM_UP = 3
GOAL_MS = 60.0


def measure(place: Place) -> Sequence[Figure]:
    """Each page with both lists."""
    with counting() as counter, place.demo() as here:
        return run(_measure(here, counter))


async def _measure(here: Open, counter: Counter) -> Sequence[Figure]:
    drew, who = await here.http.as_("drew"), here.house.clinic
    visit_id = await care.waiting_visit(here)
    await care.admit(here, visit_id)
    visit, patient = f"/visits/{visit_id}", who["ada"]
    pages = {
        "visit": visit,
        "overview": f"{visit}/overview",
        "medicines": f"{visit}/medicines",
        "chart": f"/patients/{patient}",
        "patients": "/patients",
    }
    few = {name: await _page(drew, path, f"few.{name}", counter) for name, path in pages.items()}
    lines = await long_list.write(here.database.owner_url, patient, who["drew"], datetime.now(UTC))
    figures = [Figure("big_record.few.lines", lines, "lines")]
    for name, path in pages.items():
        short, _ = few[name]
        long, statements = await _page(drew, path, name, counter)
        figures += [short, long.over(short), statements]
    goal = Figure("big_record.goal", GOAL_MS, "ms")
    figures += [goal, next(one for one in figures if one.name == "big_record.visit").over(goal)]
    await care.end(here, visit_id)
    return figures


async def _page(who: Person, path: str, name: str, counter: Counter) -> tuple[Figure, Figure]:
    """Milliseconds for the whole answer, and the statements of one."""
    taken: list[float] = []
    fragment = name.rpartition(".")[2] in ("overview", "medicines")
    for _ in range(REPEATS + WARM_UP):
        counter.take()
        began = time.perf_counter()
        answer = await who.get(path, fragment=fragment)
        taken.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.text)
    statements = Figure(f"big_record.{name}.statements", counter.take(), "statements")
    return middle(f"big_record.{name}", taken[WARM_UP:], "ms"), statements
