"""Announcements: a topic name to everybody who listens to a key, and a count by which a page notices what it missed.

A page is rendered before its stream is open. The count of announcements at rendering travels in the stream's address;
if it has moved on when the stream opens, the page reads everything again.
"""

from collections.abc import Sequence

from server.application.actors import DESK_KEY
from server.application.context import AppContext

# What a page may have to read again; the same list stands in visit_ui/static/js/shell/live.js (compared by a test).
QUEUE = "queue"
TOPICS = ("medications", QUEUE, "presence", "symptoms", "notes", "visit", "alerts", "crisis")


async def announce(app_context: AppContext, key: str, topic: str) -> None:
    """Tell the pages that listen to ``key`` to read ``topic`` again. Carries no record data.

    Whatever changes somebody's queue changes the front desk's day.
    """
    for each in (key, DESK_KEY) if topic == QUEUE else (key,):
        await app_context.bus.announce(each, topic)


async def mark(app_context: AppContext, keys: Sequence[str]) -> str:
    """How many announcements these keys have seen: a text to compare, not to read."""
    return ".".join(str(count) for count in await app_context.bus.announced(keys))
