"""A page that breaks its own Content-Security-Policy says so in the console: heard in every window a test opens."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage

BROKEN = "Content Security Policy"


def noted_in(broken: list[str]) -> Callable[[ConsoleMessage], None]:
    """Writes into the list what a console says of the policy."""

    def note(said: ConsoleMessage) -> None:
        if BROKEN in said.text:
            broken.append(f"{said.page.url if said.page else 'a page'}: {said.text}")

    return note


def listen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on, what the console says of the policy, in each window that is opened after this."""
    broken: list[str] = []
    note = noted_in(broken)

    def heard(opened: Callable[..., Any]) -> Callable[..., Any]:
        async def open(self: Browser, *args: Any, **given: Any) -> Any:
            window = await opened(self, *args, **given)
            window.on("console", note)
            return window

        return open

    for name in ("new_context", "new_page"):
        monkeypatch.setattr(Browser, name, heard(getattr(Browser, name)))
    return broken
