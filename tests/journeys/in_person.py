"""What people do around a meeting in person: the front desk checks in, the patient confirms, the prescriber signs."""

from playwright.async_api import Page, expect

from tests.journeys.test_visit import answer_findings, open_tab


async def checks_in(context: Page, patient: str, born: tuple[str, str, str]) -> None:
    """The front desk states who is here and turns the screen; the patient says who they are, and gives it back.

    `born`: month ("12"), day and year.
    """
    row = context.get_by_role("row").filter(has_text=patient).first
    await row.get_by_role("link", name="Check in").click()
    site = context.locator("#site")
    if not await site.input_value():
        await site.select_option(index=1)
    await context.locator("#patient_here").check()
    await context.locator("#prescriber_here").check()
    await context.get_by_role("button", name="Turn the screen", exact=False).click()
    await expect(context.get_by_role("heading", name="Welcome to", exact=False)).to_be_visible()
    await expect(context.locator("body")).not_to_contain_text(patient)
    await context.locator("#full_name").fill(patient)
    await context.locator("#born_month").select_option(born[0])
    await context.locator("#born_day").fill(born[1])
    await context.locator("#born_year").fill(born[2])
    await context.get_by_role("button", name="I am here").click()
    await expect(context.get_by_role("heading", name="Thank you", exact=False)).to_be_visible()
    await context.get_by_role("link", name="For the front desk", exact=False).click()
    await expect(context.get_by_role("row").filter(has_text=patient).first).to_contain_text("Checked in until")


async def tries_to_start(page: Page, name: str) -> None:
    """Write a name into Start and look it up."""
    await open_tab(page, "Medicines")
    await page.get_by_role("button", name="Start a medicine").click()
    await page.locator("#name").fill(name)
    await page.locator("#name").press("Enter")


async def lowers(page: Page, medicine: str, total: str) -> None:
    """Sign a lower dose of what is on the list."""
    await open_tab(page, "Medicines")
    await page.get_by_role("button", name=f"Lower {medicine}", exact=False).click()
    await expect(page.get_by_role("heading", name=f"Adjust {medicine.lower()}")).to_be_visible()
    await page.locator("#reason").fill("Weight falls at this dose")
    await page.locator("#reason").press("Tab")
    await answer_findings(page)
    await expect(page.get_by_text("Schedule II: no refills")).to_have_count(1)
    await expect(page.get_by_text("Prescribe it in a system certified", exact=False)).to_be_visible()
    await page.get_by_role("button", name="Sign change").click()
    await expect(page.locator(".panel-notice")).to_contain_text(total)
