"""What a demo adds to the program's own processes, as they see it. The demo hands it in; nobody here knows the demo."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.routing import BaseRoute

from server.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class DemoParts:
    """`public_origins`: every address the demo is reached at; `routes`: its own pages and provider; `keep_alive`: what
    its worker does again and again.
    """

    public_origins: Callable[[Settings], tuple[str, ...]]
    routes: Callable[[Settings], list[BaseRoute]]
    keep_alive: Callable[[Settings, datetime], Awaitable[None]]
