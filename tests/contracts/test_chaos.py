"""The fault table: what is counted against what was written, and that its row is sound only when nothing was lost."""

from collections import Counter

import pytest

from tests.chaos.counting import Counted, was_false
from tests.chaos.faults import Fault
from tests.chaos.report import Row, table
from tests.chaos.writing import Said, Written, hidden

NONE = Counted((), (), ())
QUIET = Fault(None, None, (), 0)


def a_try(mark: str, at: float, status: int, words: str = "") -> Said:
    return Said(mark, at, at + 0.1, status, words)


def test_a_row_says_seconds_or_that_nothing_stopped() -> None:
    rows = [
        Row("worker", [QUIET, QUIET], 80, NONE, "whole"),
        Row("media", [Fault(None, 2.44, (), 0), Fault(None, float("inf"), (), 0)], 60, NONE, "whole"),
    ]
    assert [row.sound for row in rows] == [True, False]
    worker, media = table(rows).splitlines()[2:]
    assert worker == "| worker | not interrupted | never lost | 0 of 80 | 0 | none | 0 | whole |"
    assert "| 2.4, not s |" in media


@pytest.mark.parametrize(
    "row",
    [
        Row("web", [QUIET], 9, Counted(("chaos-1-dose",), (), ()), "whole"),
        Row("web", [QUIET], 9, Counted((), ("chaos-1-note",), ()), "whole"),
        Row("web", [QUIET], 9, Counted((), (), ("chaos-1-note",)), "whole"),
        Row("web", [Fault(None, None, ("The visit has ended",), 0)], 9, NONE, "whole"),
        Row("web", [QUIET], 9, NONE, "one finding"),
    ],
)
def test_a_row_is_not_sound_when_something_went_wrong(row: Row) -> None:
    assert not row.sound


def test_writes_are_back_with_the_first_that_began_after_a_failure_and_was_acknowledged() -> None:
    written = Written("note", [a_try("a", 1.0, 200), a_try("b", 2.0, 0), a_try("b", 3.0, 503), a_try("b", 4.0, 200)])
    assert written.accepted_after(1.5, failed=2.0) == pytest.approx(2.6)
    assert written.accepted_after(1.5, failed=4.5) == float("inf"), "none since"
    assert written.acknowledged == {"a", "b"}


def test_nothing_was_changed_is_false_of_what_is_there() -> None:
    denied, repeated = a_try("a", 1.0, 503, "Nothing was changed."), a_try("a", 2.0, 200)
    written = Written("note", [denied, repeated])
    assert not was_false(denied, written, Counter({"a": 1})), "the second try wrote it"
    assert was_false(denied, written, Counter({"a": 2})), "both did"
    assert was_false(denied, Written("note", [denied]), Counter({"a": 1}))


def test_what_a_form_carries_by_itself_is_sent_again() -> None:
    form = (
        '<input type="hidden" name="key" value="k1"><input name="text"><input value="p" name="patient" type="hidden">'
    )
    assert hidden(form) == {"key": "k1", "patient": "p"}
