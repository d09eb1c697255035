"""A prescriber who writes without pause, over HTTP: doses and addenda to a note, each with a mark of its own.

What is not acknowledged is sent again as it was, every field of the form alike, as a person does who is told that it
did not go through. A change whose answer was lost and that is then refused as made already is looked up, as that
person would on the list.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import httpx2

from tests.benchmarks import care
from tests.server.web_process import Person

EVERY_S = 0.15
AGAIN_S = 0.1
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
NAME, VALUE = re.compile(r'name="([^"]*)"'), re.compile(r'value="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer said of a try: `status` 0 means that there was none."""

    mark: str
    at: float
    ended: float
    status: int
    words: str

    @property
    def acknowledged(self) -> bool:
        return self.status == 200


@dataclass(slots=True)
class Written:
    """Every try in order; `known` are marks that were found on the list after an answer was lost."""

    kind: str
    tries: list[Said] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    @property
    def acknowledged(self) -> set[str]:
        return {one.mark for one in self.tries if one.acknowledged}

    @property
    def marks(self) -> set[str]:
        return {one.mark for one in self.tries}

    def accepted_after(self, at: float, failed: float) -> float:
        """Seconds from `at` until a try succeeded again that began after `failed`, when a request went wrong."""
        return next((one.ended - at for one in self.tries if one.acknowledged and one.at >= failed), float("inf"))


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a form, all that it carries by itself."""
    found = {}
    for tag in HIDDEN.findall(page):
        name, value = NAME.search(tag), VALUE.search(tag)
        if name and value:
            found[name.group(1)] = value.group(1)
    return found


Renew = Callable[[], Awaitable[Person]]
"""Signs the prescriber in again, when the session is gone."""


class Writer:
    """Doses and addenda in turn, until told to stop."""

    def __init__(self, drew: Person, renew: Renew, visit: str, patient: UUID) -> None:
        self.drew = drew
        self.doses, self.notes = Written("dose"), Written("note")
        self.signed_in_again = 0
        self.failures: list[float] = []
        self._renew = renew
        self._visit = visit
        self._patient = patient
        self._count = 0

    def accepted_after(self, at: float) -> float | None:
        """Seconds from `at` until both kinds of change were acknowledged again; None when no request of any kind,
        reading and checking among them, went wrong since."""
        failed = next((one for one in self.failures if one > at), None)
        return None if failed is None else max(one.accepted_after(at, failed) for one in (self.doses, self.notes))

    async def begin(self) -> None:
        """A medicine to change, and a signed note to add to."""
        await care.start_sertraline(self.drew, self._visit, self._patient)
        panel = (await self.drew.get(f"{self._visit}/notes", fragment=True)).text
        section = re.findall(r'name="(section-[^"]+)"', panel)[0]
        fields = {**hidden(panel), "version": "0", section: "Seen by video."}
        signed = await self._post(f"{self._visit}/note/sign", fields)
        assert signed.status_code == 200, signed.text

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._count += 1
            await self._dose(f"chaos-{self._count}-dose", "100" if self._count % 2 else "50")
            await self._note(f"chaos-{self._count}-note")
            await asyncio.sleep(EVERY_S)

    async def _dose(self, mark: str, total: str) -> None:
        while True:
            panel = await self._read(f"{self._visit}/medicines")
            if mark in self.doses.marks and f" {total} mg" in _now(panel):
                self.doses.known.add(mark)
                return
            order = care.order_in(panel, self._visit)
            fields = {**care.CHANGE, "total": total, "reason": mark}
            checked = await self._tried(f"{order}/check", fields)
            if checked is None or checked.status_code != 200:
                await asyncio.sleep(AGAIN_S)
                continue
            fields = {**hidden(checked.text), **fields, **care.answers(checked.text)}
            if await self._until_known(self.doses, mark, f"{order}/revise", fields):
                return

    async def _note(self, mark: str) -> None:
        panel = await self._read(f"{self._visit}/notes")
        fields = {**hidden(panel), "text": mark}
        while not await self._until_known(self.notes, mark, f"{self._visit}/note/addendum", fields):
            pass

    async def _until_known(self, kept: Written, mark: str, path: str, fields: Mapping[str, str]) -> bool:
        """The same form again and again until it is acknowledged; False when it was refused as out of date."""
        while True:
            began = time.time()
            answer = await self._tried(path, fields)
            status, words = (0, "") if answer is None else (answer.status_code, answer.text)
            kept.tries.append(Said(mark, began, time.time(), status, words))
            if status == 200:
                return True
            if status == 409:
                return False
            await asyncio.sleep(AGAIN_S)

    async def _read(self, path: str) -> str:
        while True:
            try:
                answer = await self.drew.get(path, fragment=True)
                if answer.status_code == 200:
                    return answer.text
                await self._seen(answer)
            except httpx2.HTTPError:
                self.failures.append(time.time())
            await asyncio.sleep(AGAIN_S)

    async def _tried(self, path: str, fields: Mapping[str, str]) -> httpx2.Response | None:
        try:
            answer = await self._post(path, fields)
        except httpx2.HTTPError:
            self.failures.append(time.time())
            return None
        await self._seen(answer)
        return answer

    async def _post(self, path: str, fields: Mapping[str, str]) -> httpx2.Response:
        sent = {name: value for name, value in fields.items() if name not in ("csrf_token", "patient")}
        return await self.drew.post(path, self._patient, **sent)

    async def _seen(self, answer: httpx2.Response) -> None:
        if answer.status_code >= 500:
            self.failures.append(time.time())
        if answer.status_code == 401:
            self.signed_in_again += 1
            self.drew = await self._renew()


def _now(panel: str) -> str:
    """The list as words: the dose that stands."""
    return re.sub(r"<[^>]+>", " ", panel)
