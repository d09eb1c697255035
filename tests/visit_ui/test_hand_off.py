"""The way out of Titrate for a controlled substance: said at signing, linked from the lists, printed on one page."""

import re

import pytest
from playwright.async_api import Browser

from tests.visit_ui.serving import Answer, serving
from visit_ui.environment import render
from visit_ui.samples.staff.hand_off import SAMPLES
from visit_ui.samples.staff.patients import SAMPLES as CHARTS
from visit_ui.samples.visit.pages import FRAGMENTS


def test_signing_says_what_it_obliges_to_and_the_schedule_what_it_allows() -> None:
    text = render(FRAGMENTS["visit.start-controlled"])
    assert text.index("never signs or transmits") < text.index('id="sign"')
    assert 'id="refills-hint">Schedule IV: at most five refills' in text
    assert "signing-duties" not in render(FRAGMENTS["visit.start-form"])


def test_only_a_controlled_substance_ordered_here_is_handed_off() -> None:
    assert render(FRAGMENTS["visit.medicines-to-hand-off"]).count("/hand-off") == 1
    assert render(CHARTS["chart.to-hand-off"]).count("/hand-off") == 1
    assert "/hand-off" not in render(FRAGMENTS["visit.medicines"])  # lorazepam from elsewhere is among them


def test_the_sheet_says_what_it_is_not_and_where_it_is_recorded() -> None:
    text = render(SAMPLES["hand-off"])
    for words in ("This is not a prescription.", "Log entry 48,231", "21 CFR 1311.100(c)", "Ybor clinic", "Noa Reyes"):
        assert words in text
    assert "Not stated" in render(SAMPLES["hand-off.bare"])
    assert "Do not prescribe it." in render(SAMPLES["hand-off.stopped"])


@pytest.mark.browser
@pytest.mark.parametrize("name", sorted(SAMPLES))
async def test_the_sheet_is_printed_on_one_page_without_the_frame(browser: Browser, name: str) -> None:
    page = await browser.new_page()
    with serving({f"/{name}": Answer(render(SAMPLES[name]))}) as site:
        await page.goto(f"{site.address}/{name}")
        assert await page.get_by_role("button", name="Print this page").is_visible()
        pages = re.findall(rb"/Type\s*/Page\b", await page.pdf(format="Letter"))
        await page.emulate_media(media="print")
        assert not await page.locator(".frame-head").is_visible()
        assert not await page.locator("[data-print]").is_visible()
        await page.close()
    assert len(pages) == 1
