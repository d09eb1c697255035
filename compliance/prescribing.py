"""Decides whether a prescriber's wish may go on: a policy pack applied to a request. Pure.

Every rule that matches gives its reason; one block blocks, and what no rule allows is blocked. Below all packs
stands a floor that none may lower (the database keeps the same one by CHECK constraints).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from compliance.decision import VALIDITY, Citation, Decision, Obligation, Reason, WayForward
from compliance.policy_packs import REFUSE_EVERYTHING, UNKNOWN_SCHEDULE, Condition, Pack, Rule, StateKnowledge
from compliance.substances import FEDERAL_ONLY, Resolution, Substances
from compliance.vocabulary import Modality, Outcome, PrescribingAction, Schedule

NO_RULE = Reason("no_rule", "No rule of the policy allows this.")
BELOW_FLOOR = Reason("below_floor", "The policy would allow what no policy may allow here.")


@dataclass(frozen=True, slots=True)
class PrescribingRequest:
    """What is to be decided.

    `modality` comes from the encounter's own row, never from a form; NONE: there is no encounter. `product`: the
    name as the prescription would have it; `code`: its RxCUI, if it has one. `state`: two letters of where the
    patient is now; None: not known; "US": federal law alone (for a check without a patient). `on`: the date there
    (None: the UTC date of `now`). `directions` and `note_to_pharmacy`: free text that is read for other names.
    `evidence`: ids and dates the caller wants kept with the decision, such as the encounter's id.
    """

    action: PrescribingAction
    modality: Modality
    product: str
    code: str | None = None
    state: str | None = None
    on: date | None = None
    directions: str = ""
    note_to_pharmacy: str = ""
    evidence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the conditions of rules are compared with."""

    request: PrescribingRequest
    resolution: Resolution
    state: StateKnowledge
    state_stricter: bool
    directions_name_controlled: bool


def decide(request: PrescribingRequest, pack: Pack, substances: Substances, now: datetime) -> Decision:
    """The decision, with all its reasons. `now` is aware, UTC. A pack not in effect decides nothing: block.

    Raises UnusableInput when the state is not one.
    """
    on = request.on or now.date()
    resolution = substances.resolve(request.product, on=on, state=request.state, code=request.code)
    facts = _facts(request, resolution, substances)
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
        outcome=Outcome.ALLOW if allowed else Outcome.BLOCK,
        action=request.action,
        modality=request.modality,
        schedule=resolution.schedule,
        ingredients=resolution.ingredients,
        reasons=(*reasons, *resolution.reasons, *(rule.reason for rule in notes), *fallback),
        rule=deciding[0].id if deciding else reasons[0].code,
        citations=_distinct(citation for rule in (*deciding, *notes) for citation in rule.citations),
        pack_id=usable.id,
        pack_version=usable.version,
        pack_sha256=usable.sha256,
        reference_sha256=substances.sha256,
        decided_at=now,
        valid_until=now + VALIDITY,
        evidence=_evidence(request, resolution, on),
        obligations=_obligations(allows) if allowed else (),
        ways_forward=() if allowed else _ways(usable, blocks),
    )


def _facts(request: PrescribingRequest, resolution: Resolution, substances: Substances) -> _Facts:
    """Reads what the rules ask for beyond the request itself."""
    knowledge: dict[str | None, StateKnowledge] = {None: "unknown", FEDERAL_ONLY: "federal_only"}
    named = substances.controlled_names_in(f"{request.directions}\n{request.note_to_pharmacy}")
    return _Facts(
        request=request,
        resolution=resolution,
        state=knowledge.get(request.state, "known"),
        state_stricter=_state_is_stricter(resolution),
        directions_name_controlled=not set(named) <= set(resolution.ingredients),
    )


def _state_is_stricter(resolution: Resolution) -> bool:
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
        and (when.directions_name_controlled in (None, facts.directions_name_controlled))
    )


def _below_floor(request: PrescribingRequest, resolution: Resolution) -> bool:
    """The floor under every pack: a dispensing action is allowed only for what is known to be in no schedule, or,
    in person, for schedules II to V of what can be prescribed at all.
    """
    if not request.action.dispenses or resolution.schedule is Schedule.NONE:
        return False
    in_person = request.modality is Modality.IN_PERSON
    return resolution.schedule in (None, Schedule.I) or not in_person or not resolution.prescribable


def _obligations(rules: Iterable[Rule]) -> tuple[Obligation, ...]:
    """What the allowing rules demand, each once."""
    return tuple(dict.fromkeys(obligation for rule in rules for obligation in rule.obligations))


def _ways(pack: Pack, blocks: Iterable[Rule]) -> tuple[WayForward, ...]:
    """What the pack offers for these blocks, in the pack's order."""
    codes = {rule.reason.code for rule in blocks}
    return tuple(way for offered_for, way in pack.ways_forward if offered_for & codes)


def _distinct(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """Each citation once, in order."""
    return tuple(dict.fromkeys(citations))


def _evidence(request: PrescribingRequest, resolution: Resolution, on: date) -> tuple[tuple[str, str], ...]:
    """How the name was read and under which law, next to what the caller gave; ids, codes and dates only."""
    listings = sorted(
        f"{one.substance}={one.schedule.value} ({one.authority}{', ' if one.listing else ''}{one.listing})"
        for one in resolution.findings
    )
    own = {
        "name_status": resolution.status.value,
        "law_on": on.isoformat(),
        "state": request.state or "unknown",
        "listings": "; ".join(listings),
        "rxcui": request.code or "",
    }
    return tuple(sorted({**dict(request.evidence), **{key: value for key, value in own.items() if value}}.items()))
