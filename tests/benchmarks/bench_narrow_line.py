"""A visit whose line towards one person becomes narrow at once: 300 kbit/s with a queue of 300 ms.

What is heard and seen there in the seconds after it, against the good line of the same visit just before.
"""

from collections.abc import Sequence
from typing import Any

from tests.benchmarks.figures import Figure, middle
from tests.benchmarks.place import Place, run
from tests.network.visit import behind_a_line, during, over_a_poor_line

ROUNDS = 3
NARROW_BPS = 300_000
WINDOWS_S = {"first": 2, "then": 4, "settled": 4}


def measure(place: Place) -> Sequence[Figure]:
    """`ROUNDS` visits, each on a good line and then on a narrow one."""
    return run(_measure(place.engines.redis(10)))


async def _measure(redis_url: str) -> Sequence[Figure]:
    good: list[dict[str, Any]] = []
    seen: dict[str, list[dict[str, Any]]] = {name: [] for name in WINDOWS_S}
    for _ in range(ROUNDS):
        async with behind_a_line(redis_url) as service, over_a_poor_line(service) as visit:
            good.append(await during(visit.drew, 4))
            _, drew = visit.clients
            drew.down.bps = NARROW_BPS
            for name, seconds in WINDOWS_S.items():
                seen[name].append(await during(visit.drew, seconds))
    frames = middle("good_line.picture", [one["frames"] / 4 for one in good], "frames/s")
    sound = middle("good_line.sound_invented", [one["concealed"] * 100 for one in good], "%")
    figures = [sound, frames]
    for name in WINDOWS_S:
        invented = [one["concealed"] * 100 for one in seen[name]]
        figures.append(middle(f"narrow_line.{name}.sound_invented", invented, "%").over(sound))
    for name, seconds in WINDOWS_S.items():
        shown = [one["frames"] / seconds for one in seen[name]]
        figures.append(middle(f"narrow_line.{name}.picture", shown, "frames/s").over(frames))
    return figures
