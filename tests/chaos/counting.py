"""What the record holds of the marks that were written: how often each, by SQL."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text

from tests.chaos.writing import Said, Written
from tests.server.web_process import transaction

COUNTS = {
    "dose": "SELECT reason AS mark FROM medication_order WHERE reason LIKE 'chaos-%'",
    "note": "SELECT text AS mark FROM note_addendum WHERE text LIKE 'chaos-%'",
}
NOTHING = ("Nothing was changed", "Nothing was written", "Nothing was signed", "Nothing was sent")


@dataclass(frozen=True, slots=True)
class Counted:
    """`lost`: acknowledged and not there. `doubled`: there more than once. `false`: "nothing was changed" of a try
    after which it was there, without a later try that could have written it."""

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    false: tuple[str, ...]


async def counted(database_url: str, everything: Iterable[Written]) -> Counted:
    """Compare what was answered with what is there."""
    lost: list[str] = []
    doubled: list[str] = []
    false: list[str] = []
    for written in everything:
        async with transaction(database_url) as conn:
            there = Counter((await conn.execute(text(COUNTS[written.kind]))).scalars())
        marks = written.acknowledged | written.known
        lost += sorted(mark for mark in marks if not there[mark])
        doubled += sorted(mark for mark, count in there.items() if count > 1)
        false += [one.mark for one in written.tries if was_false(one, written, there)]
    return Counted(tuple(lost), tuple(doubled), tuple(false))


def was_false(said: Said, written: Written, there: Counter[str]) -> bool:
    """Whether an answer denied what was written by that try, or by one before it."""
    if said.acknowledged or not any(words in said.words for words in NOTHING):
        return False
    later = [one for one in written.tries if one.mark == said.mark and one.acknowledged and one.at > said.at]
    return there[said.mark] > len(later)
