"""Reads policy packs: dated rules with citations. A pack that is damaged, unknown or out of date never decides.

Its place is then taken by strict-block; and should strict-block itself be damaged, by a pack that allows nothing.
Knows how a pack is written and whether it may be used, not what the rules are applied to (`deciding` does).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from compliance.prescribing.decision import Citation, Obligation, Reason, WayForward
from compliance.shared.errors import BadPack
from compliance.shared.toml_table import Table, parsed
from compliance.shared.vocabulary import CheckInState, Modality, PrescribingAction, Schedule
from compliance.substances.resolver import NameStatus

DIRECTORY = Path(__file__).parents[1] / "packs"
STRICT_BLOCK = "strict-block"
MANIFEST = "manifest.toml"
UNKNOWN_SCHEDULE = "unknown"
FALLBACK = "policy_fallback"
"""The code of the reason that says why strict-block stands in for another pack."""

StateKnowledge = Literal["known", "unknown", "federal_only"]
RuleEffect = Literal["allow", "block", "note"]


@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule applies: everything named must hold; None: does not matter.

    `refills_above` holds for more refills than that, `refill_days_above` when refills times days of supply are more.
    """

    actions: frozenset[PrescribingAction] | None = None
    modalities: frozenset[Modality] | None = None
    schedules: frozenset[str] | None = None
    names: frozenset[NameStatus] | None = None
    state: StateKnowledge | None = None
    state_dependent: bool | None = None
    state_stricter: bool | None = None
    prescribable: bool | None = None
    exempted: bool | None = None
    attends: bool | None = None
    check_in: frozenset[CheckInState] | None = None
    refills_above: int | None = None
    refill_days_above: int | None = None
    texts_name_controlled: bool | None = None


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule: its effect and reason when its condition holds."""

    id: str
    effect: RuleEffect
    reason: Reason
    citations: tuple[Citation, ...]
    obligations: tuple[Obligation, ...]
    when: Condition


@dataclass(frozen=True, slots=True)
class Pack:
    """A policy, as read. `effective_to` is exclusive; None: no end. `fallback`: why it stands in for another."""

    id: str
    version: str
    title: str
    sha256: str
    effective_from: date
    effective_to: date | None
    verified_on: date
    citations: tuple[Citation, ...]
    rules: tuple[PolicyRule, ...]
    ways_forward: tuple[tuple[frozenset[str], WayForward], ...]
    fallback: Reason | None = None

    def in_effect(self, on: date) -> bool:
        """Whether the pack may decide on that day."""
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)


REFUSE_EVERYTHING = Pack(
    id="refuse-everything",
    version="1",
    title="No usable policy: nothing is allowed",
    sha256=hashlib.sha256(b"refuse-everything").hexdigest(),
    effective_from=date.min,
    effective_to=None,
    verified_on=date.min,
    citations=(),
    rules=(),
    ways_forward=(),
    fallback=Reason("no_usable_policy", "This software's policy file is damaged, so nothing can be prescribed."),
)


@dataclass(frozen=True, slots=True)
class Packs:
    """All packs that could be read, by id. `problems`: one sentence for each that could not; show them at start."""

    by_id: Mapping[str, Pack]
    problems: tuple[str, ...]

    def select(self, wanted: str, on: date) -> Pack:
        """The pack asked for when it may decide on that day, else strict-block, else the one that allows nothing."""
        pack = self.by_id.get(wanted)
        if pack is not None and pack.in_effect(on):
            return pack
        strict = self.by_id.get(STRICT_BLOCK)
        if strict is None or not strict.in_effect(on):
            return REFUSE_EVERYTHING
        why = "is not known or is damaged" if pack is None else "is not in effect on this day"
        return replace(strict, fallback=Reason(FALLBACK, f"The policy asked for {why}; strict-block decides."))


def load(directory: Path = DIRECTORY) -> Packs:
    """Reads all packs named in the manifest and compares their digests. Never raises: a bad pack is a problem."""
    problems: list[str] = []
    packs: dict[str, Pack] = {}
    try:
        digests = _manifest((directory / MANIFEST).read_bytes())
    except (OSError, BadPack) as error:
        return Packs({}, (f"{MANIFEST}: {error}",))
    for name, digest in digests.items():
        try:
            content = content_of(name, directory)
            if hashlib.sha256(content).hexdigest() != digest:
                raise BadPack("its digest is not the one in the manifest")
            pack = read(content)
            if pack.id != name:
                raise BadPack(f"names itself '{pack.id}'")
            packs[name] = pack
        except (OSError, BadPack) as error:
            problems.append(f"{name}.toml: {error}")
    return Packs(packs, tuple(problems))


def content_of(name: str, directory: Path = DIRECTORY) -> bytes:
    """The bytes of a pack's file, whatever they are."""
    return (directory / f"{name}.toml").read_bytes()


def _manifest(content: bytes) -> Mapping[str, str]:
    """Pack id -> SHA-256 of its file."""
    packs = Table(parsed(content), "manifest").table("packs")
    return {name: packs.text(name) for name in packs.values}


def read(content: bytes) -> Pack:
    """A pack from its file's bytes, every field checked. Raises BadPack saying what is wrong."""
    top = Table(parsed(content), "pack")
    citations = {one.text("id"): _citation(one) for one in top.tables("citations")}
    obligations = {one.text("code"): _obligation(one, citations) for one in top.tables("obligations")}
    rules = tuple(_rule(one, citations, obligations) for one in top.tables("rules"))
    codes = {rule.reason.code for rule in rules if rule.effect == "block"}
    ways = tuple((one.words("for", codes), _way(one)) for one in top.tables("ways_forward"))
    if not rules or len({rule.id for rule in rules}) != len(rules):
        raise BadPack("it needs rules, each with an id of its own")
    pack = Pack(
        id=top.text("id"),
        version=top.text("version"),
        title=top.text("title"),
        sha256=hashlib.sha256(content).hexdigest(),
        effective_from=top.day("effective_from"),
        effective_to=top.day("effective_to") if "effective_to" in top.values else None,
        verified_on=top.day("verified_on"),
        citations=tuple(citations.values()),
        rules=rules,
        ways_forward=ways,
    )
    top.nothing_else()
    if pack.effective_to is not None and pack.effective_to <= pack.effective_from:
        raise BadPack("'effective_to' is not after 'effective_from'")
    return pack


def _citation(one: Table) -> Citation:
    url = one.text("url") if "url" in one.values else None
    citation = Citation(one.text("id"), one.text("text"), one.text("says"), url)
    one.nothing_else()
    return citation


def _obligation(one: Table, citations: Mapping[str, Citation]) -> Obligation:
    obligation = Obligation(one.text("code"), one.text("sentence"), one.member("citation", citations))
    one.nothing_else()
    return obligation


def _way(one: Table) -> WayForward:
    way = WayForward(one.text("code"), one.text("title"), one.text("sentence"))
    one.nothing_else()
    return way


def _rule(one: Table, citations: Mapping[str, Citation], obligations: Mapping[str, Obligation]) -> PolicyRule:
    effects: dict[str, RuleEffect] = {"allow": "allow", "block": "block", "note": "note"}
    rule = PolicyRule(
        id=one.text("id"),
        effect=one.member("outcome", effects),
        reason=Reason(one.text("code"), one.text("sentence")),
        citations=one.members("citations", citations),
        obligations=one.members("obligations", obligations) if "obligations" in one.values else (),
        when=_condition(one.table("when")),
    )
    one.nothing_else()
    if not rule.citations:
        raise BadPack(f"rule '{rule.id}' cites nothing")
    return rule


def _condition(when: Table) -> Condition:
    states: dict[str, StateKnowledge] = {"known": "known", "unknown": "unknown", "federal_only": "federal_only"}
    schedules = {schedule.value for schedule in Schedule} | {UNKNOWN_SCHEDULE}
    condition = Condition(
        actions=when.closed("actions", {action.value: action for action in PrescribingAction}),
        modalities=when.closed("modalities", {modality.value: modality for modality in Modality}),
        schedules=when.closed("schedules", {word: word for word in schedules}),
        names=when.closed("names", {status.value: status for status in NameStatus}),
        state=when.member("state", states) if "state" in when.values else None,
        state_dependent=when.flag("state_dependent"),
        state_stricter=when.flag("state_stricter"),
        prescribable=when.flag("prescribable"),
        exempted=when.flag("exempted"),
        attends=when.flag("attends"),
        check_in=when.closed("check_in", {state.value: state for state in CheckInState}),
        refills_above=when.whole("refills_above"),
        refill_days_above=when.whole("refill_days_above"),
        texts_name_controlled=when.flag("texts_name_controlled"),
    )
    when.nothing_else()
    return condition
