"""From the click that admits a patient to the first picture of the other on each side, in real Chromium.

Against a direct peer-to-peer connection between two open pages of one browser: from a click on one of them to the first
picture on each, with the same camera, nothing between them and nothing to load. The product's way has the admission's
transaction, the announcement, two pages to load, the ticket, the socket, the relay, and 1.2 s in the patient's waiting
room in which a chime is heard.
"""

import asyncio
from collections.abc import Sequence

from playwright.async_api import Browser, Page

from tests.benchmarks import care, stopwatch
from tests.benchmarks.figures import Figure, middle
from tests.benchmarks.place import Open, Place, run
from tests.journeys.clinic import browsers, sign_in

ROUNDS = 5
# Two pages that call each other; the signaling is a channel inside the browser.
DIRECT = """<!doctype html><title>direct</title>
<button>Call</button><div data-tiles><video autoplay muted></video></div>
<script type="module">
const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } }; // as devices.js asks for
const peer = new RTCPeerConnection();
const line = new BroadcastChannel('direct');
const tell = (kind, value) => line.postMessage(JSON.stringify({ kind, value }));
const devices = () => navigator.mediaDevices.getUserMedia({ audio: true, video: VIDEO });
const send = async () => {
  const own = await devices();
  for (const track of own.getTracks()) peer.addTrack(track, own);
};
peer.ontrack = ({ streams: [stream] }) => { document.querySelector('video').srcObject = stream; };
peer.onicecandidate = ({ candidate }) => { if (candidate) tell('candidate', candidate); };
line.onmessage = async ({ data }) => {
  const { kind, value } = JSON.parse(data);
  if (kind === 'candidate') return peer.addIceCandidate(value);
  await peer.setRemoteDescription(value);
  if (kind === 'answer') return;
  await send();
  await peer.setLocalDescription();
  tell('answer', peer.localDescription);
};
document.querySelector('button').onclick = async () => {
  await send();
  await peer.setLocalDescription();
  tell('offer', peer.localDescription);
};
</script>"""


def measure(place: Place) -> Sequence[Figure]:
    """`ROUNDS` visits, each followed by a direct call in the prescriber's browser."""
    return run(_measure(place.clinic()))


async def _measure(here: Open) -> Sequence[Figure]:
    rounds: list[tuple[float, stopwatch.Times, stopwatch.Times]] = []
    direct: list[float] = []
    async with browsers(2) as (hers, his):
        ada, drew = await sign_in(hers, here.house, "ada"), await sign_in(his, here.house, "drew")
        for page in (ada, drew):
            await stopwatch.start(page)
        for _ in range(ROUNDS):
            rounds.append(await _join(here, ada, drew))
            direct += await _direct(his, here.house.base)
    base = middle("direct", direct, "ms")
    hers_at = [her for _, _, her in rounds]
    measured = {
        "join.prescriber": [his.picture - click for click, his, _ in rounds],
        "join.patient": [her.picture - click for click, _, her in rounds],
        "join.patient.entered": [her.picture - her.entered for her in hers_at],
        "join.patient.document": [her.loaded - her.entered for her in hers_at],
        "join.patient.connecting": [her.connected - her.peer for her in hers_at],
        "join.patient.picture": [her.picture - her.connected for her in hers_at],
    }
    return [base, *(middle(name, values, "ms").over(base) for name, values in measured.items())]


async def _join(here: Open, ada: Page, drew: Page) -> tuple[float, stopwatch.Times, stopwatch.Times]:
    """One visit from the waiting room to both pictures: the click's time, the prescriber's times, the patient's."""
    visit_id = await care.waiting_visit(here)
    visit = f"{here.house.base}/visits/{visit_id}"
    await ada.goto(f"{visit}/waiting")
    await drew.goto(f"{here.house.base}/day")
    await drew.locator(f"form[action$='{visit_id}/admit'] button[type=submit]").click()
    his, her = await asyncio.gather(_seen_at(drew, visit), _seen_at(ada, visit))
    click = await stopwatch.clicked(drew)
    await care.end(here, visit_id)
    for page in (ada, drew):
        await page.goto("about:blank")
    return click, his, her


async def _seen_at(page: Page, url: str) -> stopwatch.Times:
    await page.wait_for_url(url)
    return await stopwatch.seen(page)


async def _direct(browser: Browser, base: str) -> list[float]:
    """A call between two pages of one browser: milliseconds from the click to the picture, on each side."""
    context = await browser.new_context()
    await context.route("**/direct", lambda route: route.fulfill(body=DIRECT, content_type="text/html"))
    pages = [await context.new_page() for _ in range(2)]
    for page in pages:
        await stopwatch.start(page)
        await page.goto(f"{base}/direct")
    await pages[0].locator("button").click()
    times = [await stopwatch.seen(page) for page in pages]
    click = await stopwatch.clicked(pages[0])
    await context.close()
    return [one.picture - click for one in times]
