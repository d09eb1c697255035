"""From where a page of a list goes on: the time and number of an entry, and in which direction. Pure.

A list is ordered by (time, entry number), newest first, or by a word of the row (a schedule, a rule) before these. A
page is named by the entry it stands beside and not by its own number: entries that are written meanwhile neither shift
it nor double a row, and a far page costs what the first one does. Its text goes into addresses and holds nothing else:
no id of a person.
"""

import binascii
import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
_FORM: Final = struct.Struct(">cqq")  # direction, microseconds since 1970, entry number


class PageDirection(StrEnum):
    """Which way from the entry: on in the list, or back; the values are what the text begins with."""

    OLDER = "o"
    NEWER = "n"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The page just older, or just newer, than entry `entry` of time `at` (aware), which is not on it.

    `value`: the entry's word in the column that the list is sorted by; empty: it is sorted by time alone, or by a
    person, whom the entry itself names.
    """

    direction: PageDirection
    at: datetime
    entry: int
    value: str = ""

    @property
    def text(self) -> str:
        """23 characters of an address, more with a word."""
        packed = _FORM.pack(self.direction.value.encode(), (self.at - _EPOCH) // _MICROSECOND, self.entry)
        packed += self.value.encode()
        return urlsafe_b64encode(packed).rstrip(b"=").decode()


def parse(text: str) -> Cursor:
    """The cursor that has exactly this text. Raises ``ValueError`` for any other."""
    try:
        packed = urlsafe_b64decode(text.encode("ascii") + b"==")
        direction, since, entry = _FORM.unpack(packed[: _FORM.size])
        value = packed[_FORM.size :].decode()
        found = Cursor(PageDirection(direction.decode("ascii")), _EPOCH + since * _MICROSECOND, entry, value)
    except (binascii.Error, struct.error, OverflowError, UnicodeError, ValueError) as error:
        raise ValueError("no cursor") from error
    if entry < 1 or found.text != text or (value and not _WORD.fullmatch(value)):
        raise ValueError("no cursor")
    return found
