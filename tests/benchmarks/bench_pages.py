"""Every page of the main job over HTTP, on the demo's six months of history: time, statements, and size.

Served in this process, one request after the other, so that the statements of each can be counted; the time includes
the client's own work, which `http.alone` shows: a request that reads nothing.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from playwright.async_api import Browser

from server.auth.actor import SESSION_COOKIE
from tests.benchmarks import care
from tests.benchmarks.figures import Figure, middle
from tests.benchmarks.place import Open, Place, run
from tests.journeys.clinic import browsers
from tests.server.counting import Counter, counting
from tests.server.web_process import Person

REPEATS = 12
WARM_UP = 2
LOADS = 3
FRAGMENTS = ("overview", "symptoms", "medicines", "notes")
# What the browser says it needed for the page that it shows, in bytes as unpacked.
WEIGHT = """() => {
  const sizes = { css: 0, js: 0, woff2: 0, svg: 0 };
  const all = [...performance.getEntriesByType('resource')].filter((one) => one.name.includes('/static/'));
  for (const { name, decodedBodySize } of all) sizes[new URL(name).pathname.split('.').pop()] += decodedBodySize;
  const [page] = performance.getEntriesByType('navigation');
  return { ...sizes, files: all.length, html: page.decodedBodySize, ready: page.domContentLoadedEventEnd };
}"""


@dataclass(frozen=True, slots=True)
class Load:
    """What the browser needed for one page; sizes in kB as unpacked."""

    css: float
    js: float
    woff2: float
    svg: float
    html: float
    files: float
    ready: float


def measure(place: Place) -> Sequence[Figure]:
    """The pages by plain requests, then the visit page in a browser."""
    with counting() as counter, place.demo() as here:
        return run(_measure(here, counter))


async def _measure(here: Open, counter: Counter) -> Sequence[Figure]:
    drew, ada, olu = [await here.http.as_(name) for name in ("drew", "ada", "olu")]
    visit_id = await care.waiting_visit(here)
    await care.admit(here, visit_id)
    visit, patient = f"/visits/{visit_id}", here.house.clinic["ada"]
    order = await care.order_of(here, visit)
    pages: list[tuple[str, Person, str]] = [
        ("alone", drew, "/health"),
        ("day", drew, "/day"),
        ("patients", drew, "/patients"),
        ("patient", drew, f"/patients/{patient}"),
        ("visit", drew, visit),
        *((f"visit.{name}", drew, f"{visit}/{name}") for name in FRAGMENTS),
        ("visit.find", drew, f"{visit}/medicines/find"),
        ("visit.adjust", drew, f"{order}/adjust"),
        ("patient.home", ada, "/home"),
        ("patient.visit", ada, visit),
        ("patient.my-medicines", ada, f"{visit}/my-medicines"),
        ("log", olu, "/log"),
    ]
    forms = {f"{visit}/medicines/find": {"name": "sertraline"}, f"{order}/adjust": {"to": ""}}
    figures = await _all(pages, {path: {"patient": str(patient), **form} for path, form in forms.items()}, counter)
    figures.append(await _change(drew, order, patient, counter))
    async with browsers(1) as (chromium,):
        loads = [await _load(chromium, here.house.base, drew, visit) for _ in range(LOADS)]
    await care.end(here, visit_id)
    return [*figures, *_weights([first for first, _ in loads], [again for _, again in loads])]


async def _all(
    pages: Sequence[tuple[str, Person, str]], forms: Mapping[str, Mapping[str, str]], counter: Counter
) -> list[Figure]:
    """Time and statements of each page; of the two that are opened most, the first request after a start too."""
    alone: Figure | None = None
    figures: list[Figure] = []
    for name, who, path in pages:
        taken, counts = await _ask(who, path, forms.get(path), counter)
        again = middle(f"http.{name}", taken[WARM_UP:], "ms")
        alone = alone or again
        figures.append(again if again is alone else again.over(alone))
        if name in ("day", "visit"):
            figures.append(Figure(f"http.{name}.first", taken[0], "ms").over(again))
        if again is not alone:
            figures.append(middle(f"http.{name}.statements", counts[WARM_UP:], "statements"))
    return figures


async def _ask(
    who: Person, path: str, form: Mapping[str, str] | None, counter: Counter
) -> tuple[list[float], list[float]]:
    """Milliseconds and statements of each request for a page or fragment, the first ones included."""
    fragment = bool(re.match(r"/visits/[^/]+/", path))
    taken: list[float] = []
    counts: list[float] = []
    for _ in range(REPEATS + WARM_UP):
        counter.take()
        began = time.perf_counter()
        answer = await (who.get(path, fragment=fragment) if form is None else who.post(path, **form))
        taken.append((time.perf_counter() - began) * 1000)
        counts.append(counter.take())
        assert answer.status_code == 200, (path, answer.text)
    return taken, counts


async def _change(drew: Person, order: str, patient: UUID, counter: Counter) -> Figure:
    """The statements of one change of dose, from the form's arrival to the list that answers it."""
    offered = await drew.post(f"{order}/adjust", patient)
    total = re.search(r'name="total" value="([^"]+)"(?! checked)', offered.text)
    assert total, offered.text
    fields = {**care.CHANGE, "total": total.group(1)}
    checked = await drew.post(f"{order}/check", patient, **fields)
    counter.take()
    signed = await drew.post(f"{order}/revise", patient, **fields, **care.answers(checked.text))
    assert signed.status_code == 200, signed.text
    return Figure("dose_change.statements", counter.take(), "statements")


async def _load(chromium: Browser, base: str, who: Person, path: str) -> tuple[Load, Load]:
    """The page in a browser that has never seen it, and in the same one again."""
    context = await chromium.new_context()
    cookie = who.client.headers["Cookie"].removeprefix(f"{SESSION_COOKIE}=")
    secure = base.replace("http:", "https:")  # what a __Host- cookie asks for; sent to localhost without it too
    await context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": secure, "secure": True}])
    page = await context.new_page()
    await page.goto(f"{base}{path}")
    first = await page.evaluate(WEIGHT)
    await page.goto(f"{base}{path}")
    again = await page.evaluate(WEIGHT)
    await context.close()
    return _read(first), _read(again)


def _read(noted: dict[str, float]) -> Load:
    sizes = {name: noted[name] / 1000 for name in ("css", "js", "woff2", "svg", "html")}
    return Load(**sizes, files=noted["files"], ready=noted["ready"])


def _weights(first: Sequence[Load], again: Sequence[Load]) -> list[Figure]:
    base = middle("visit_page.ready", [one.ready for one in first], "ms")
    sizes = [
        middle(f"visit_page.{name}", [getattr(one, name) for one in first], "kB")
        for name in ("html", "css", "js", "woff2")
    ]
    files = middle("visit_page.files", [one.files for one in first], "files")
    return [*sizes, files, base, middle("visit_page.ready_again", [one.ready for one in again], "ms").over(base)]
