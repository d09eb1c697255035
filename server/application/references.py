"""Reference data and policy, read and checked once at start: a damaged file stops the program, not a visit."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from compliance.access import rules as access
from compliance.access.rules import AccessRules
from compliance.prescribing import policy_packs
from compliance.prescribing.policy_packs import Packs
from compliance.reports.purposes import pack as purposes
from compliance.reports.purposes.pack import Purpose
from compliance.reports.worth_a_look import rules as worth_a_look
from compliance.reports.worth_a_look.rules import Rules
from compliance.substances import resolver as substances
from compliance.substances.resolver import Substances
from emr.danger import crisis_lines as crisis
from emr.dosing import proposal as dose_proposal
from emr.formulary import model as formulary
from emr.formulary.model import Formulary
from emr.medications import reasons
from emr.notes import model as notes
from emr.notes.model import Templates
from emr.questionnaires import model as scales
from emr.questionnaires.model import Scales
from emr.shared import contact


@dataclass(frozen=True, slots=True)
class References:
    """Everything that may vary by law or by drug, with the versions that decisions record.

    `products`: the text of every product that the formulary can prescribe. `purposes`: why an officer may read what a
    prescriber wrote, by code.
    """

    access: AccessRules
    packs: Packs
    substances: Substances
    formulary: Formulary
    products: frozenset[str]
    scales: Scales
    note_templates: Templates
    crisis: tuple[crisis.HelpLine, ...]
    purposes: Mapping[str, Purpose]
    worth_a_look: Rules
    reasons: Mapping[reasons.ChangeKind, tuple[str, ...]]


@lru_cache(maxsize=1)
def load() -> References:
    """Read everything. Raises the package's own error, naming file and line, for anything damaged."""
    contact.states()
    medicines = formulary.load()
    return References(
        access=access.load(),
        packs=policy_packs.load(),
        substances=substances.load(),
        formulary=medicines,
        products=frozenset(
            text for one in medicines.contents.medicines for text in dose_proposal.product_texts(medicines, one)
        ),
        scales=scales.load(),
        note_templates=notes.templates(),
        crisis=crisis.lines(),
        purposes=purposes.load(),
        worth_a_look=worth_a_look.load(),
        reasons=reasons.short(),
    )
