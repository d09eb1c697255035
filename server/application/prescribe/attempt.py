"""A prescription that somebody is about to sign: from what was typed to whether it may be signed, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from compliance.prescribing.decision import Decision
from compliance.shared.vocabulary import PrescribingAction
from emr.dosing.proposal import Proposal
from emr.medications import model as medication
from emr.prescribing.ground import Ground
from emr.prescribing.use_cases import CheckedProposal
from emr.safety.finding import Finding
from emr.shared.ids import PersonId
from server.application.prescribe import read_back
from server.application.prescribe.check import MissingItem, check, lacking
from server.application.prescribe.decide import PrescribeIntent, SupplyTerms, decide, intent_on, supply_terms
from server.application.prescribe.parse import DoseRequest
from server.application.prescribe.propose import MedicineTarget, Proposed, propose
from server.application.references import References


@dataclass(frozen=True, slots=True)
class Decided:
    """What was put to the policy, what it said, and what it lets be supplied."""

    intent: PrescribeIntent
    decision: Decision
    terms: SupplyTerms


@dataclass(frozen=True, slots=True)
class PrescribeAttempt:
    """`checked` and `decided`: None while there is no proposal. `missing`: what keeps it from being signed; `errors`:
    what is wrong, by field.
    """

    about: MedicineTarget
    asked: DoseRequest
    proposed: Proposed
    checked: CheckedProposal | None
    decided: Decided | None
    errors: Mapping[str, str]
    missing: tuple[MissingItem, ...]

    @property
    def proposal(self) -> Proposal | None:
        """What would be signed; None while that cannot be said."""
        return self.proposed.proposal

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is to be known before it is signed."""
        return self.checked.findings if self.checked else ()

    @property
    def may_be_signed(self) -> bool:
        """Whether nothing is missing. Whether the policy allows it is another matter."""
        return self.checked is not None and not self.missing

    @property
    def shown(self) -> str:
        """Stands for what is read back before it is signed; empty while there is nothing to sign."""
        made = self.proposal
        return (
            "" if made is None else read_back.stands_for(made.product, made.sig, str(made.starts_on), made.supply_words)
        )

    def answered(self, answers: Mapping[str, str]) -> "PrescribeAttempt":
        """The same with these answers to its findings."""
        asked = replace(self.asked, answers=answers)
        missing = lacking(self.about, asked, self.proposed, self.findings, self.errors)
        return replace(self, asked=asked, missing=missing)


def attempt(
    references: References, ground: Ground, prescriber: PersonId, about: MedicineTarget, asked: DoseRequest
) -> PrescribeAttempt:
    """Propose, check, decide: on one ground, by one reference."""
    proposed = propose(references.formulary, about, asked)
    checked = check(references.formulary, ground, proposed)
    decided = _decided(references, ground, prescriber, about, proposed)
    errors = dict(proposed.errors)
    if decided is not None and decided.terms.refused is not None:
        errors["refills"] = decided.terms.refused
    missing = lacking(about, asked, proposed, checked.findings if checked else (), errors)
    return PrescribeAttempt(about, asked, proposed, checked, decided, errors, missing)


def _decided(
    references: References, ground: Ground, prescriber: PersonId, about: MedicineTarget, proposed: Proposed
) -> Decided | None:
    if proposed.proposal is None:
        return None
    action = "renew" if about.renews else medication.action(about.current, proposed.proposal)
    intent = intent_on(ground, prescriber, PrescribingAction(action), proposed.proposal)
    decision = decide(references, intent)
    return Decided(intent, decision, supply_terms(references, intent, decision))
