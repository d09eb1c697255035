"""Tickets: only what this house signed, for this visit and person, in time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.errors import TicketRefused
from signaling.tickets import FULL_RIGHTS, Right, Ticket, check, mint

KEY = b"k" * 32
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def ada(**changes: object) -> str:
    values: dict[str, object] = {
        "visit": "v1",
        "room": "r1",
        "participant": "ada",
        "part": "patient",
        "rights": FULL_RIGHTS,
        "now": NOON,
    }
    return mint(KEY, **(values | changes))  # type: ignore[arg-type]  # a table of keyword arguments


def test_a_ticket_says_what_it_was_minted_for() -> None:
    ticket = check(ada(), key=KEY, now=NOON, visit="v1", participant="ada")
    assert (ticket.visit, ticket.room, ticket.participant, ticket.part) == ("v1", "r1", "ada", "patient")
    assert ticket.rights == FULL_RIGHTS


def test_rights_are_those_given_and_no_others() -> None:
    listener = check(ada(rights=frozenset({Right.SUBSCRIBE})), key=KEY, now=NOON)
    assert listener.rights == {Right.SUBSCRIBE}


def test_an_expired_ticket_is_refused() -> None:
    text = ada(ttl_s=60)
    assert isinstance(check(text, key=KEY, now=NOON + timedelta(seconds=59)), Ticket)
    with pytest.raises(TicketRefused):
        check(text, key=KEY, now=NOON + timedelta(seconds=61))


@pytest.mark.parametrize("other", [{"visit": "v2"}, {"participant": "sam"}])
def test_a_ticket_for_another_visit_or_person_is_refused(other: dict[str, str]) -> None:
    with pytest.raises(TicketRefused):
        check(ada(), key=KEY, now=NOON, **other)


def test_a_ticket_of_another_house_is_refused() -> None:
    with pytest.raises(TicketRefused):
        check(ada(), key=b"other" * 8, now=NOON)


@pytest.mark.parametrize("text", ["v1.\ud800.AAAA", "v1.AAAA.\ud800", "\ud800", "v1.ä.ä", "v1..", ""])
def test_what_is_not_even_ascii_is_no_ticket(text: str) -> None:
    with pytest.raises(TicketRefused):
        check(text, key=KEY, now=NOON)


def test_no_single_character_can_be_changed() -> None:
    text = ada()
    for position in range(len(text) - 1):  # the last character holds padding bits that base64 ignores
        changed = text[:position] + ("A" if text[position] != "A" else "B") + text[position + 1 :]
        with pytest.raises(TicketRefused):
            check(changed, key=KEY, now=NOON)


@given(st.text(max_size=3000))
def test_any_text_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(TicketRefused):
        check(text, key=KEY, now=NOON)
