"""axe on a page as it stands."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

HEAVY = ("serious", "critical")
FOUND_BY_EAR = ("region", "heading-order", "landmark-unique")
"""Moderate to axe; but who listens to a page goes by its landmarks and headings."""

_AXE = Axe()
# Without `preload` it does not copy every style sheet for rules that are off, nor with `selectors` name each element.
_RUN = "async () => (await axe.run({ resultTypes: ['violations'], preload: false, selectors: false })).violations"


async def heavy(page: Page, where: str, *, by_ear: bool = False) -> list[str]:
    """Every serious or critical finding, with the first place of it; `by_ear`: and what misleads who listens.

    axe is put into a document once.
    """
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_AXE.axe_script)
    return [
        f"{where}: {one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in await page.evaluate(_RUN)
        if one["impact"] in HEAVY or (by_ear and one["id"] in FOUND_BY_EAR)
    ]


async def scrolls_sideways(page: Page) -> bool:
    """Whether something sticks out of the page to the right."""
    return bool(await page.evaluate("document.documentElement.scrollWidth > innerWidth"))
