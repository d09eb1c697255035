"""What a handler may answer; ``server.http.endpoint`` makes HTTP of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from visit_ui.pages.shell.frame import Page

# Why some POST needs no key: it writes nothing but, at most, that it was asked; each time it was.
ASKS = "asks for what an address must not say"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go and look there (after a change)."""

    path: str


@dataclass(frozen=True, slots=True)
class PageWithStatus:
    """A page with another status than 200, such as a form that needs correcting (422)."""

    page: Page
    status: int = 200


@dataclass(frozen=True, slots=True)
class Created:
    """A change was made: its page or fragment. ``of``: the id by which ``Row.afterwards`` shows it to a repeat."""

    page: Page
    of: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """A change was made: a few values for a script of ours, kept as they are. No names, nothing clinical."""

    fields: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class After:
    """Work that must not happen inside the transaction, such as a long reading: done once it is committed."""

    then: Callable[[], Awaitable["Page | PageWithStatus | Redirect | Response"]]


Answer = Page | PageWithStatus | Redirect | Created | Fields | Response | After
