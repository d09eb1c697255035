"""What a start pays for the reference data and packs: read and checked in a process of its own, against bare parsing.

Bare is Python's own `csv` over the same CSV files: no types, no checks. `load.import`: the modules alone.
"""

import subprocess
import sys
from collections.abc import Sequence

from tests.benchmarks.figures import Figure, middle
from tests.benchmarks.place import Place

REPEATS = 5
IMPORT = "from server.application import references"
LOAD = "references.load()"
BARE = (
    "import csv\nfrom pathlib import Path\n"
    "for file in sorted([*Path('emr/reference').glob('*.csv'), *Path('compliance/reference').glob('*.csv')]):\n"
    "    list(csv.reader(file.open(newline='')))"
)
TIMED = "import time\n{before}\nbegan = time.process_time()\n{what}\nprint(time.process_time() - began)"


def measure(place: Place) -> Sequence[Figure]:
    """CPU milliseconds, each in a fresh process, taken in turns."""
    kinds = {"load.bare": ("", BARE), "load.import": ("", IMPORT), "load.reference": (IMPORT, LOAD)}
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(REPEATS):
        for name, (before, what) in kinds.items():
            taken[name].append(_cpu_ms(TIMED.format(before=before, what=what)))
    bare, imports, loads = (middle(name, values, "ms") for name, values in taken.items())
    return [bare, imports, loads.over(bare)]


def _cpu_ms(program: str) -> float:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout) * 1000
