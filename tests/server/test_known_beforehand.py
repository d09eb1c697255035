"""What would be refused for a reason that is known when the page is made: said on the page, and not offered."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from emr.shared.context import UseCaseContext
from emr.visits import booking
from emr.visits.booking import NewVisit
from emr.visits.model import Modality
from tests.server.row_cases import a_site
from tests.server.test_visit_flow import admitted
from tests.server.web_process import Running, booked, transaction


async def in_person(running: Running, starts_in: timedelta) -> str:
    """Drew sees Marcus at a site, then; gives the visit's path."""
    now = datetime.now(UTC)
    site = await a_site(running)
    async with transaction(running.settings.database_url) as conn:
        new = NewVisit(
            patient=running.clinic["marcus"],
            prescriber=running.clinic["drew"],
            start=now + starts_in,
            modality=Modality.IN_PERSON,
            site=site,
        )
        return f"/visits/{(await booking.book(UseCaseContext(conn, running.clinic['drew'], now), new)).id}"


async def test_a_visit_that_cannot_begin_yet_says_from_when_and_a_refusal_shows_no_bare_number(
    running: Running,
) -> None:
    drew = await running.as_("drew")
    early = await in_person(running, timedelta(minutes=150))
    page = (await drew.get(early)).text
    assert re.search(r'aria-disabled="true" aria-describedby="begin-why"[^>]*>.*?Start visit', page, re.S)
    assert re.search(r"It can start at \d+:\d\d.*, 15 minutes before the scheduled time\.", page)
    assert f'action="{early}/admit"' not in page
    assert 'data-opens-at="' in page, "it appears by itself"
    refused = await drew.post(f"{early}/admit", running.clinic["marcus"])
    assert refused.status_code == 409
    assert "You can join starting 15 minutes before your visit." in refused.text
    assert not re.search(r"Error|\b409\b", refused.text)
    ready = await in_person(running, timedelta(minutes=5))
    assert f'action="{ready}/admit"' in (await drew.get(ready)).text


async def test_days_before_the_check_leads_home_and_nobody_is_asked_where_they_are(running: Running) -> None:
    marcus, drew = await running.as_("marcus"), await running.as_("drew")
    visit = await booked(drew, running)
    assert "Go to your page" in (await marcus.get(f"{visit}/prepare")).text
    checked = await marcus.post(f"{visit}/prepare", running.clinic["marcus"], outcome="all_work")
    assert checked.headers["location"] == "/home"
    page = (await marcus.get(f"{visit}/arrive")).text
    assert "You can answer this starting at" in page
    assert f'action="{visit}/arrive"' not in page


async def test_say_where_you_are_leads_on_once_the_visit_is_open(running: Running) -> None:
    noor = await running.as_("noor")
    visit = f"/visits/{running.clinic.visits['noor']}"
    assert f'href="{visit}/arrive"' in (await noor.get("/home")).text
    assert "Say where you are" in (await noor.get(f"{visit}/prepare")).text


async def test_a_guest_sees_at_the_end_that_it_is_over_and_nothing_of_the_patients(running: Running) -> None:
    _, drew, visit = await admitted(running)
    ilse = await running.as_("ilse")
    ended = await drew.post(f"{visit}/end", running.clinic["ada"])
    assert ended.status_code == 303
    page = (await ilse.get(visit)).text
    main = page[page.index("<main") : page.index("</main>")]
    assert "The visit has ended" in main
    for word in ("Ada", "medicine", "ext visit", "spoke", "minute", "Dr. Drew"):
        assert word not in main, word


@pytest.mark.parametrize("path", ["/visits/11111111-1111-4111-8111-111111111111", "/nowhere"])
async def test_what_is_not_there_is_said_in_words(running: Running, path: str) -> None:
    page = (await (await running.as_("drew")).get(path)).text
    assert "Go back to your first page" in page
    assert not re.search(r"Error|\b404\b", page)


async def test_a_method_that_an_address_does_not_take_is_said_in_words(running: Running) -> None:
    refused = await (await running.as_("drew")).client.delete("/day", headers={"Accept": "text/html"})
    assert refused.status_code in (403, 405)
    assert not re.search(r"Method Not Allowed|\b40[35]\b", refused.text)
