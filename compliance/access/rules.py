"""Who may do what: an action, the roles of who acts and their relations to whom it is about. Pure, default deny.

The rules are data (`packs/access.toml`); a changed or damaged file is not used, and without rules nothing is allowed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from compliance.shared.errors import BadPack
from compliance.shared.pack_file import DIRECTORY, manifest_of, read_pack, unchanged
from compliance.shared.vocabulary import Action, Relation, Role
from emr.shared.validation import NeededText, exactly

DENIED = "default-deny"


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """The answer, and the rule that gave it (`default-deny` when none allowed it)."""

    allowed: bool
    rule: str


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The rules, by action, role and relation. Each combination has at most one rule."""

    by_case: Mapping[tuple[Action, Role, Relation], str]
    not_on_oneself: frozenset[Role]
    sha256: str

    def decide(self, action: Action, roles: frozenset[Role], relations: frozenset[Relation]) -> AccessDecision:
        """Allowed when one of the roles allows it in one of the relations, or with no relation at all.

        `relations` are those to the patient or visit it is about. A person without any role may do nothing.
        """
        for role in Role:
            for relation in Relation:
                rule = self.by_case.get((action, role, relation))
                if rule and role in roles and self._held(role, relation, relations):
                    return AccessDecision(True, rule)
        return AccessDecision(False, DENIED)

    def _held(self, role: Role, relation: Relation, relations: frozenset[Relation]) -> bool:
        """Whether the role may act in this relation: it is held, and not a clinician's to themselves."""
        if relation is Relation.NONE:
            return True
        return relation in relations and not (Relation.SELF in relations and role in self.not_on_oneself)


@exactly
@dataclass(frozen=True, slots=True)
class _RuleRow:
    """A rule as the file has it. `role`: one, or "*" for every one."""

    id: NeededText
    why: NeededText
    role: Literal["*"] | Role
    relation: Relation
    actions: Annotated[tuple[Action, ...], Field(min_length=1)]


@exactly
@dataclass(frozen=True, slots=True)
class _RulesFile:
    """The file."""

    id: NeededText
    version: NeededText
    rules: tuple[_RuleRow, ...]
    not_on_oneself: Annotated[frozenset[Role], Field(min_length=1)]


def load(directory: Path = DIRECTORY) -> AccessRules:
    """The rules of the release. Raises BadPack when the file is not the one in the manifest, or is wrong."""
    return read(unchanged(directory / "access.toml", manifest_of(directory).access))


def read(content: bytes) -> AccessRules:
    """Rules from a file's bytes, every word checked against the vocabulary. Raises BadPack."""
    file = read_pack(content, _RulesFile)
    cases: dict[tuple[Action, Role, Relation], str] = {}
    for one in file.rules:
        holders = tuple(Role) if one.role == "*" else (one.role,)
        for case in ((action, role, one.relation) for action in one.actions for role in holders):
            if case in cases:
                raise BadPack(f"'{case[0]}' for {case[1]} in relation {case[2]} stands in two rules")
            cases[case] = one.id
    return AccessRules(cases, file.not_on_oneself, hashlib.sha256(content).hexdigest())


@cache
def _shipped() -> AccessRules:
    """The rules of the release, read once."""
    return load()


def decide(action: Action, roles: frozenset[Role], relations: frozenset[Relation]) -> AccessDecision:
    """The verdict by the rules of the release. Raises BadPack when they are damaged: then nothing is allowed."""
    return _shipped().decide(action, roles, relations)
