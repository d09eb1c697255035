"""Answers STUN binding requests as an ICE-lite agent (RFC 8445, RFC 8489). Pure: bytes in, a verdict out."""

from collections.abc import Callable
from dataclasses import dataclass

from aioice import stun

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Check:
    """A connectivity check that carried the right password. `nominated`: the browser wants media on this path."""

    ufrag: str
    nominated: bool
    reply: bytes


def local_ufrag(message: stun.Message) -> str | None:
    """The receiver's half of USERNAME (`receiver:sender`)."""
    username = message.attributes.get("USERNAME")
    return username.partition(":")[0] if isinstance(username, str) and ":" in username else None


def answer(data: bytes, sender: Address, password_of: Callable[[str], str | None]) -> Check | None:
    """The reply to a binding request from `sender`; None for anything to be ignored.

    `password_of` gives the password of one of our user name fragments. A request without a valid MESSAGE-INTEGRITY
    is ignored, not refused: the port then says nothing to strangers.
    """
    try:
        message = stun.parse_message(data)
    except (ValueError, IndexError, UnicodeDecodeError, ArithmeticError):
        return None
    except Exception as error:  # struct.error of a truncated attribute: aioice does not check every length
        if type(error).__name__ == "error":
            return None
        raise
    if message.message_method is not stun.Method.BINDING or message.message_class is not stun.Class.REQUEST:
        return None
    ufrag = local_ufrag(message)
    password = None if ufrag is None else password_of(ufrag)
    if ufrag is None or password is None or not message.check_message_integrity(password.encode()):
        return None
    reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
    reply.attributes["XOR-MAPPED-ADDRESS"] = sender
    reply.add_message_integrity(password.encode())
    return Check(ufrag, "USE-CANDIDATE" in message.attributes, bytes(reply))
