"""Reads policy packs: dated rules with citations. A pack that is damaged, unknown or out of date never decides.

Its place is then taken by strict-block; and should strict-block itself be damaged, by a pack that allows nothing.
Knows how a pack is written and whether it may be used, not what the rules are applied to (`deciding` does).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, Strict, StrictBool

from compliance.prescribing.decision import Citation, Obligation, Reason, WayForward
from compliance.shared.errors import BadPack
from compliance.shared.pack_file import DIRECTORY, MANIFEST, manifest_of, read_pack
from compliance.shared.vocabulary import CheckInState, Modality, PrescribingAction, Schedule
from compliance.substances.resolver import NameStatus
from emr.shared.validation import NeededText, WholeNumber, exactly, one_of

STRICT_BLOCK = "strict-block"
UNKNOWN_SCHEDULE = "unknown"
FALLBACK = "policy_fallback"
"""The code of the reason that says why strict-block stands in for another pack."""

StateKnowledge = Literal["known", "unknown", "federal_only"]
RuleEffect = Literal["allow", "block", "note"]


_Date = Annotated[date, Strict()]
_Schedule = Annotated[str, one_of(*(schedule.value for schedule in Schedule), UNKNOWN_SCHEDULE)]
_Word = TypeVar("_Word")
_Set = Annotated[frozenset[_Word], Field(min_length=1)] | None


@exactly
@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule applies: everything named must hold; None: does not matter.

    `refills_above` holds for more refills than that, `refill_days_above` when refills times days of supply are more.
    """

    actions: _Set[PrescribingAction] = None
    modalities: _Set[Modality] = None
    schedules: _Set[_Schedule] = None
    names: _Set[NameStatus] = None
    state: StateKnowledge | None = None
    state_dependent: StrictBool | None = None
    state_stricter: StrictBool | None = None
    prescribable: StrictBool | None = None
    exempted: StrictBool | None = None
    attends: StrictBool | None = None
    check_in: _Set[CheckInState] = None
    refills_above: WholeNumber | None = None
    refill_days_above: WholeNumber | None = None
    texts_name_controlled: StrictBool | None = None


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
        digests = manifest_of(directory).packs
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


@exactly
@dataclass(frozen=True, slots=True)
class _ObligationRow:
    """An obligation as the file has it: its citation by id."""

    code: NeededText
    sentence: NeededText
    citation: NeededText


@exactly
@dataclass(frozen=True, slots=True)
class _RuleRow:
    """A rule as the file has it: citations by id, obligations by code."""

    id: NeededText
    outcome: RuleEffect
    code: NeededText
    sentence: NeededText
    citations: Annotated[tuple[str, ...], Field(min_length=1)]
    when: Condition
    obligations: tuple[str, ...] = ()


@exactly
@dataclass(frozen=True, slots=True)
class _WayRow:
    """A way forward as the file has it: the codes of the blocks that it is offered for."""

    blocks: Annotated[frozenset[str], Field(alias="for", min_length=1)]
    code: NeededText
    title: NeededText
    sentence: NeededText


@exactly
@dataclass(frozen=True, slots=True)
class _PackFile:
    """The file. What names something else of it names something that is there."""

    id: NeededText
    version: NeededText
    title: NeededText
    effective_from: _Date
    verified_on: _Date
    rules: Annotated[tuple[_RuleRow, ...], Field(min_length=1)]
    citations: tuple[Citation, ...] = ()
    obligations: tuple[_ObligationRow, ...] = ()
    ways_forward: tuple[_WayRow, ...] = ()
    effective_to: _Date | None = None

    def __post_init__(self) -> None:
        if self.effective_to is not None and self.effective_to <= self.effective_from:
            raise ValueError("'effective_to' is not after 'effective_from'")
        if len({rule.id for rule in self.rules}) != len(self.rules):
            raise ValueError("each rule needs an id of its own")
        cited = {one.citation for one in self.obligations}.union(*(rule.citations for rule in self.rules))
        obliged = {code for rule in self.rules for code in rule.obligations}
        blocks = {code for way in self.ways_forward for code in way.blocks}
        unknown = (
            *(cited - {one.id for one in self.citations}),
            *(obliged - {one.code for one in self.obligations}),
            *(blocks - {rule.code for rule in self.rules if rule.outcome == "block"}),
        )
        if unknown:
            raise ValueError(f"names what is not in it: {', '.join(sorted(unknown))}")


def read(content: bytes) -> Pack:
    """A pack from its file's bytes, every field checked. Raises BadPack saying what is wrong."""
    file = read_pack(content, _PackFile)
    cited = {one.id: one for one in file.citations}
    obliged = {one.code: Obligation(one.code, one.sentence, cited[one.citation]) for one in file.obligations}
    return Pack(
        id=file.id,
        version=file.version,
        title=file.title,
        sha256=hashlib.sha256(content).hexdigest(),
        effective_from=file.effective_from,
        effective_to=file.effective_to,
        verified_on=file.verified_on,
        citations=tuple(cited.values()),
        rules=tuple(
            PolicyRule(
                id=one.id,
                effect=one.outcome,
                reason=Reason(one.code, one.sentence),
                citations=tuple(cited[id] for id in one.citations),
                obligations=tuple(obliged[code] for code in one.obligations),
                when=one.when,
            )
            for one in file.rules
        ),
        ways_forward=tuple((one.blocks, WayForward(one.code, one.title, one.sentence)) for one in file.ways_forward),
    )
