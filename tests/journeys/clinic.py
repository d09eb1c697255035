"""A whole clinic as it runs: web, media and worker as processes, a provider on another origin, browsers."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright, expect
from starlette.applications import Starlette

from emr.shared.context import UseCaseContext
from emr.visits import booking
from emr.visits import repository as visits
from emr.visits import use_cases as visiting
from emr.visits.booking import NewVisit
from emr.visits.model import ParticipantRole
from server.demo.provider import DemoProvider, Member, ProviderSettings, new_key, plain_cards
from tests.browser import policy
from tests.browser.calls import Window
from tests.browser.program import chromium_path
from tests.conftest import Database
from tests.ports import free_port
from tests.server.web_process import ROLES, Clinic, found, transaction

# How long a page may take to show what is expected. Speed is measured elsewhere; here a busy machine must not fail.
expect.set_options(timeout=20_000)
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
# In a production build of Chromium no call meets 127.0.0.1 by itself; most journeys say so, one does without.
FAKE_CAMERA = "--use-fake-device-for-media-stream=fps={}"
LOOPBACK = "--allow-loopback-in-peer-connection"
SECRET = "a secret of the tests"
START_S = 60.0
MEET_S = 40.0  # a machine that runs several browsers at once is slow to decode the first pictures


@dataclass(frozen=True, slots=True)
class RunningClinic:
    """A running clinic: its address and its people."""

    base: str
    clinic: Clinic
    database_url: str

    def visit(self, patient: str) -> str:
        """The address of a patient's visit of today."""
        return f"{self.base}/visits/{self.clinic.visits[patient]}"

    async def another_visit(self, patient: str, prescriber: str, *, guest: str | None = None) -> str:
        """A visit of its own for one test, booked for now; gives its address. One left open is ended."""
        now = datetime.now(UTC)
        async with transaction(self.database_url) as conn:
            desk = UseCaseContext(conn, self.clinic[prescriber], now)
            if (before := await visits.in_progress_of(conn, self.clinic[patient])) is not None:
                await visiting.end(desk, before.id, before.patient, by_program=True)
            new = NewVisit(patient=self.clinic[patient], prescriber=self.clinic[prescriber], start=now)
            visit = await booking.book(desk, new)
            if guest is not None:
                await booking.invite(desk, visit.id, self.clinic[patient], self.clinic[guest], ParticipantRole.FAMILY)
        return f"{self.base}/visits/{visit.id}"


@contextmanager
def provider(clinic_origin: str) -> Iterator[str]:
    """A real OpenID provider on an origin of its own; gives its issuer."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}/oidc"
    made = DemoProvider(
        ProviderSettings(issuer=issuer, client_id="titrate", client_secret=SECRET, client_origins=(clinic_origin,)),
        tuple(Member(name, name.capitalize()) for name in (*ROLES, "sam")),
        new_key(),
        plain_cards,
    )
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=made.routes()), port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield issuer
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def running_clinic(there: Database, redis_url: str, folder: Path) -> Iterator[RunningClinic]:
    """The three processes over a database of their own, with the small clinic in it."""
    port = free_port()
    base = f"http://localhost:{port}"
    with ExitStack() as stack:
        issuer = stack.enter_context(provider(base))
        clinic = asyncio.run(_found(there.app_url, issuer))
        settings = {
            "DATABASE_URL": there.app_url,
            "WORKER_DATABASE_URL": there.worker_url,
            "REDIS_URL": redis_url,
            "PUBLIC_URL": base,
            "HOST": "localhost",
            "PORT": str(port),
            "OIDC_ISSUER": issuer,
            "OIDC_CLIENT_ID": "titrate",
            "OIDC_CLIENT_SECRET": SECRET,
            "TICKET_KEY": "t" * 40,
            "MEDIA_HOSTS": "0.0.0.0",
            "MEDIA_PORT": str(port),
            "LOG_KEY_FILE": str(folder / "log-key"),
            "CHECKPOINT_FOLDER": str(folder / "checkpoints"),
        }
        for command in ("media", "worker", "serve"):
            stack.enter_context(process(command, settings))
        _wait(base)
        yield RunningClinic(base, clinic, there.app_url)


async def _found(database_url: str, issuer: str) -> Clinic:
    async with transaction(database_url) as conn:
        return await found(conn, datetime.now(UTC) - timedelta(minutes=2), issuer=issuer)


@contextmanager
def process(command: str, settings: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """One of the program's processes, ended as an operator ends it."""
    child = subprocess.Popen(
        [sys.executable, "-m", "server", command],
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait(base: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx2.HTTPError):
            if httpx2.get(f"{base}/health", trust_env=False).status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("the clinic did not open")


@asynccontextmanager
async def browser(playwright: Playwright, *, loopback: bool = True, frames: int = 30) -> AsyncIterator[Browser]:
    """A Chromium with a fake camera of that many frames a second, and a fake microphone."""
    flags = [*CHROMIUM, FAKE_CAMERA.format(frames), *([LOOPBACK] if loopback else [])]
    launched = await playwright.chromium.launch(executable_path=chromium_path(), args=flags)
    try:
        yield launched
    finally:
        await launched.close()


@asynccontextmanager
async def browsers(count: int, *, loopback: bool = True, frames: int = 30) -> AsyncIterator[list[Browser]]:
    """Several Chromiums, each a process of its own. No page in them breaks the policy that it is served with."""
    with pytest.MonkeyPatch.context() as patched:
        broken = policy.listen(patched)
        async with async_playwright() as playwright, contextlib.AsyncExitStack() as stack:
            every = [browser(playwright, loopback=loopback, frames=frames) for _ in range(count)]
            yield [await stack.enter_async_context(one) for one in every]
    assert not broken, "\n".join(broken)


async def new_window(context: BrowserContext | Browser) -> Page:
    """A window whose calls can be looked into."""
    page = await context.new_page()
    page.set_default_timeout(30_000)
    await page.add_init_script(WATCH_PEERS)
    return page


async def sign_in(context: BrowserContext | Browser, running_clinic: RunningClinic, name: str) -> Page:
    """Sign in at the provider as a person would, and stand on the first page."""
    page = await new_window(context)
    await page.goto(f"{running_clinic.base}/sign-in")
    await page.get_by_role("link", name="Continue").click()
    await page.get_by_role("link", name=name.capitalize(), exact=False).click()
    await page.wait_for_url(f"{running_clinic.base}/**")
    return page


# Keeps hold of each page's peer connections, so that their own statistics can be read (W3C webrtc-stats).
WATCH_PEERS = """(() => {
  const Native = window.RTCPeerConnection;
  window.watchedPeers = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...given) { super(...given); window.watchedPeers.push(this); }
  };
})()"""
RECEIVED = """async () => {
  const found = { pictures: [], packets: 0, energy: 0 };
  for (const peer of window.watchedPeers) {
    if (peer.connectionState === 'closed') continue;
    for (const stat of (await peer.getStats()).values()) {
      if (stat.type !== 'inbound-rtp') continue;
      if (stat.kind === 'video' && stat.framesDecoded > 0) found.pictures.push([stat.framesDecoded, stat.frameWidth]);
      if (stat.kind === 'audio') {
        found.packets += stat.packetsReceived;
        found.energy += stat.totalAudioEnergy ?? 0;
      }
    }
  }
  return found;
}"""


async def meet(page: Window, others: int = 1) -> None:
    """Wait until that many others are seen (frames decoded and growing, with a width) and heard (with energy).

    Asked again and again from here: Playwright takes the promise of an async predicate for a yes.
    """
    found: dict[str, Any] = {}
    for frames in (3, 30):
        try:
            async with asyncio.timeout(MEET_S):
                while not _met(found := await page.evaluate(RECEIVED), others, frames):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        except TimeoutError:
            shown = await page.evaluate("() => [location.href, document.body.innerText]")
            raise AssertionError(f"received {found}; the window shows {shown}") from None


def _met(found: dict[str, Any], others: int, frames: int) -> bool:
    seen = [width for decoded, width in found["pictures"] if decoded > frames and width > 0]
    return len(seen) >= others and found["packets"] > 20 and found["energy"] > 0
