"""A window of Firefox, with the few acts that the tests need. What it shows is asked by scripts, as Playwright does."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.browser.firefox.wire import BidiError, Event, Wire

WITHIN_S = 30.0
# A document that goes away takes the question with it; the next one answers.
_MOVING_ON = ("no such frame", "unknown error", "no such realm")
_CENTER = """
  if (!at) return null;
  at.scrollIntoView({ block: "center", behavior: "instant" });
  const box = at.getBoundingClientRect();
  return box.width && [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
"""
_NAMED = """[...document.querySelectorAll("a, button")].find(
  (one) => one.checkVisibility() && one.innerText.toLowerCase().includes({})
)"""


class Page:
    """One window. `errors`: what its scripts raised and nobody caught."""

    def __init__(self, wire: Wire, context: str) -> None:
        self._wire = wire
        self._context = context
        self.errors: list[str] = []
        wire.on("log.entryAdded", self._logged)

    def _logged(self, entry: Event) -> None:
        ours = entry["source"].get("context") == self._context
        if ours and entry["type"] == "javascript" and entry["level"] == "error":
            self.errors.append(entry["text"])

    async def goto(self, url: str) -> None:
        """Open an address, and wait until it has loaded."""
        await self._wire.ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def reload(self) -> None:
        await self._wire.ask("browsingContext.reload", context=self._context, wait="complete")

    async def evaluate(self, expression: str, arg: Any = None) -> Any:
        """What a function, or an expression, gives: JSON values, a promise's when it is kept.

        Raises BidiError with what the script raised.
        """
        call = f"const f = ({expression}); return JSON.stringify(await (typeof f === 'function' ? f(given) : f))"
        answer = await self._wire.ask(
            "script.callFunction",
            functionDeclaration=f"async (text) => {{ const given = JSON.parse(text); {call}; }}",
            arguments=[{"type": "string", "value": json.dumps(arg)}],
            target={"context": self._context},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise BidiError("javascript error", answer["exceptionDetails"]["text"])
        value = answer["result"].get("value")
        return None if value is None else json.loads(value)

    async def wait_for(self, expression: str, within_s: float = WITHIN_S) -> None:
        """Wait until it is true, across changes of the document. Raises TimeoutError with what the window shows."""
        try:
            async with asyncio.timeout(within_s):
                while not await self._true(expression):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        except TimeoutError:
            shown = await self.evaluate("() => [location.pathname, document.body.innerText]")
            raise TimeoutError(f"not in {within_s} s: {expression}; the window shows {shown}") from None

    async def _true(self, expression: str) -> bool:
        try:
            return bool(await self.evaluate(expression))
        except BidiError as error:
            if error.code not in (*_MOVING_ON, "javascript error"):
                raise
            return False

    async def at(self, ending: str) -> None:
        """Wait until the address's path ends so, and the document is there."""
        await self.wait_for(f"location.pathname.endsWith({json.dumps(ending)}) && document.readyState === 'complete'")

    async def click(self, selector: str) -> None:
        """A real press of the pointer in the middle of the first such element, once it is there to be seen."""
        await self._press(f"document.querySelector({json.dumps(selector)})")

    async def press(self, words: str) -> None:
        """The same for a link or a button that says these words."""
        await self._press(_NAMED.format(json.dumps(words.lower())))

    async def _press(self, element: str) -> None:
        middle = f"() => {{ const at = {element}; {_CENTER} }}"
        await self.wait_for(middle)
        x, y = await self.evaluate(middle)
        steps = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        await self._act({"type": "pointer", "id": "mouse", "actions": steps})

    async def fill(self, selector: str, text: str) -> None:
        """Click into a field and type, in place of what stands there."""
        await self.click(selector)
        await self.evaluate("(selector) => document.querySelector(selector).select()", selector)
        keys = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        await self._act({"type": "key", "id": "keyboard", "actions": keys})

    async def choose(self, selector: str, value: str) -> None:
        """An option of a list, as the person's choice."""
        script = """([selector, value]) => {
          const list = document.querySelector(selector);
          list.value = value;
          for (const kind of ["input", "change"]) list.dispatchEvent(new Event(kind, { bubbles: true }));
        }"""
        await self.evaluate(script, [selector, value])

    async def _act(self, source: dict[str, Any]) -> None:
        await self._wire.ask("input.performActions", context=self._context, actions=[source])

    async def size(self, width: int, height: int) -> None:
        """CSS pixels of the viewport."""
        viewport = {"width": width, "height": height}
        await self._wire.ask("browsingContext.setViewport", context=self._context, viewport=viewport)

    async def picture(self) -> bytes:
        """What the viewport shows, as PNG."""
        answer = await self._wire.ask("browsingContext.captureScreenshot", context=self._context)
        return base64.b64decode(answer["data"])


@asynccontextmanager
async def window(wire: Wire, *, before: str | None = None) -> AsyncIterator[Page]:
    """A window with cookies and storage of its own. `before`: a function run in each document ahead of its scripts."""
    user = (await wire.ask("browser.createUserContext"))["userContext"]
    try:
        made = await wire.ask("browsingContext.create", type="tab", userContext=user)
        if before is not None:
            await wire.ask("script.addPreloadScript", functionDeclaration=before, contexts=[made["context"]])
        yield Page(wire, made["context"])
    finally:
        await wire.ask("browser.removeUserContext", userContext=user)
