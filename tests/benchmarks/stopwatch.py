"""Stopwatches inside real pages. Times are milliseconds since 1970 by the machine's clock, alike in all browsers."""

from dataclasses import dataclass

from playwright.async_api import Page

# A click is kept in the tab's session storage, since the page that it leads to is another one. The first picture of
# somebody else is the first call of requestVideoFrameCallback of a video in [data-tiles]: decoded and on the screen.
SCRIPT = """(() => {
  const at = () => performance.timeOrigin + performance.now();
  window.stopwatch = { entered: performance.timeOrigin };
  const note = (name) => { window.stopwatch[name] ??= at(); };
  document.addEventListener('click', () => sessionStorage.setItem('stopwatch-click', String(at())), true);
  document.addEventListener('DOMContentLoaded', () => note('loaded'));

  const watched = new WeakSet();
  const watch = ({ target: video }) => {
    if (!(video instanceof HTMLVideoElement) || watched.has(video) || !video.closest('[data-tiles]')) return;
    watched.add(video);
    video.requestVideoFrameCallback(() => note('picture'));
  };
  for (const name of ['loadedmetadata', 'resize', 'play']) document.addEventListener(name, watch, true);

  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...given) {
      super(...given);
      note('peer');
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') note('connected');
      });
    }
  };
})()"""

CHANGED = """(selector) => new Promise((done) => {
  const words = () => document.querySelector(selector)?.innerText ?? '';
  const before = words();
  const watch = new MutationObserver(() => {
    if (words() === before) return;
    watch.disconnect();
    requestAnimationFrame(() => done(performance.timeOrigin + performance.now()));
  });
  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
})"""


@dataclass(frozen=True, slots=True)
class Times:
    """What one page noted: when it was entered, when its document was read, when the others were seen."""

    entered: float
    loaded: float
    peer: float
    connected: float
    picture: float


async def start(page: Page) -> None:
    """Let every page that is opened here from now on note its times."""
    await page.add_init_script(SCRIPT)


async def clicked(page: Page) -> float:
    """When the last click in this tab was."""
    return float(await page.evaluate("sessionStorage.getItem('stopwatch-click')"))


async def seen(page: Page) -> Times:
    """The times of the page, once it shows somebody else's first picture."""
    await page.wait_for_function("() => window.stopwatch?.picture", timeout=30_000, polling=50)
    noted = await page.evaluate("window.stopwatch")
    return Times(**{name: float(noted[name]) for name in Times.__slots__})


async def change_of(page: Page, selector: str) -> float:
    """When the words inside `selector` next changed, and stood on the screen."""
    return float(await page.evaluate(CHANGED, selector))
