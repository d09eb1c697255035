"""The pure part of `titrate policy check`: what is printed, and how it ends."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from compliance.prescribing import policy_check, policy_packs
from compliance.prescribing.policy_check import PolicyCheckOptions, PolicyCheckResult
from compliance.prescribing.policy_packs import Packs
from compliance.shared.errors import UnusableInput
from server.application import references

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
SUBSTANCES = references.load().substances
PACKS = policy_packs.load()


def _question(
    action: str = "new", modality: str = "video", state: str | None = None, on: str | None = None
) -> PolicyCheckOptions:
    return policy_check.question(action=action, modality=modality, state=state, on=on, substances=SUBSTANCES, now=NOW)


def _check(*names: str, packs: Packs = PACKS, **options: str) -> PolicyCheckResult:
    return policy_check.check(names, _question(**options), SUBSTANCES, packs, NOW)


def _object(checked: PolicyCheckResult) -> dict[str, Any]:  # Any: JSON
    (line,) = checked.lines
    return dict(json.loads(line))


def test_a_controlled_medicine_by_video_is_blocked() -> None:
    checked = _check("Xanax 0.5 mg tablet", state="FL", on="2026-12-01")
    found = _object(checked)
    assert checked.exit_status == 3
    assert (found["outcome"], found["schedule"], found["ingredients"]) == ("block", "IV", ["alprazolam"])
    assert [reason["code"] for reason in found["reasons"]] == ["controlled_remote"]
    assert found["pack"]["id"] == "strict-block"
    assert (found["state"], found["on"]) == ("FL", "2026-12-01")


def test_an_uncontrolled_medicine_is_allowed() -> None:
    checked = _check("sertraline 50 mg tablet")
    found = _object(checked)
    assert (checked.exit_status, found["outcome"], found["schedule"], found["state"]) == (0, "allow", "none", None)


def test_an_unknown_medicine_is_blocked_in_person_too_and_has_no_schedule() -> None:
    checked = _check("blorbazine 5 mg", modality="in_person")
    found = _object(checked)
    assert (checked.exit_status, found["outcome"], found["schedule"]) == (3, "block", None)
    assert [reason["code"] for reason in found["reasons"]] == ["unknown_medicine", "unknown_word"]


def test_an_empty_name_is_blocked() -> None:
    assert _object(_check(""))["reasons"][1]["code"] == "name_empty"


def test_a_file_gives_one_line_a_name_in_order() -> None:
    names = policy_check.names_in("﻿sertraline\r\n\nXanax\nlithium 300 mg\n".encode())
    assert names == ("sertraline", "", "Xanax", "lithium 300 mg")
    checked = _check(*names)
    assert [json.loads(line)["name"] for line in checked.lines] == list(names)
    assert [json.loads(line)["outcome"] for line in checked.lines] == ["allow", "block", "block", "allow"]
    assert checked.exit_status == 3
    assert _check("sertraline", "lithium 300 mg").exit_status == 0


def test_a_line_separator_inside_a_name_does_not_part_it() -> None:
    assert policy_check.names_in("a\u2028b\x0cc\n".encode()) == ("a\u2028b\x0cc",)
    assert _object(_check("sertraline\u2028Xanax"))["outcome"] == "block"


@pytest.mark.parametrize("content", [b"", b"sertraline\n\xff\xfe\n"])
def test_an_unusable_file_is_refused(content: bytes) -> None:
    with pytest.raises(UnusableInput):
        policy_check.names_in(content)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"action": "prescribe"}, "new, renew, increase"),
        ({"action": "NEW"}, "not an action"),
        ({"modality": "phone"}, "video, audio, in_person, none"),
        ({"state": "Florida"}, "two-letter"),
        ({"state": ""}, "two-letter"),
        ({"on": "tomorrow"}, "2026-12-01"),
        ({"on": "2026-02-30"}, "not a date"),
        ({"on": "1970-01-01"}, "no schedules before"),
    ],
)
def test_an_unusable_word_is_refused_and_says_what_is_expected(options: dict[str, str], expected: str) -> None:
    with pytest.raises(UnusableInput, match=expected):
        _question(**options)


def test_a_state_may_be_written_small_and_the_day_is_today() -> None:
    asked = _question(state="fl")
    assert (asked.state, asked.on) == ("FL", date(2026, 11, 22))


def test_the_line_is_ascii_and_without_line_feeds() -> None:
    (line,) = _check("аlprazolam\u202e\n1 mg").lines
    assert line.isascii()
    assert "\n" not in line


def test_a_damaged_policy_blocks() -> None:
    checked = _check("sertraline", packs=Packs({}, ()))
    assert checked.exit_status == 3
    assert [reason["code"] for reason in _object(checked)["reasons"]] == ["no_rule", "no_usable_policy"]
