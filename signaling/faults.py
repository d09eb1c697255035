"""What should not have happened and was contained: counted for each process, logged without content.

A fault is a mistake of the program: whatever a page or a stranger sends has an answer of its own. It ends at most
what it happened to, so it must be seen elsewhere: each kind is logged with where it was raised the first time, and
again after 10, 100, ... more. An error's message can quote what somebody wrote, so only its kind and the lines of the
program are told.
"""

import logging
import traceback
from collections import Counter

log = logging.getLogger(__name__)


class Faults:
    """Those of one process: made with its bus, which every part of it is given."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def note(self, where: str, error: BaseException) -> None:
        """Count one contained error. `where`: what was being done, in a word or two without content."""
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
        kind = f"{where}: unexpected {type(error).__name__} at {place}"
        self._counts[kind] += 1
        count = self._counts[kind]
        if str(count).strip("0") == "1":
            log.error("%s (%d so far)\n%s", kind, count, "".join(traceback.format_list(frames)).rstrip())

    def total(self) -> int:
        """How many there were since this process began."""
        return self._counts.total()

    def kinds(self) -> tuple[str, ...]:
        """What they were, each kind once."""
        return tuple(self._counts)
