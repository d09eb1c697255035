"""Reading a product's name into ingredients and schedule, and deciding whether it may be prescribed.

Nothing here waits for anything, so the process's own CPU time is measured: what else the machine does weighs less.
"""

import time
import tomllib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from compliance.prescribing.deciding import PrescribingRequest, decide
from compliance.prescribing.policy_packs import STRICT_BLOCK
from compliance.shared.vocabulary import Modality, PrescribingAction
from compliance.substances import resolver as substances
from server.application import references
from tests.benchmarks.figures import Figure, middle
from tests.benchmarks.place import Place

REPEATS = 5
LEAST_S = 0.3
ON = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def measure(place: Place) -> Sequence[Figure]:
    """Names in a second of CPU, on the names that are easily mistaken; the two are taken in turns."""
    del place
    names = _names()
    loads = [_seconds(substances.load) * 1000 for _ in range(3)]
    known = references.load()
    pack = known.packs.select(STRICT_BLOCK, ON)

    def resolve(name: str) -> None:
        known.substances.resolve(name, on=ON, state="FL")

    def judge(name: str) -> None:
        request = PrescribingRequest(PrescribingAction.NEW, Modality.VIDEO, name, state="FL", on=ON)
        decide(request, pack, known.substances, NOW)

    rates = [(_rate(resolve, names), _rate(judge, names)) for _ in range(REPEATS)]
    plain = middle("resolve.names", [one for one, _ in rates], "1/s of CPU")
    judged = middle("resolve.decisions", [one for _, one in rates], "1/s of CPU")
    return [plain, judged.over(plain), middle("resolve.load", loads, "ms")]


def _names() -> list[str]:
    path = Path(__file__).parents[1] / "compliance" / "traps.toml"
    cases = tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    return [name for case in cases for name in case["names"]]


def _rate(act: Callable[[str], None], names: Sequence[str]) -> float:
    """How many in a second of CPU, over whole passes through `names` for at least ``LEAST_S``."""
    began, passes = time.process_time(), 0
    while (taken := time.process_time() - began) < LEAST_S:
        for name in names:
            act(name)
        passes += 1
    return passes * len(names) / taken


def _seconds(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began
