"""Short reasons to pick: every kind of change has some, each from the file with its source, none chosen by itself."""

from emr.medications import reasons
from emr.medications.reasons import ChangeKind


def test_every_kind_of_change_has_a_few_short_reasons() -> None:
    assert {kind: 1 <= len(words) <= 6 for kind, words in reasons.short().items()} == dict.fromkeys(ChangeKind, True)


def test_a_medicine_is_not_raised_for_the_reason_it_is_lowered_for() -> None:
    known = reasons.short()
    assert "Side effects" in known[ChangeKind.DECREASE]
    assert "Side effects" not in known[ChangeKind.INCREASE]
