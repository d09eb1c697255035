"""What should not have happened and was contained: counted for this process, logged without content.

A fault is a mistake of the program: whatever a page or a stranger sends has an answer of its own. It ends at most
what it happened to, so it must be seen elsewhere: each kind is logged with where it was raised the first time, and
again after 10, 100, ... more. An error's message can quote what somebody wrote, so only its kind and the lines of the
program are told.
"""

import logging
import traceback
from collections import Counter

log = logging.getLogger(__name__)

_counts: Counter[str] = Counter()


def note(where: str, error: BaseException) -> None:
    """Count one contained error. `where`: what was being done, in a word or two without content."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
    kind = f"{where}: unexpected {type(error).__name__} at {place}"
    _counts[kind] += 1
    count = _counts[kind]
    if str(count).strip("0") == "1":
        log.error("%s (%d so far)\n%s", kind, count, "".join(traceback.format_list(frames)).rstrip())


def total() -> int:
    """How many there were since this process began."""
    return _counts.total()


def kinds() -> tuple[str, ...]:
    """What they were, each kind once."""
    return tuple(_counts)


def forget() -> None:
    """Begin anew: for tests, which share one process."""
    _counts.clear()
