"""Where records and policy meet: a wish to prescribe becomes a decision, the decision a clearance or a block.

Never fails open: no visit in progress counts as remote, an unknown place or name blocks, and what could not be decided
is not written.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from sqlalchemy.exc import IntegrityError

from compliance.prescribing import decisions
from compliance.prescribing.deciding import PrescribingRequest, SupplyLimits, supply_codes, supply_limits
from compliance.prescribing.deciding import decide as decide_by_policy
from compliance.prescribing.decision import Decision
from compliance.prescribing.decisions import RecordedDecision
from compliance.prescribing.policy_packs import STRICT_BLOCK, Pack
from compliance.shared.vocabulary import CheckInState, Modality, PrescribingAction
from compliance.substances.text import MAX_NAME_LENGTH
from emr.medications.clearance import Clearance
from emr.presence import attending
from emr.presence import queries as presence_records
from emr.presence.model import Attendance, CheckIn, Site
from emr.shared.clinic_time.days import day_of
from emr.shared.contact import Stated
from emr.shared.errors import Refused
from emr.shared.ids import DecisionId, PersonId, VisitId
from emr.shared.together import together
from emr.visits.model import Modality as VisitModality
from emr.visits.model import Status, Visit
from server.application.context import House
from server.application.unit_of_work import Work

# What is shown for a name that cannot be shown itself.
EMPTY = "(empty)"
# How the guards of `server/migrations/grounds_guards.py` refuse; a CHECK of a table names its constraint besides.
CHECK_VIOLATION = "23514"
TOO_LONG = "(too long to be a name)"
NOT_TO_BE_SEEN = "(holds a character that cannot be seen)"


@dataclass(frozen=True, slots=True)
class Meeting:
    """Who treats in a visit, the front desk's newest check-in for it, and the site whose state counts.

    The site is the check-in's. Where a visit was booked is the word of whoever booked it, who may be the prescriber: it
    counts only where there is no state to choose, since all of the clinic's sites are in the same one.
    """

    attendance: Attendance | None
    check_in: CheckIn | None
    site: Site | None

    def attended_by(self, person: PersonId) -> bool:
        """Whether that person is who treats in the visit now."""
        return self.attendance is not None and self.attendance.prescriber == person

    @property
    def check_in_state(self) -> CheckInState:
        """Whether the check-in holds for who treats, or why it does not. Who does not treat is stopped for that."""
        if self.check_in is None:
            return CheckInState.MISSING
        if self.check_in.trouble is not None:
            return CheckInState(self.check_in.trouble.value)
        return CheckInState.HOLDS if self.attended_by(self.check_in.prescriber) else CheckInState.TAKEN_OVER

    @property
    def evidence(self) -> tuple[tuple[str, str], ...]:
        """The ids that a decision keeps."""
        found = {
            "attendance": self.attendance and self.attendance.id,
            "check_in": self.check_in and self.check_in.id,
            "site": self.site and self.site.id,
        }
        return tuple((name, str(id)) for name, id in found.items() if id)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to prescribe in a visit: the product as text, its code when it is one product.

    `directions`, `indication`: the texts that go out with it. Why it is prescribed is no part of the wish.
    `days_supply` and `refills`: None while there is no proposal.
    """

    visit: Visit
    stated: Stated | None
    patient_zone: str
    action: PrescribingAction
    product: str
    meeting: Meeting
    code: str | None = None
    directions: str = ""
    indication: str = ""
    days_supply: int | None = None
    refills: int | None = None

    @property
    def encounter(self) -> VisitId | None:
        """The visit while it is in progress; None: there is no encounter, which counts as remote."""
        return self.visit.id if self.visit.status is Status.IN_PROGRESS else None

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


async def meeting_of(work: Work, visit: Visit) -> Meeting:
    """Who treats in the visit now, and what the front desk stated for it."""
    check_ins, attendance, sites = await together(
        work.conn,
        presence_records.check_ins(work.conn, [visit.id], work.now),
        attending.attending(work.conn, visit.id),
        _sites(work, visit),
    )
    check_in = check_ins.get(visit.id)
    site = check_in.site if check_in else None
    if site is None and visit.site is not None:
        known = {one.id: one for one in sites}
        booked = known.get(visit.site)
        site = booked if len({one.state for one in known.values()}) == 1 else None
    return Meeting(attendance, check_in, site)


async def _sites(work: Work, visit: Visit) -> tuple[Site, ...]:
    return () if visit.site is None else await presence_records.sites(work.conn)


def _policy(work: Work, wish: Wish) -> tuple[Pack, date]:
    """The policy that decides, and the day where the patient is."""
    on = day_of(work.now, wish.patient_zone)
    return work.house.references.packs.select(STRICT_BLOCK, on), on


@dataclass(frozen=True, slots=True)
class SupplyTerms:
    """What a schedule lets be supplied. `words`: "Schedule II: no refills"; empty: no limit. `refused`: why the supply
    of the wish is not allowed; None: it is, as far as the supply goes.
    """

    limits: SupplyLimits
    words: str
    refused: str | None


def supply_terms(work: Work, wish: Wish, decision: Decision) -> SupplyTerms:
    """The terms of a wish that was decided on, to be shown before somebody signs."""
    pack, _ = _policy(work, wish)
    limits, codes = supply_limits(pack, decision.schedule), supply_codes(pack)
    refused = next((one.sentence for one in decision.reasons if one.code in codes), None)
    return SupplyTerms(limits, _limit_words(decision.schedule_word, limits), refused)


def _limit_words(schedule: str, limits: SupplyLimits) -> str:
    if limits.refills is None:
        return ""
    if limits.refills == 0:
        return f"Schedule {schedule}: no refills"
    days = f", refills times days at most {limits.refill_days}" if limits.refill_days is not None else ""
    return f"Schedule {schedule}: at most {limits.refills} refills{days}"


def decide(work: Work, wish: Wish) -> Decision:
    """What the clinic's policy says to this wish, now and where the patient is."""
    pack, on = _policy(work, wish)
    request = PrescribingRequest(
        action=wish.action,
        modality=wish.modality,
        product=wish.product,
        code=wish.code,
        state=wish.state,
        on=on,
        directions=wish.directions,
        indication=wish.indication,
        attends=wish.meeting.attended_by(work.actor.person_id),
        check_in=wish.meeting.check_in_state,
        days_supply=wish.days_supply,
        refills=wish.refills,
        evidence=(("encounter", str(wish.visit.id)), *wish.meeting.evidence),
    )
    return decide_by_policy(request, pack, work.house.references.substances, work.now)


@contextmanager
def grounds() -> Iterator[None]:
    """What is signed rests on what the database sees as it writes. Raises ``Refused`` when that changed meanwhile: the
    visit was ended or taken over, somebody joined a call. A constraint that fails is a fault of ours and stays one.
    """
    try:
        yield
    except IntegrityError as error:
        told = error.orig.__cause__ if error.orig else None
        if getattr(told, "sqlstate", None) != CHECK_VIOLATION or getattr(told, "constraint_name", None):
            raise
        raise Refused(
            "grounds_changed",
            "What this rests on changed while you signed: the visit, who attends it, or the check-in. Nothing was "
            "written. Look at the visit again, then sign anew.",
        ) from error


async def record(work: Work, wish: Wish, decision: Decision) -> RecordedDecision:
    """Write an allowing decision into the transaction of what it allows.

    Raises ``Refused`` when it lets something be dispensed and there is no visit in progress to write it in: the
    database keeps none without one.
    """
    if decision.allowed and decision.action.dispenses and wish.encounter is None:
        raise Refused("visit_not_in_progress", "This visit is not in progress, so nothing can be signed in it.")
    meeting = wish.meeting
    return await decisions.record(
        work.conn,
        decision,
        patient_id=wish.visit.patient,
        prescriber_id=work.actor.person_id,
        **_names(work.house, wish),
        encounter_id=wish.encounter,
        now=work.now,
        patient_state=wish.state,
        attendance_id=meeting.attendance.id if meeting.attendance else None,
        check_in_id=meeting.check_in.id if meeting.check_in else None,
    )


async def record_ending(work: Work, wish: Wish) -> None:
    """Write down that a medicine was held or stopped, as a decision beside the others, so that who reads the log finds
    it there. Nothing hinders a hold or a stop: where the policy cannot be used, the order's own entry says it alone.
    """
    decision = decide(work, wish)
    if decision.allowed:
        await record(work, wish, decision)


async def record_block(house: House, person_id: PersonId, wish: Wish, decision: Decision) -> RecordedDecision:
    """Write a block in a transaction of its own: it stays on record whatever becomes of the page."""
    async with house.beside.begin() as conn:
        return await decisions.record(
            conn,
            decision,
            patient_id=wish.visit.patient,
            prescriber_id=person_id,
            **_names(house, wish),
            encounter_id=wish.encounter,
            now=decision.decided_at,
            patient_state=wish.state,
        )


class _Names(TypedDict):
    typed: str
    product: str | None


def _names(house: House, wish: Wish) -> _Names:
    """The medicine as it was given, and the product of the release that it is."""
    return {"typed": wish.product, "product": wish.product if wish.product in house.references.products else None}


def clearance(recorded: RecordedDecision, wish: Wish, prescriber: PersonId) -> Clearance:
    """The permission that the record asks for, made from a recorded decision that allows."""
    made = recorded.decision
    if not made.allowed:
        raise ValueError("a block clears nothing")
    return Clearance(
        decision_id=DecisionId(recorded.id),
        outcome="allow",
        action=made.action.value,
        encounter_id=recorded.encounter_id,
        modality=made.modality.value,
        schedule=made.schedule_word,
        patient_id=wish.visit.patient,
        prescriber_id=prescriber,
        product=recorded.product,
        valid_until=made.valid_until,
        audit_entry_id=recorded.audit_entry_id,
        attendance_id=recorded.attendance_id,
        check_in_id=recorded.check_in_id,
    )


def clean_name(text: str) -> str:
    """A name as it is shown again: whole, with single blanks, or words that say why it is not there.

    Never cut and never repaired: a part of a name, or the name without what hides in it, may be another medicine's.
    Only for what is shown; what is decided upon and kept is the text as it was given.
    """
    if len(text) > MAX_NAME_LENGTH:
        return TOO_LONG
    spaced = "".join(" " if letter in "\t\r\n" or unicodedata.category(letter) == "Zs" else letter for letter in text)
    if not spaced.isprintable():
        return NOT_TO_BE_SEEN
    return " ".join(spaced.split()) or EMPTY
