"""The short form of `make fuzz`: the same cases every time, a few of each kind."""

import pytest

from tests.fuzz.exploring import Effort, Fuzzer
from tests.fuzz.fuzzers import FUZZERS


@pytest.mark.parametrize("fuzzer", FUZZERS, ids=lambda fuzzer: fuzzer.name)
def test_whatever_is_sent_is_answered_or_refused_and_ends_nobody_elses_call(fuzzer: Fuzzer, redis_url: str) -> None:
    effort = Effort(fuzzer.cases[0], fixed=True)
    fuzzer.run(effort, redis_url)
    assert effort.ran >= fuzzer.cases[0] // 2
