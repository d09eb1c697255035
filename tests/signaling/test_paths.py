"""A browser is followed to where it is, and nobody loses an address to somebody else's move. Real sockets."""

from collections.abc import AsyncIterator

import pytest

from signaling.sfu.bandwidth import START_BPS
from signaling.sfu.peer import Peer
from signaling.sfu.sdp import read_offer
from tests.signaling.browsers import OFFER, Browser, Street, name_in, picture, street


@pytest.fixture
async def here() -> AsyncIterator[Street]:
    with street() as opened:
        yield opened


def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds went by in which nothing was heard of anybody."""
    monkeypatch.setattr("signaling.sfu.paths.SILENT_PATH_US", -1)


def at(peer: Peer) -> tuple[str, int] | None:
    """Where this peer is reached, and what the table of addresses says of that."""
    if peer.path is None:
        return None
    assert peer.path.udp_socket.peers[peer.path.address] is peer
    return peer.path.address


async def bound(here: Street) -> tuple[Peer, Browser]:
    peer, browser = here.peer(), here.browser()
    await browser.check(name_in(peer.answer()), nominates=True)
    assert at(peer) == browser.address
    return peer, browser


@pytest.mark.parametrize(
    ("nominates", "silent", "moves"), [(False, False, False), (True, False, True), (False, True, True)]
)
async def test_a_path_moves_by_nomination_or_when_the_old_one_is_silent(
    here: Street, monkeypatch: pytest.MonkeyPatch, nominates: bool, silent: bool, moves: bool
) -> None:
    peer, before = await bound(here)
    elsewhere = here.browser()
    if silent:
        silence(monkeypatch)
    await elsewhere.check(name_in(peer.answer()), nominates=nominates)
    assert at(peer) == (elsewhere if moves else before).address


async def test_only_what_arrives_on_the_bound_path_is_life(here: Street) -> None:
    peer, browser = await bound(here)
    name, heard_us = name_in(peer.answer()), peer.heard_us
    await here.browser().check(name)
    assert peer.heard_us == heard_us
    await browser.check(name)
    assert peer.heard_us > heard_us


async def test_an_address_changes_hands_only_when_its_holder_is_silent(
    here: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ada, shared), (drew, old) = await bound(here), await bound(here)
    await shared.check(name_in(drew.answer()), nominates=True)
    assert (at(ada), at(drew)) == (shared.address, old.address), "a forged sender cuts nobody off"
    silence(monkeypatch)
    await shared.check(name_in(drew.answer()), nominates=True)
    assert (at(ada), at(drew)) == (None, shared.address)


async def test_who_moves_away_from_a_shared_address_does_not_drop_the_other(
    here: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ada, shared), (drew, _) = await bound(here), await bound(here)
    silence(monkeypatch)
    await shared.check(name_in(drew.answer()))
    new = here.browser()
    await new.check(name_in(ada.answer()))
    assert (at(ada), at(drew)) == (new.address, shared.address)
    here.port.paths.forget(ada)
    assert at(drew) == shared.address
    assert [list(udp_socket.peers) for udp_socket in here.port.udp_sockets] == [[shared.address]]


@pytest.mark.parametrize("moves", [False, True])
async def test_the_ice_name_of_before_is_answered_until_the_new_one_is_used(here: Street, moves: bool) -> None:
    peer, browser = await bound(here)
    names = [name_in(peer.answer())]
    for ufrag in ("second", "third"):
        assert peer.restart(read_offer(OFFER.replace("a=ice-ufrag:", f"a=ice-ufrag:{ufrag}")))
        names.append(name_in(peer.answer()))
    await browser.check(names[0], nominates=True)
    browser = here.browser() if moves else browser
    await browser.check(names[2], nominates=True)
    for forgotten in names[:2]:
        browser.send_check(forgotten)
    asked = browser.send_check(names[2])
    assert (await browser.reply()).transaction == asked, "nothing was answered before"


async def test_names_do_not_pile_up(here: Street) -> None:
    peer, _ = await bound(here)
    for count in range(30):
        assert peer.restart(read_offer(OFFER.replace("a=ice-ufrag:", f"a=ice-ufrag:{count}")))
        assert here.port.paths.names <= 2
    here.port.paths.forget(peer)
    assert here.port.paths.names == 0


async def test_after_a_move_the_estimate_is_new_and_pictures_begin_afresh_both_ways(here: Street) -> None:
    (ada, _), (drew, _) = await bound(here), await bound(here)
    sent, shown = picture(ada), picture(drew)
    ada.downtracks[1].bind(None, shown)
    ada.downlink.estimate, ada.downlink.limited = 90_000, True
    assert (sent.key_asked_us, shown.key_asked_us) == (0, 0)
    await here.browser().check(name_in(ada.answer()), nominates=True)
    assert (ada.downlink.estimate, ada.downlink.limited) == (START_BPS, False)
    assert sent.key_asked_us
    assert shown.key_asked_us
