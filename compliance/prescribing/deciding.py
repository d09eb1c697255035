"""Decides whether what a prescriber intends may go on: a policy pack applied to a request. Pure.

Every rule that matches gives its reason; one block blocks, and what no rule allows is blocked. Below all packs
stands a floor that none may lower (the database keeps the same one by CHECK constraints).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from compliance.prescribing.decision import VALIDITY, Citation, Decision, Obligation, Reason, WayForward
from compliance.prescribing.policy_packs import (
    REFUSE_EVERYTHING,
    UNKNOWN_SCHEDULE,
    Condition,
    Pack,
    PolicyRule,
    StateKnowledge,
)
from compliance.shared.vocabulary import CheckInState, DecisionOutcome, Modality, PrescribingAction, Schedule
from compliance.substances.free_text import Named
from compliance.substances.resolver import FEDERAL_ONLY, Resolution, Substances

NO_RULE = Reason("no_rule", "No rule of the policy allows this.")
BELOW_FLOOR = Reason("below_floor", "The policy would allow what no policy is permitted to allow here.")
MOST_CODE_DIGITS = 20
TEXTS = {
    "directions": "directions name",
    "indication": "indication names",
    "note_to_pharmacy": "note to the pharmacy names",
}
"""The texts of a request that are read for other names, and how it is said that one of them holds one."""


@dataclass(frozen=True, slots=True)
class PrescribingRequest:
    """What is to be decided.

    `modality` comes from the encounter's own row, never from a form; NONE: there is no encounter. `product`: the
    name as the prescription would have it; `code`: its RxCUI, if it has one. `state`: two letters of where the
    patient is now; None: not known; "US": federal law alone (for a check without a patient). `on`: the date there
    (None: the UTC date of `now`). `directions`, `indication`, `note_to_pharmacy`: free text that goes out with the
    prescription and is read for other names. Why it is prescribed is not asked for here: it stays in the record.
    `attends`: the prescriber is who treats in the encounter. `check_in`: whether the front desk's check-in holds.
    `days_supply`, `refills`: of the prescription; None: not said yet. `evidence`: ids and dates the caller wants kept
    with the decision, such as the encounter's id.
    """

    action: PrescribingAction
    modality: Modality
    product: str
    code: str | None = None
    state: str | None = None
    on: date | None = None
    directions: str = ""
    indication: str = ""
    note_to_pharmacy: str = ""
    attends: bool = False
    check_in: CheckInState = CheckInState.MISSING
    days_supply: int | None = None
    refills: int | None = None
    evidence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RequestReading:
    """How name and texts of a request were understood. `state_stricter`: the state's own schedule is what makes it as
    strict as it is. `named`: which text names which other controlled substance.
    """

    resolution: Resolution
    state_stricter: bool = False
    named: tuple[tuple[str, Named], ...] = ()


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the conditions of rules are compared with."""

    request: PrescribingRequest
    resolution: Resolution
    state: StateKnowledge
    state_stricter: bool
    named: tuple[tuple[str, Named], ...]


def decide(request: PrescribingRequest, pack: Pack, substances: Substances, now: datetime) -> Decision:
    """The decision, with all its reasons. `now` is aware, UTC. A pack not in effect decides nothing: block.

    Raises UnusableInput when the state is not one.
    """
    on = request.on or now.date()
    resolution = substances.resolve(request.product, on=on, state=request.state, code=request.code)
    reading = RequestReading(resolution, state_is_stricter(resolution), _named(request, resolution, substances))
    return decide_as_read(request, reading, pack, substances.sha256, now)


def decide_as_read(
    request: PrescribingRequest, reading: RequestReading, pack: Pack, reference_sha256: str, now: datetime
) -> Decision:
    """As `decide`, of a request that was read already; its name and texts are not looked at again."""
    on = request.on or now.date()
    resolution = reading.resolution
    facts = _facts(request, reading)
    usable = pack if pack.in_effect(on) else REFUSE_EVERYTHING
    matched = [rule for rule in usable.rules if _matches(rule.when, facts)]
    blocks = [rule for rule in matched if rule.effect == "block"]
    allows = [rule for rule in matched if rule.effect == "allow"]
    notes = [rule for rule in matched if rule.effect == "note"]
    allowed = bool(allows) and not blocks and not _below_floor(request, resolution)
    deciding = allows if allowed else blocks
    reasons = [rule.reason for rule in deciding]
    if not deciding:
        reasons = [BELOW_FLOOR if allows else NO_RULE]
    fallback = (usable.fallback,) if usable.fallback else ()
    return Decision(
        outcome=DecisionOutcome.ALLOW if allowed else DecisionOutcome.BLOCK,
        action=request.action,
        modality=request.modality,
        schedule=resolution.schedule,
        ingredients=resolution.ingredients,
        reasons=(*reasons, *_told(blocks, facts), *resolution.reasons, *(rule.reason for rule in notes), *fallback),
        rule=deciding[0].id if deciding else reasons[0].code,
        citations=_distinct(citation for rule in (*deciding, *notes) for citation in rule.citations),
        pack_id=usable.id,
        pack_version=usable.version,
        pack_sha256=usable.sha256,
        reference_sha256=reference_sha256,
        decided_at=now,
        valid_until=now + VALIDITY,
        evidence=_evidence(facts, on),
        obligations=_obligations(allows) if allowed else (),
        ways_forward=() if allowed else _ways(usable, blocks),
    )


def _facts(request: PrescribingRequest, reading: RequestReading) -> _Facts:
    """Adds what the rules ask for beyond the request and its reading."""
    knowledge: dict[str | None, StateKnowledge] = {None: "unknown", FEDERAL_ONLY: "federal_only"}
    state = knowledge.get(request.state, "known")
    return _Facts(request, reading.resolution, state, reading.state_stricter, reading.named)


def _named(
    request: PrescribingRequest, resolution: Resolution, substances: Substances
) -> tuple[tuple[str, Named], ...]:
    """Which text names which controlled substance that is not prescribed."""
    return tuple(
        (field, named)
        for field in TEXTS
        for named in substances.controlled_names_in(getattr(request, field))
        if not set(named.substances) <= set(resolution.ingredients)
    )


def state_is_stricter(resolution: Resolution) -> bool:
    """Whether the state's own schedule is what makes the schedule as strict as it is."""
    federal = [finding.schedule.strictness for finding in resolution.findings if finding.authority == "federal"]
    return resolution.schedule is not None and resolution.schedule.strictness > max(federal, default=0)


def _matches(when: Condition, facts: _Facts) -> bool:
    """Whether everything the condition names holds."""
    resolution, request = facts.resolution, facts.request
    schedule = resolution.schedule.value if resolution.schedule else UNKNOWN_SCHEDULE
    return (
        (when.actions is None or request.action in when.actions)
        and (when.modalities is None or request.modality in when.modalities)
        and (when.schedules is None or schedule in when.schedules)
        and (when.names is None or resolution.status in when.names)
        and (when.state is None or facts.state == when.state)
        and (when.state_dependent in (None, bool(resolution.stricter_states)))
        and (when.state_stricter in (None, facts.state_stricter))
        and (when.prescribable in (None, resolution.prescribable))
        and (when.exempted in (None, resolution.exempted))
        and (when.attends in (None, request.attends))
        and (when.check_in is None or request.check_in in when.check_in)
        and _exceeds(when, request)
        and (when.texts_name_controlled in (None, bool(facts.named)))
    )


def _exceeds(when: Condition, request: PrescribingRequest) -> bool:
    """Whether the supply is more than every limit that the condition names; what is not said exceeds none."""
    refills = request.refills or 0
    return (when.refills_above is None or refills > when.refills_above) and (
        when.refill_days_above is None or refills * (request.days_supply or 0) > when.refill_days_above
    )


def _told(blocks: Iterable[PolicyRule], facts: _Facts) -> tuple[Reason, ...]:
    """Which field names which other controlled substance, when that is what blocks."""
    if not any(rule.when.texts_name_controlled for rule in blocks):
        return ()
    return tuple(Reason(f"named_in_{field}", f"The {TEXTS[field]} {_as_told(one)}.") for field, one in facts.named)


def _as_told(named: Named) -> str:
    """The name as the reference files write it, with its substance when that is another word."""
    substances = ", ".join(named.substances)
    return named.name if named.name == substances else f"{named.name} ({substances})"


def _below_floor(request: PrescribingRequest, resolution: Resolution) -> bool:
    """The floor under every pack: a dispensing action in an encounter is allowed only to who attends it, of what can
    be prescribed at all, for what is known to be in no schedule or, in person and checked in, in schedules II to V.
    """
    if not request.action.dispenses:
        return False
    if request.modality is not Modality.NONE and not request.attends:
        return True
    if not resolution.prescribable:
        return True
    if resolution.schedule is Schedule.NONE:
        return False
    met = request.modality is Modality.IN_PERSON and request.check_in is CheckInState.HOLDS
    return resolution.schedule in (None, Schedule.I) or not met


def _obligations(rules: Iterable[PolicyRule]) -> tuple[Obligation, ...]:
    """What the allowing rules demand, each once."""
    return tuple(dict.fromkeys(obligation for rule in rules for obligation in rule.obligations))


def _ways(pack: Pack, blocks: Iterable[PolicyRule]) -> tuple[WayForward, ...]:
    """What the pack offers for these blocks, in the pack's order."""
    codes = {rule.reason.code for rule in blocks}
    return tuple(way for offered_for, way in pack.ways_forward if offered_for & codes)


def _distinct(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """Each citation once, in order."""
    return tuple(dict.fromkeys(citations))


def _evidence(facts: _Facts, on: date) -> tuple[tuple[str, str], ...]:
    """All that policy saw, next to what the caller gave: how name and texts were read, under which law, who was there,
    how much. Ids, codes, numbers and dates only; never a text.
    """
    request = facts.request
    met = request.modality is Modality.IN_PERSON or request.check_in is not CheckInState.MISSING
    own = {
        **_reading_evidence(facts),
        "law_on": on.isoformat(),
        "state": request.state or "unknown",
        "rxcui": _code_word(request.code),
        "attends": "yes" if request.attends else "no",
        "check_in_state": request.check_in.value if met else "",
        "days_supply": "" if request.days_supply is None else str(request.days_supply),
        "refills": "" if request.refills is None else str(request.refills),
    }
    return tuple(sorted({**dict(request.evidence), **{key: value for key, value in own.items() if value}}.items()))


def _reading_evidence(facts: _Facts) -> dict[str, str]:
    """How name and texts were read; empty: nothing to say."""
    resolution = facts.resolution
    listings = sorted(
        f"{one.substance}={one.schedule.value} ({one.authority}{', ' if one.listing else ''}{one.listing})"
        for one in resolution.findings
    )
    named = {field: {one for at, found in facts.named if at == field for one in found.substances} for field in TEXTS}
    return {
        **{f"named_in_{field}": "; ".join(sorted(substances)) for field, substances in named.items()},
        "name_status": resolution.status.value,
        "listings": "; ".join(listings),
        "prescribable": "" if resolution.prescribable else "no",
        "exempted": "yes" if resolution.exempted else "",
        "state_stricter": "yes" if facts.state_stricter else "",
        "stricter_states": "; ".join(resolution.stricter_states),
    }


def _code_word(code: str | None) -> str:
    """The RxCUI that was given; what is no number is not quoted."""
    if code is None:
        return ""
    return code.strip() if code.strip().isdecimal() and len(code) <= MOST_CODE_DIGITS else "unreadable"
