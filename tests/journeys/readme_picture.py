"""Takes the README's pictures of a visit from the running demo: ``python -m tests.journeys.readme_picture``.

The fake camera is fed drawn people instead of Chromium's test picture: plain shapes of our own (``portraits/*.svg``),
nobody real. Chromium turns a drawing into a JPEG; one or more of them are the MJPEG file that
``--use-file-for-fake-video-capture`` reads and loops. No test: run it when the page changed.
"""

import asyncio
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, Playwright, async_playwright, expect

from tests.browser.program import chromium_path
from tests.journeys.clinic import CHROMIUM, FAKE_CAMERA, LOOPBACK, meet, new_window
from tests.journeys.test_demo import demo, enters, opened
from tests.ports import free_port

HERE = Path(__file__).parent
IMAGES = HERE.parents[1] / "docs" / "images"
FRAMES = 15  # half a second of the same picture: a file of one frame is read too seldom


async def camera_file(browser: Browser, name: str, folder: Path) -> Path:
    """Draw a portrait as an MJPEG file: it stands still, so the saved picture is small."""
    page = await browser.new_page(viewport={"width": 1280, "height": 720})
    await page.set_content(f"<style>body{{margin:0}}</style>{(HERE / 'portraits' / f'{name}.svg').read_text('utf-8')}")
    file = folder / f"{name}.mjpeg"
    file.write_bytes(await page.screenshot(type="jpeg", quality=90) * FRAMES)
    await page.close()
    return file


async def before_the_camera(playwright: Playwright, file: Path | None = None) -> Browser:
    """A Chromium whose camera shows a file's frames."""
    camera = [f"--use-file-for-fake-video-capture={file}"] if file else []
    flags = [*CHROMIUM, FAKE_CAMERA.format(30), LOOPBACK, *camera]
    return await playwright.chromium.launch(executable_path=chromium_path(), args=flags)


async def window(browser: Browser, width: int, height: int) -> Page:
    """A window of a size."""
    return await new_window(await browser.new_context(viewport={"width": width, "height": height}))


async def held(ada: Page, drew: Page, port: int) -> None:
    """From the front page into the call, by the pages that people use."""
    await enters(ada, port, "Ada Lindqvist")
    await enters(drew, port, "Dr. Drew Marsh")
    await ada.get_by_role("link", name="Check devices and join").click()
    await ada.locator("[data-go=video]").click()
    await ada.get_by_role("button", name="Yes, I am here").click()
    await ada.wait_for_url("**/waiting")
    await drew.get_by_role("button", name="Admit Ada Lindqvist").click()
    await meet(drew)
    await meet(ada)
    for page in (drew, ada):
        await well_connected(page)


async def well_connected(page: Page) -> None:
    """What a busy machine makes of the line is no picture of the product."""
    await expect(page.locator("[data-connection-words]")).to_have_text("Good connection", timeout=60_000)


async def pictures(port: int, folder: Path) -> None:
    """Hold a visit in the demo on this port and save both sides of it."""
    async with async_playwright() as playwright:
        drawer = await before_the_camera(playwright)
        hers = await before_the_camera(playwright, await camera_file(drawer, "ada", folder))
        his = await before_the_camera(playwright, await camera_file(drawer, "drew", folder))
        ada, drew = await window(hers, 390, 844), await window(his, 1440, 900)
        await held(ada, drew, port)
        await expect(drew.locator("[data-elapsed]")).to_have_text(re.compile("0:[2-5]"), timeout=60_000)  # settled
        IMAGES.mkdir(exist_ok=True)
        await well_connected(drew)
        await drew.screenshot(path=IMAGES / "visit.png")
        await well_connected(ada)
        await ada.screenshot(path=IMAGES / "visit-patient.png")
        for browser in (drawer, hers, his):
            await browser.close()


def main() -> None:
    """Open a demo of its own, take the pictures, close it."""
    port = free_port()
    with TemporaryDirectory() as folder, demo(Path(folder) / "demo", port) as child:
        opened(child, port)
        asyncio.run(pictures(port, Path(folder)))


if __name__ == "__main__":
    main()
