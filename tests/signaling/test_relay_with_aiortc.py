"""Two stock aiortc clients through the whole of it: gateway, bus, media process, DTLS, SRTP, slots."""

import asyncio

import pytest
from aiortc import RTCRtpSender
from aiortc.clock import current_datetime

from signaling.protocol import Answer, Leave, Media, Offer, Roster, Sending
from tests.signaling.call_service import CallService
from tests.signaling.robot import HEIGHT, WIDTH, Robot


async def test_two_people_see_and_hear_each_other(service: CallService) -> None:
    ada, drew = service.join("ada"), service.join("drew")
    await ada.hear(Roster, lambda r: len(r.people) == 2)
    async with Robot(ada) as one, Robot(drew) as two:
        await asyncio.gather(one.connect(), two.connect())
        await asyncio.gather(ada.hear(Media), drew.hear(Media))
        for robot in (one, two):
            frame = await robot.sees(0)
            assert (frame.width, frame.height) == (WIDTH, HEIGHT)
            loudest = max([await robot.hears(0) for _ in range(25)])
            assert loudest > 1000, "the tone has a root mean square of about 5600"
        first, later = await one.sees(0), [await one.sees(0) for _ in range(10)][-1]
        assert (later.pts or 0) > (first.pts or 0)


async def test_a_third_appears_in_a_slot_without_renegotiation_and_leaves_again(service: CallService) -> None:
    pages = [service.join(name) for name in ("ada", "drew")]
    async with Robot(pages[0]) as one, Robot(pages[1]) as two:
        await asyncio.gather(one.connect(), two.connect())
        await one.sees(0)
        third = service.join("ilse")
        async with Robot(third) as three:
            await three.connect()
            for robot, slot in ((one, 1), (two, 1), (three, 0), (three, 1)):
                assert (await robot.sees(slot)).width == WIDTH
            third.say(Leave(2))
            await pages[0].hear(Roster, lambda r: len(r.people) == 2)
        await one.sees(0)


async def test_a_key_frame_is_asked_for_when_the_newcomer_can_take_it(
    service: CallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()
    ada, drew = service.join("ada"), service.join("drew")
    async with Robot(ada) as one, Robot(drew) as two:
        sender = one.pc.getSenders()[1]
        monkeypatch.setattr(sender, "_send_keyframe", asked.set)
        await one.connect()
        await reports(sender)
        drew.say(Offer(1, await two.offer()))
        answer = await drew.hear(Answer)
        await reports(sender)
        assert not asked.is_set(), "drew has no keys yet: the picture would go to nobody"
        await two.accept(answer.sdp)
        await asyncio.wait_for(asked.wait(), 10)


async def reports(sender: RTCRtpSender) -> None:
    """Until the relay has reported once more on what it receives of this stream."""
    begun = current_datetime()
    async with asyncio.timeout(10):
        while not any(  # noqa: ASYNC110
            one.type == "remote-inbound-rtp" and one.timestamp > begun for one in (await sender.getStats()).values()
        ):
            await asyncio.sleep(0.05)


async def test_muting_is_told_to_the_others(service: CallService) -> None:
    ada, drew = service.join("ada"), service.join("drew")
    await ada.hear(Roster, lambda r: len(r.people) == 2)

    def states(roster: Roster) -> dict[str, tuple[bool, bool]]:
        return {person.participant: (person.audio, person.video) for person in roster.people}

    drew.say(Sending(1, True, True))
    await ada.hear(Roster, lambda r: states(r)["drew"] == (True, True))
    drew.say(Sending(2, False, True))
    await ada.hear(Roster, lambda r: states(r)["drew"] == (False, True))
