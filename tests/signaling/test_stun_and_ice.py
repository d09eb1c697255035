"""The port answers those who know the password and says nothing to strangers."""

import base64
import hashlib
import hmac
import os
from datetime import UTC, datetime

import pytest
from aioice import stun as theirs
from hypothesis import given
from hypothesis import strategies as st

from signaling.sfu import ice, stun

SENDER = ("198.51.100.7", 40_000)


def passwords(ufrag: str) -> str | None:
    return {"ours": "secret"}.get(ufrag)


def request(username: str = "ours:theirs", password: str = "secret", nominated: bool = False) -> bytes:
    message = theirs.Message(theirs.Method.BINDING, theirs.Class.REQUEST)
    message.attributes["USERNAME"] = username
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 5
    if nominated:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


@pytest.mark.parametrize("nominated", [False, True])
def test_a_check_with_the_password_is_answered_with_the_senders_address(nominated: bool) -> None:
    check = stun.answer(request(nominated=nominated), SENDER, passwords)
    assert check is not None
    assert (check.ufrag, check.nominated) == ("ours", nominated)
    reply = theirs.parse_message(check.reply)
    assert reply.message_class is theirs.Class.RESPONSE
    assert reply.attributes["XOR-MAPPED-ADDRESS"] == SENDER
    assert reply.check_message_integrity(b"secret")


@pytest.mark.parametrize(
    "data",
    [
        request(password="guessed"),
        request(username="unknown:theirs"),
        request(username="ours"),
        bytes(theirs.Message(theirs.Method.BINDING, theirs.Class.REQUEST)),
        bytes(theirs.Message(theirs.Method.ALLOCATE, theirs.Class.REQUEST)),
        request()[:-4],
        b"",
    ],
    ids=["guessed", "unknown", "half a name", "unsigned", "allocate", "cut", "empty"],
)
def test_anything_else_is_not_answered_at_all(data: bytes) -> None:
    assert stun.answer(data, SENDER, passwords) is None


@given(st.binary(max_size=120), st.integers(0, 100))
def test_damaged_checks_do_no_harm(noise: bytes, position: int) -> None:
    good = request()
    stun.answer(noise, SENDER, passwords)
    stun.answer(good[:position] + noise + good[position:], SENDER, passwords)
    header = good[:2] + len(noise).to_bytes(2, "big") + good[4:20]
    stun.answer(header + noise, SENDER, passwords)


def test_credentials_are_random_and_long_enough() -> None:
    one, other = ice.credentials(), ice.credentials()
    assert one != other
    assert len(one.ufrag) >= 4
    assert len(one.password) >= 22


def test_a_wildcard_binds_every_address_and_loopback() -> None:
    assert ice.local_addresses("192.0.2.9") == ("192.0.2.9",)
    assert ice.local_addresses("localhost") == ("127.0.0.1",)
    assert "127.0.0.1" in ice.local_addresses("0.0.0.0")
    assert "0.0.0.0" not in ice.local_addresses("0.0.0.0")


def test_candidates_prefer_the_first_address() -> None:
    first, second = ice.candidate_lines(["192.0.2.1", "127.0.0.1"], 5000)
    assert first.endswith("192.0.2.1 5000 typ host")
    assert int(first.split()[3]) > int(second.split()[3])


def test_turn_credentials_are_those_that_coturn_computes() -> None:
    secret = os.urandom(16)
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    user, password = ice.turn_credentials(secret, "ada", now, ttl_s=600)
    assert user == f"{int(now.timestamp()) + 600}:ada"
    assert password == base64.b64encode(hmac.new(secret, user.encode(), hashlib.sha1).digest()).decode()
