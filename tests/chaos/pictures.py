"""When the other's picture stood still in a real page, and when it moved again.

Times are seconds since 1970 by the machine's clock. What is kept survives a reload of the page, in its tab.
"""

import asyncio
import time
from dataclasses import dataclass

from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as BrowserError

from tests.journeys.clinic import RunningClinic, sign_in
from tests.journeys.test_call import admits, waits

FRAMES = 10  # a second: enough to see when they stop, and little work for the machine that everything shares
STILL_S = 1.0
STEADY_S = 2.0
MEET_WITHIN_S = 150.0
SCRIPT = """(() => {
  const at = () => (performance.timeOrigin + performance.now()) / 1000;
  const kept = JSON.parse(sessionStorage.getItem('pictures') ?? '{"last": 0, "gaps": []}');
  window.pictures = kept;
  let saved = 0;
  const seen = () => {
    const now = at();
    if (kept.last && now - kept.last > STILL) kept.gaps.push([kept.last, now]);
    kept.last = now;
    if (now - saved > 0.2) { sessionStorage.setItem('pictures', JSON.stringify(kept)); saved = now; }
  };
  const watched = new WeakSet();
  const watch = ({ target: video }) => {
    if (!(video instanceof HTMLVideoElement) || watched.has(video) || !video.closest('[data-tiles]')) return;
    watched.add(video);
    const next = () => { seen(); video.requestVideoFrameCallback(next); };
    video.requestVideoFrameCallback(next);
  };
  for (const name of ['loadedmetadata', 'resize', 'play']) document.addEventListener(name, watch, true);
})()""".replace("STILL", str(STILL_S))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page says of the other's picture: when it last moved, and from when to when it did not."""

    last: float
    gaps: tuple[tuple[float, float], ...]

    def back_after(self, at: float) -> float | None:
        """Seconds from `at` until the picture moved again; None when it never stood still since."""
        ends = [end for begin, end in self.gaps if end > at and begin > at - STILL_S]
        return max(ends) - at if ends else None


async def together(hers: BrowserContext, his: BrowserContext, house: RunningClinic, visit: str) -> tuple[Page, Page]:
    """Marcus and Dr. Drew in the call of that visit, each seeing the other's picture move."""
    for context in (hers, his):
        await context.add_init_script(SCRIPT)
    marcus, drew = await sign_in(hers, house, "marcus"), await sign_in(his, house, "drew")
    await waits(marcus, visit)
    await admits(drew, visit)
    await marcus.wait_for_url(visit)
    for page in (marcus, drew):
        if await steady(page, 0.0, MEET_WITHIN_S) is None:
            raise RuntimeError("the two did not meet")
    return marcus, drew


async def shown(page: Page) -> Shown:
    """What the page has kept so far; nothing while it is loading."""
    try:
        kept = await page.evaluate("window.pictures ?? {last: 0, gaps: []}")
    except BrowserError:
        return Shown(0.0, ())
    return Shown(kept["last"], tuple((begin, end) for begin, end in kept["gaps"]))


async def steady(page: Page, since: float, within_s: float) -> Shown | None:
    """Wait until the picture moves, and has for STEADY_S after `since`; None when that did not come."""
    until = time.time() + within_s
    while time.time() < until:
        found = await shown(page)
        last_gap = max((end for _, end in found.gaps), default=0.0)
        now = time.time()
        if now - found.last < STILL_S / 2 and now - max(last_gap, since) > STEADY_S:
            return found
        await asyncio.sleep(0.1)
    return None
