"""The pure part of `titrate policy check`: words in, one JSON object for each name out, and an exit status.

Needs no engine and touches no record. The fields, the closed lists and the exit statuses are described in
`docs/policy-check.md`, which a test compares with this module.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from compliance.prescribing.deciding import PrescribingRequest, decide
from compliance.prescribing.decision import Decision
from compliance.prescribing.policy_packs import STRICT_BLOCK, Packs
from compliance.shared.errors import UnusableInput
from compliance.shared.vocabulary import CheckInState, Modality, PrescribingAction
from compliance.substances.resolver import FEDERAL_ONLY, Substances

EXIT_ALLOW = 0
EXIT_UNUSABLE = 2
EXIT_BLOCK = 3
EARLIEST = date(1971, 5, 1)
"""The day the Controlled Substances Act took effect: before it there is no schedule to speak of."""


@dataclass(frozen=True, slots=True)
class PolicyCheckOptions:
    """The options of the command, as typed values."""

    action: PrescribingAction
    modality: Modality
    state: str
    on: date
    check_in: CheckInState = CheckInState.HOLDS


def question(
    *,
    action: str,
    modality: str,
    state: str | None,
    on: str | None,
    substances: Substances,
    now: datetime,
    check_in: str = CheckInState.HOLDS.value,
) -> PolicyCheckOptions:
    """Reads the options. Raises UnusableInput saying which word is wrong and which are expected."""
    actions = {one.value: one for one in PrescribingAction}
    modalities = {one.value: one for one in Modality}
    if action not in actions:
        raise UnusableInput(f"'{action}' is not an action; expected one of: {', '.join(actions)}.")
    if modality not in modalities:
        raise UnusableInput(f"'{modality}' is not a modality; expected one of: {', '.join(modalities)}.")
    check_ins = {one.value: one for one in CheckInState}
    if check_in not in check_ins:
        raise UnusableInput(f"'{check_in}' is not a check-in; expected one of: {', '.join(check_ins)}.")
    place = state.strip().upper() if state is not None else FEDERAL_ONLY
    if place != FEDERAL_ONLY and place not in substances.jurisdictions:
        raise UnusableInput(f"'{state}' is not a two-letter code of a state or territory of the United States.")
    return PolicyCheckOptions(actions[action], modalities[modality], place, _day(on, now), check_ins[check_in])


def _day(on: str | None, now: datetime) -> date:
    if on is None:
        return now.date()
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise UnusableInput(f"'{on}' is not a date; expected one like 2026-12-01.") from None
    if day < EARLIEST:
        raise UnusableInput(f"There were no schedules before {EARLIEST.isoformat()}.")
    return day


def answer(name: str, asked: PolicyCheckOptions, substances: Substances, packs: Packs, now: datetime) -> Decision:
    """The decision for one name, by the default policy."""
    request = PrescribingRequest(
        asked.action,
        asked.modality,
        name,
        state=asked.state,
        on=asked.on,
        attends=asked.modality is not Modality.NONE,
        check_in=asked.check_in,
    )
    return decide(request, packs.select(STRICT_BLOCK, asked.on), substances, now)


def as_json(name: str, asked: PolicyCheckOptions, decision: Decision) -> str:
    """One JSON object on one line, in ASCII so that nothing invisible in a name reaches a terminal."""
    return json.dumps(
        {
            "name": name,
            "outcome": decision.outcome.value,
            "schedule": decision.schedule.value if decision.schedule else None,
            "ingredients": list(decision.ingredients),
            "reasons": [{"code": one.code, "sentence": one.sentence} for one in decision.reasons],
            "action": asked.action.value,
            "modality": asked.modality.value,
            "check_in": asked.check_in.value if asked.modality is Modality.IN_PERSON else None,
            "state": None if asked.state == FEDERAL_ONLY else asked.state,
            "on": asked.on.isoformat(),
            "rule": decision.rule,
            "citations": [{"id": one.id, "text": one.text, "says": one.says} for one in decision.citations],
            "obligations": [
                {"code": one.code, "sentence": one.sentence, "citation": one.citation.text}
                for one in decision.obligations
            ],
            "ways_forward": [
                {"code": one.code, "title": one.title, "sentence": one.sentence} for one in decision.ways_forward
            ],
            "pack": {"id": decision.pack_id, "version": decision.pack_version, "sha256": decision.pack_sha256},
            "reference_sha256": decision.reference_sha256,
            "evidence": dict(decision.evidence),
        }
    )


def names_in(content: bytes) -> tuple[str, ...]:
    """The names of a file, one a line, in order; an empty line is an empty name. Raises UnusableInput."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnusableInput(f"Line {line} of the file is not UTF-8 text.") from None
    # Only line feeds part names: other separators belong to the name, where they are refused as invisible.
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if not lines:
        raise UnusableInput("The file holds no name.")
    return tuple(line.removesuffix("\r") for line in lines)


@dataclass(frozen=True, slots=True)
class PolicyCheckResult:
    """What the command prints (one line a name, in order) and how it ends."""

    lines: tuple[str, ...]
    exit_status: int


def check(
    names: Sequence[str], asked: PolicyCheckOptions, substances: Substances, packs: Packs, now: datetime
) -> PolicyCheckResult:
    """Checks every name. The status is EXIT_ALLOW only when every single one is allowed."""
    decisions = [answer(name, asked, substances, packs, now) for name in names]
    lines = tuple(as_json(name, asked, one) for name, one in zip(names, decisions, strict=True))
    allowed = bool(decisions) and all(one.allowed for one in decisions)
    return PolicyCheckResult(lines, EXIT_ALLOW if allowed else EXIT_BLOCK)
