"""How cases are made and counted, and what all fuzzers have in common."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

CPU_S = 0.5
"""No single case may keep the one thread of a process for longer: everybody's packets wait meanwhile. A bound for
the worst machine; an idle one takes a tenth."""


@dataclass
class Effort:
    """How much is tried: `cases` in one round; `fixed` ones are the same each time. `ran` counts them."""

    cases: int
    fixed: bool = False
    ran: int = 0

    def explore(self, check: Callable[[Any], None], cases: SearchStrategy[Any]) -> None:
        """Raise what `check` raises, with the smallest case that makes it do so. Any: a case is of its own kind."""

        def counted(case: Any) -> None:
            self.ran += 1
            check(case)

        wanted = settings(
            max_examples=self.cases,
            derandomize=self.fixed,
            database=None,
            deadline=None,
            print_blob=not self.fixed,
            suppress_health_check=list(HealthCheck),
        )
        wanted(given(cases)(counted))()


@dataclass(frozen=True, slots=True)
class Fuzzer:
    """`run` makes one round of an effort; it is given the address of an empty Redis. `cases`: (short form, a round)."""

    name: str
    what: str
    cases: tuple[int, int]
    run: Callable[[Effort, str], None]


@contextmanager
def quickly() -> Iterator[None]:
    """What is done inside takes less than CPU_S of this thread."""
    began = time.thread_time()
    yield
    took = time.thread_time() - began
    assert took < CPU_S, f"took {took:.2f} s of everybody's time"
