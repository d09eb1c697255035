"""A medicine's name is decided upon and kept as it was given: never cut, never repaired; no part of it is sealed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from compliance.substances.text import MAX_NAME_LENGTH
from server.application.prescribe.names import EMPTY, NOT_TO_BE_SEEN, TOO_LONG, clean_name
from tests.server.test_visit_flow import admitted
from tests.server.web_process import Running, transaction


def _hidden_at_the_tail(length: int) -> str:
    """A name of that length that begins like sertraline and ends with alprazolam."""
    return "sertraline 50 mg tablet ".ljust(length - 11, "-") + " alprazolam"


async def _find(running: Running, name: str) -> tuple[str, str, str, str]:
    """What the page says to a name typed into Start; product, reasons and text as typed of the decision recorded."""
    _, drew, visit = await admitted(running)
    page = await drew.post(f"{visit}/medicines/find", running.clinic["ada"], name=name)
    assert page.status_code == (200 if len(name) <= MAX_NAME_LENGTH else 422), page.text
    assert "dose-form" not in page.text
    newest = text(
        "SELECT d.product, d.reasons::text, t.content FROM decision d"
        " JOIN audit_text t ON t.entry_id = d.audit_entry_id ORDER BY d.audit_entry_id DESC LIMIT 1"
    )
    async with transaction(running.settings.database_url) as conn:
        product, reasons, typed = (await conn.execute(newest)).one()
    return page.text, product, reasons, typed


@pytest.mark.parametrize("length", [201, 250, 300])
async def test_what_stands_at_the_tail_of_a_long_name_is_read(running: Running, length: int) -> None:
    page, product, reasons, typed = await _find(running, _hidden_at_the_tail(length))
    assert "Alprazolam and sertraline cannot be prescribed" in page
    assert (product, typed) == ("alprazolam + sertraline", _hidden_at_the_tail(length))
    assert "controlled_remote" in reasons


@pytest.mark.parametrize("length", [301, 5000])
async def test_a_name_that_is_too_long_is_refused_and_no_part_of_it_stands_in_the_log(
    running: Running, length: int
) -> None:
    page, product, reasons, typed = await _find(running, _hidden_at_the_tail(length))
    assert "The text is too long to be the name of a medicine." in page
    assert TOO_LONG in page
    assert (product, typed) == ("unrecognized", _hidden_at_the_tail(length))
    assert "name_too_long" in reasons


@pytest.mark.parametrize("name", ["sertra\u200bline 50 mg", "sertraline\u202e", "alpra\u00adzolam", "\ufeffsertraline"])
async def test_a_character_that_cannot_be_seen_is_refused_and_not_made_a_blank(running: Running, name: str) -> None:
    page, product, reasons, typed = await _find(running, name)
    assert "The name contains an invisible character." in page
    assert NOT_TO_BE_SEEN in page
    assert (product, typed) == ("unrecognized", name)
    assert "invisible_character" in reasons


def test_a_name_is_shown_whole_or_not_at_all() -> None:
    assert clean_name(" sertraline\t50\u00a0mg \r\n tablet ") == "sertraline 50 mg tablet"
    assert clean_name("x" * 300) == "x" * 300
    assert clean_name("x" * 301) == TOO_LONG
    assert clean_name(" \n ") == EMPTY


@given(st.text(max_size=310))
def test_a_name_shown_holds_every_letter_of_it_or_none(name: str) -> None:
    stored = clean_name(name)
    assert stored.isprintable()
    assert 0 < len(stored) <= 300
    assert stored in {EMPTY, TOO_LONG, NOT_TO_BE_SEEN} or "".join(stored.split()) == "".join(name.split())
