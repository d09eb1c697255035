"""An intent to prescribe, asked of the clinic's policy where the patient is, at the time everything was read."""

from dataclasses import dataclass
from datetime import date, datetime

from compliance.prescribing.deciding import PrescribingRequest
from compliance.prescribing.deciding import decide as decide_by_policy
from compliance.prescribing.decision import Decision
from compliance.prescribing.policy_packs import STRICT_BLOCK, Pack
from compliance.prescribing.supply import SupplyLimits, supply_codes, supply_limits
from compliance.shared.vocabulary import Modality, PrescribingAction
from emr.dosing.proposal import Proposal
from emr.prescribing.ground import Ground
from emr.shared.clinic_time.days import day_of
from emr.shared.contact import StatedContact
from emr.shared.ids import PersonId, VisitId
from emr.visits.model import Modality as VisitModality
from emr.visits.model import Visit, VisitStatus
from server.application.prescribe.encounter import EncounterSetting, encounter_on
from server.application.references import References


@dataclass(frozen=True, slots=True)
class PrescribeIntent:
    """What somebody wants to prescribe in a visit: the product as text, its code when it is one product.

    `directions`, `indication`: the texts that go out with it. Why it is prescribed is no part of the intent.
    `days_supply` and `refills`: None while there is no proposal. `at` is aware, UTC.
    """

    visit: Visit
    stated: StatedContact | None
    patient_zone: str
    prescriber: PersonId
    at: datetime
    action: PrescribingAction
    product: str
    meeting: EncounterSetting
    code: str | None = None
    directions: str = ""
    indication: str = ""
    days_supply: int | None = None
    refills: int | None = None

    @property
    def encounter(self) -> VisitId | None:
        """The visit while it is in progress; None: there is no encounter, which counts as remote."""
        return self.visit.id if self.visit.status is VisitStatus.IN_PROGRESS else None

    @property
    def modality(self) -> Modality:
        """Read from the encounter's own row, never from a request."""
        return Modality.NONE if self.encounter is None else Modality(self.visit.modality.value)

    @property
    def state(self) -> str | None:
        """Two letters of the place whose law counts: the site's in person, else where the patient said to be."""
        if self.visit.modality is VisitModality.IN_PERSON:
            return self.meeting.site.state if self.meeting.site else None
        return self.stated.statement.state if self.stated else None


def intent_on(
    ground: Ground, prescriber: PersonId, action: PrescribingAction, proposal: Proposal | None, product: str = ""
) -> PrescribeIntent:
    """What would be prescribed in this visit. `product`: the name as typed, while there is no proposal."""
    return PrescribeIntent(
        visit=ground.visit,
        stated=ground.stated,
        patient_zone=ground.patient.person.zone,
        prescriber=prescriber,
        at=ground.chart.read_at,
        action=action,
        product=proposal.product if proposal else product,
        meeting=encounter_on(ground),
        days_supply=proposal.days_supply if proposal else None,
        refills=proposal.refills if proposal else None,
        code=proposal.code if proposal else None,
        directions=proposal.sig if proposal else "",
        indication=proposal.indication if proposal else "",
    )


def decide(references: References, intent: PrescribeIntent) -> Decision:
    """What the clinic's policy says to this intent, then and where the patient is."""
    pack, on = _policy(references, intent)
    request = PrescribingRequest(
        action=intent.action,
        modality=intent.modality,
        product=intent.product,
        code=intent.code,
        state=intent.state,
        on=on,
        directions=intent.directions,
        indication=intent.indication,
        attends=intent.meeting.attended_by(intent.prescriber),
        check_in=intent.meeting.check_in_state,
        days_supply=intent.days_supply,
        refills=intent.refills,
        evidence=(("encounter", str(intent.visit.id)), *intent.meeting.evidence),
    )
    return decide_by_policy(request, pack, references.substances, intent.at)


@dataclass(frozen=True, slots=True)
class SupplyTerms:
    """What a schedule lets be supplied. `words`: "Schedule II: no refills"; empty: no limit. `refused`: why the supply
    of the intent is not allowed; None: it is, as far as the supply goes.
    """

    limits: SupplyLimits
    words: str
    refused: str | None


def supply_terms(references: References, intent: PrescribeIntent, decision: Decision) -> SupplyTerms:
    """The terms of an intent that was decided on, to be shown before somebody signs."""
    pack, _ = _policy(references, intent)
    limits, codes = supply_limits(pack, decision.schedule), supply_codes(pack)
    refused = next((one.sentence for one in decision.reasons if one.code in codes), None)
    return SupplyTerms(limits, _limit_words(decision.schedule_word, limits), refused)


def _policy(references: References, intent: PrescribeIntent) -> tuple[Pack, date]:
    """The policy that decides, and the day where the patient is."""
    on = day_of(intent.at, intent.patient_zone)
    return references.packs.select(STRICT_BLOCK, on), on


def _limit_words(schedule: str, limits: SupplyLimits) -> str:
    if limits.refills is None:
        return ""
    if limits.refills == 0:
        return f"Schedule {schedule}: no refills"
    days = f", refills times days at most {limits.refill_days}" if limits.refill_days is not None else ""
    return f"Schedule {schedule}: at most {limits.refills} refills{days}"
