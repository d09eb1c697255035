"""Who may do what: an action, the roles of who acts and their relations to whom it is about. Pure, default deny.

The rules are data (`packs/access.toml`); a changed or damaged file is not used, and without rules nothing is allowed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from compliance.prescribing.policy_packs import DIRECTORY, MANIFEST
from compliance.shared.errors import BadPack
from compliance.shared.toml_table import Table, parsed
from compliance.shared.vocabulary import Action, Relation, Role

DENIED = "default-deny"
_EVERYONE = "*"


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


def load(directory: Path = DIRECTORY) -> AccessRules:
    """The rules of the release. Raises BadPack when the file is not the one in the manifest, or is wrong."""
    content = (directory / "access.toml").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if Table(parsed((directory / MANIFEST).read_bytes()), "manifest").text("access") != digest:
        raise BadPack("access.toml is not the file whose digest is in the manifest")
    return read(content)


def read(content: bytes) -> AccessRules:
    """Rules from a file's bytes, every word checked against the vocabulary. Raises BadPack."""
    top = Table(parsed(content), "access")
    roles = {role.value: role for role in Role}
    top.text("id")
    top.text("version")
    cases: dict[tuple[Action, Role, Relation], str] = {}
    for one in top.tables("rules"):
        rule = one.text("id")
        one.text("why")
        relation = one.member("relation", {relation.value: relation for relation in Relation})
        holders = tuple(Role) if one.text("role") == _EVERYONE else (one.member("role", roles),)
        actions = one.members("actions", {action.value: action for action in Action})
        one.nothing_else()
        for case in ((action, role, relation) for action in actions for role in holders):
            if case in cases:
                raise BadPack(f"'{case[0]}' for {case[1]} in relation {case[2]} stands in two rules")
            cases[case] = rule
    oneself = frozenset(top.members("not_on_oneself", roles))
    top.nothing_else()
    return AccessRules(cases, oneself, hashlib.sha256(content).hexdigest())


@cache
def _shipped() -> AccessRules:
    """The rules of the release, read once."""
    return load()


def decide(action: Action, roles: frozenset[Role], relations: frozenset[Relation]) -> AccessDecision:
    """The verdict by the rules of the release. Raises BadPack when they are damaged: then nothing is allowed."""
    return _shipped().decide(action, roles, relations)
