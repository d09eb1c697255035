"""A note as a prescriber writes it after a change: it begins with what was done, and presses and keys are counted."""

from playwright.async_api import Page, expect

ASSESSMENT = "Partial response, no side effects; she agrees."
# Every press and every key, those that write included.
COUNT = """() => {
  window.noteActs = {clicks: 0, keys: 0};
  addEventListener('pointerdown', () => { window.noteActs.clicks += 1; }, true);
  addEventListener('keydown', () => { window.noteActs.keys += 1; }, true);
}"""


async def signs_a_note(page: Page) -> dict[str, int]:
    """From another tab to the sealed note, by pressing and typing; gives the presses and the keys."""
    await page.evaluate(COUNT)
    await page.get_by_role("tab", name="Notes").click()
    await expect(page.locator("[name=section-plan]")).to_contain_text("Sertraline: raised from 50 mg to 100 mg a day")
    await page.get_by_label("Assessment").click()
    await page.keyboard.type(ASSESSMENT)
    await expect(page.locator("#note-state")).to_contain_text("saved", ignore_case=True)
    await page.get_by_role("button", name="Sign and seal", exact=False).click()
    sealed = page.locator("#panel-body .sealed")
    await expect(sealed).to_contain_text("Signed by")
    await expect(sealed).to_contain_text(ASSESSMENT)
    await expect(sealed).to_contain_text("Sertraline: raised from 50 mg to 100 mg a day")
    acts: dict[str, int] = await page.evaluate("window.noteActs")
    return acts
