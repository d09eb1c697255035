"""Real Chromium pages, fake camera and microphone, through the gateway and a media process of its own."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from signaling.tickets import SELF_TEST_RIGHTS
from tests.browser.calls import BrowserCallService, a_room, browser_call_service, grows, sees_and_hears, start_media
from tests.conftest import Engines

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(engines: Engines) -> AsyncIterator[BrowserCallService]:
    """One browser, one gateway and one media process for these calls."""
    async with browser_call_service(engines.redis(10)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def service(shared: BrowserCallService) -> AsyncIterator[BrowserCallService]:
    async with a_room(shared) as opened:
        yield opened


async def test_two_people_see_and_hear_each_other(service: BrowserCallService) -> None:
    ada, drew = await service.join("ada"), await service.join("drew")
    await asyncio.gather(sees_and_hears(ada), sees_and_hears(drew))
    sizes = await drew.evaluate("() => [...document.querySelectorAll('#others video')].map(v => v.videoWidth)")
    assert sizes
    assert all(size > 0 for size in sizes), "the element shows the picture, it is not only decoded"


async def test_two_people_meet_without_chromiums_loopback_flag(redis_url: str) -> None:
    async with browser_call_service(redis_url, loopback=False) as service:
        ada, drew = await service.join("ada"), await service.join("drew")
        await asyncio.gather(sees_and_hears(ada), sees_and_hears(drew))


async def test_three_people_each_see_and_hear_the_other_two(service: BrowserCallService) -> None:
    pages = [await service.join(name) for name in ("ada", "drew", "ilse")]
    await asyncio.gather(*(sees_and_hears(page, 2) for page in pages))


async def test_a_reload_in_mid_call_rejoins_by_itself(service: BrowserCallService) -> None:
    ada, drew = await service.join("ada"), await service.join("drew")
    await sees_and_hears(drew)
    await ada.reload()
    await ada.wait_for_function("window.harness?.ready")
    await asyncio.gather(sees_and_hears(ada), sees_and_hears(drew))
    log = await drew.evaluate("() => window.harness.log.filter(([name]) => name === 'people').map(([, p]) => p.length)")
    assert 0 not in log[1:], "her place was kept: she was never gone from the roster"


async def test_a_second_tab_takes_over_and_the_first_is_told(service: BrowserCallService) -> None:
    ada, drew = await service.join("ada"), await service.join("drew")
    await sees_and_hears(drew)
    again = await service.join("ada")
    await ada.wait_for_function("window.harness.closed?.code === 4409")
    await asyncio.gather(sees_and_hears(again), sees_and_hears(drew))


async def test_camera_off_and_on_again_is_told_and_needs_no_renegotiation(service: BrowserCallService) -> None:
    ada, drew = await service.join("ada"), await service.join("drew")
    await sees_and_hears(drew)
    await ada.evaluate("async () => { window.harness.video.stop(); await window.harness.call.send('video', null) }")
    await drew.wait_for_function("window.harness.people[0]?.video === false")
    await ada.evaluate(
        "async () => window.harness.call.send('video', await window.harness.openDevice('video'))",
    )
    await drew.wait_for_function("window.harness.people[0]?.video === true")
    await grows(drew, "video", "frames", 10)
    await ada.evaluate("() => window.harness.call.mute(true)")
    await drew.wait_for_function("window.harness.people[0]?.audio === false")


async def test_one_who_joins_by_sound_only_can_turn_the_camera_on_later(service: BrowserCallService) -> None:
    ada, drew = await service.join("ada", camera="off"), await service.join("drew")
    await grows(drew, "audio", "packets", 25)
    await drew.wait_for_function("window.harness.people[0]?.audio && !window.harness.people[0].video")
    await ada.evaluate("async () => window.harness.call.send('video', await window.harness.openDevice('video'))")
    await asyncio.gather(sees_and_hears(ada), sees_and_hears(drew))


async def test_a_restarted_media_process_is_survived(service: BrowserCallService) -> None:
    ada, drew = await service.join("ada"), await service.join("drew")
    await sees_and_hears(drew)
    await service.media.stop()
    service.media = await start_media(service.redis_url, service.prefix, service.host)
    await drew.wait_for_function("window.harness.log.some(([n, d]) => n === 'state' && d === 'rejoining')")
    await ada.wait_for_function("window.harness.call.state === 'connected'", timeout=30_000)
    await drew.wait_for_function("window.harness.call.state === 'connected'", timeout=30_000)
    await asyncio.gather(sees_and_hears(ada), sees_and_hears(drew))


async def test_one_who_leaves_is_gone_at_once(service: BrowserCallService) -> None:
    ada, drew = await service.join("ada"), await service.join("drew")
    await sees_and_hears(drew)
    await ada.evaluate("() => window.harness.call.leave()")
    await drew.wait_for_function("window.harness.people.length === 0", timeout=2_000)


async def test_a_device_check_measures_the_line_in_a_room_of_one(service: BrowserCallService) -> None:
    ada = await service.join("ada", SELF_TEST_RIGHTS)
    await sees_and_hears(ada)
    line = await ada.evaluate("() => window.harness.measure()")
    assert line["rttMs"] < 200
    assert line["uplinkKbps"] > 300
    assert await ada.evaluate("() => window.harness.level") > 0.1, "the fake microphone beeps"
