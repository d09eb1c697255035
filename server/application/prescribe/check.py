"""What is found in the chart when a proposal is looked at, and what is still missing before it may be signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from emr.dosing.forms import NoLadder
from emr.formulary.model import Formulary
from emr.medications.model import OrderStatus
from emr.prescribing import use_cases as prescribing
from emr.prescribing.ground import Ground
from emr.prescribing.use_cases import CheckedProposal
from emr.safety import checks as safety
from emr.safety.finding import Finding
from server.application.prescribe.parse import DoseRequest
from server.application.prescribe.propose import MedicineTarget, Proposed

ANSWER: Final = "answer-"
"""A field that begins so holds the answer to the finding of the rest of its name."""

# What has to be mended before anything can be signed, by the field that says how.
MENDED: Final = {
    "total": "a dose",
    "tablets": "the tablets",
    "timing": "when it is taken",
    "from": "the first day",
    "days": "the days of supply",
    "refills": "the refills",
}


@dataclass(frozen=True, slots=True)
class MissingItem:
    """Something that keeps a proposal from being signed, and the field that mends it."""

    words: str
    field: str


def check(formulary: Formulary, ground: Ground, proposed: Proposed) -> CheckedProposal | None:
    """The proposal with its findings; None: there is none yet."""
    return None if proposed.proposal is None else prescribing.check(ground, proposed.proposal, formulary)


def lacking(
    about: MedicineTarget,
    asked: DoseRequest,
    proposed: Proposed,
    findings: tuple[Finding, ...],
    errors: Mapping[str, str],
) -> tuple[MissingItem, ...]:
    """Everything that is missing; () when it may be signed, as far as the record goes. `errors`: those of the supply
    that the policy does not allow too.
    """
    if isinstance(proposed.ladder, NoLadder):
        return (MissingItem("a dose in countable units: prescribe this one in your other system", "total"),)
    missing = [MissingItem(words, field) for field, words in MENDED.items() if field in errors]
    if proposed.proposal is None:
        return tuple(missing) or (MissingItem("a dose", "total"),)
    current = about.current
    same = current is not None and current.dose == proposed.proposal.dose and current.status is OrderStatus.ACTIVE
    if same and not about.renews:
        missing.append(MissingItem("a different dose", "total"))
    if current is None and not asked.indication:
        missing.append(MissingItem("the indication", "indication"))
    if not asked.reason:
        missing.append(MissingItem("the reason", "reason"))
    for finding in safety.unanswered(findings, asked.answers):
        missing.append(MissingItem(f"a response: {finding.title}", f"{ANSWER}{finding.key}"))
    return tuple(missing)
