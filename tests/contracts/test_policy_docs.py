"""docs/policy-check.md says what the code does."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from compliance.prescribing import deciding as prescribing
from compliance.prescribing import policy_check, policy_packs
from compliance.shared.vocabulary import CheckInState, DecisionOutcome, Modality, PrescribingAction, Schedule
from compliance.substances import resolver as substances

TEXT = (Path(__file__).parents[2] / "docs" / "policy-check.md").read_text("utf-8")


def _section(title: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, title
    return found.group(1)


def _bullets(title: str) -> list[str]:
    return re.findall(r"^- `([^`]+)`", _section(title), re.MULTILINE)


def test_the_closed_lists_are_the_codes() -> None:
    assert _bullets("Values of --action") == [action.value for action in PrescribingAction]
    assert _bullets("Values of --modality") == [modality.value for modality in Modality]
    assert _bullets("Values of --check-in") == [state.value for state in CheckInState]


def test_the_fields_are_those_printed() -> None:
    loaded, packs = substances.load(), policy_packs.load()
    now = datetime(2026, 11, 22, tzinfo=UTC)
    asked = policy_check.question(action="new", modality="video", state=None, on=None, substances=loaded, now=now)
    (line,) = policy_check.check(["Xanax"], asked, loaded, packs, now).lines
    printed = json.loads(line)
    fields = _rows("What is printed")
    assert list(fields) == list(printed)
    for name, value in printed.items():
        inner = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        if isinstance(inner, dict) and name != "evidence":
            for key in inner:
                assert f"`{key}`" in fields[name]


def _rows(title: str) -> dict[str, str]:
    """All rows of a table below its line of dashes."""
    body = _section(title).split("| --- |", 1)[1]
    return {first.strip("`"): rest for first, rest in re.findall(r"^\| (.+?) \| (.+) \|$", body, re.MULTILINE)}


def test_the_exit_statuses_are_the_codes() -> None:
    assert {int(status) for status in _rows("Exit status")} == {
        policy_check.EXIT_ALLOW,
        policy_check.EXIT_UNUSABLE,
        policy_check.EXIT_BLOCK,
    }


def test_outcomes_schedules_and_the_first_day_are_the_codes() -> None:
    fields = _rows("What is printed")
    assert re.findall("`([^`]+)`", fields["outcome"]) == [outcome.value for outcome in DecisionOutcome]
    assert re.findall("`([^`]+)`", fields["schedule"]) == [schedule.value for schedule in Schedule]
    assert policy_check.EARLIEST.isoformat() in _rows("Options")["--on"]


@pytest.mark.parametrize("code", ["state_not_considered", "state_unknown", "hand_off_to_certified_system"])
def test_a_code_named_in_the_document_exists(code: str) -> None:
    assert f"`{code}`" in TEXT
    pack = policy_packs.load().by_id[policy_packs.STRICT_BLOCK]
    known = {rule.reason.code for rule in pack.rules} | {one.code for rule in pack.rules for one in rule.obligations}
    assert code in known


def test_the_reasons_of_last_resort_are_named() -> None:
    assert f"`{prescribing.NO_RULE.code}`" in TEXT
    assert policy_packs.REFUSE_EVERYTHING.fallback
    assert f"`{policy_packs.REFUSE_EVERYTHING.fallback.code}`" in TEXT
