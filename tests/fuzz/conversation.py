"""What two strangers with good tickets do in somebody's call: any messages in any order, and entries in Redis."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st

from signaling import protocol
from signaling.protocol import Hello, Leave, Offer, Sending
from tests.fuzz.descriptions import OFFER, OFFERS
from tests.fuzz.scene import Scene, leaves, settled
from tests.fuzz.texts import ANY_TEXT, ENTRIES, SAID
from tests.signaling.call_service import Page

WHO = ("eve", "mallory")


@dataclass
class Play:
    """One case as it goes on."""

    scene: Scene
    pages: dict[str, Page] = field(default_factory=dict)

    def page(self, who: str, resume: str | None = None) -> Page:
        """This one's page, joined now if there is none."""
        page = self.pages.get(who)
        if page is None or page.serving.done():
            page = self.pages[who] = self.scene.service.join(who, resume=resume)
        return page


@dataclass(frozen=True)
class Joins:
    """Another tab of the same person, which may name any media connection as its own."""

    resume: str | None

    async def act(self, play: Play, who: str) -> None:
        play.pages.pop(who, None)
        play.page(who, self.resume)


@dataclass(frozen=True)
class Says:
    """Any text; as the first words of a new socket if `first`."""

    text: str
    first: bool

    async def act(self, play: Play, who: str) -> None:
        if self.first:
            play.pages[who] = play.scene.service.open(who)
        play.page(who).say_raw(self.text)


@dataclass(frozen=True)
class Greets:
    """A hello with any ticket."""

    version: int
    ticket: str

    async def act(self, play: Play, who: str) -> None:
        page = play.pages[who] = play.scene.service.open(who)
        hello = Hello(self.version, "T", play.scene.service.room)
        page.say_raw(protocol.serialize(hello).replace('"T"', json.dumps(self.ticket)))


@dataclass(frozen=True)
class Offers:
    """An offer of any description."""

    sdp: str

    async def act(self, play: Play, who: str) -> None:
        play.page(who).say_raw(protocol.serialize(Offer(1, "S")).replace('"S"', json.dumps(self.sdp)))


@dataclass(frozen=True)
class Acts:
    """What a page does by itself."""

    what: str

    async def act(self, play: Play, who: str) -> None:
        page = play.page(who)
        if self.what == "sending":
            page.say(Sending(3, True, True))
        elif self.what == "leave":
            page.say(Leave(4))
        elif self.what == "vanish":
            page.vanish()
        else:
            await settled(page)


@dataclass(frozen=True)
class Writes:
    """A foreign hand in Redis: an entry in the stream of the media process or of the web process."""

    to: str
    fields: dict[str, str]

    async def act(self, play: Play, who: str) -> None:
        service = play.scene.service
        reader = service.hub._node if self.to == "to-media" else service.gateway._web
        entry = {_bytes(key): _bytes(value) for key, value in self.fields.items()}
        if entry:
            await service.bus._redis.xadd(service.bus._key(self.to, reader), entry)  # type: ignore[arg-type]  # bytes


Step = Joins | Says | Greets | Offers | Acts | Writes
STEPS = st.one_of(
    st.builds(Joins, st.none() | ANY_TEXT.filter(lambda text: text.isprintable())),
    st.builds(Says, SAID, st.booleans()),
    st.builds(Greets, st.just(1) | st.integers(), ANY_TEXT),
    st.builds(Offers, OFFERS),
    st.builds(Offers, st.just(OFFER)),
    st.builds(Acts, st.sampled_from(("sending", "leave", "vanish", "settle"))),
    st.builds(Writes, st.sampled_from(("to-media", "to-web")), ENTRIES),
)
CONVERSATIONS = st.lists(st.tuples(st.sampled_from(WHO), STEPS), min_size=1, max_size=16)


def attack(steps: list[tuple[str, Step]]) -> Callable[[Scene], Awaitable[None]]:
    """A case, to be played."""

    async def played(scene: Scene) -> None:
        play = Play(scene)
        for who, step in steps:
            await step.act(play, who)
        for page in play.pages.values():
            await settled(page)
        for who in {who for who, _ in steps}:
            await leaves(scene.service, who)

    return played


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
