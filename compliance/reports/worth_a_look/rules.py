"""The rules (`packs/worth-a-look.toml`): what is looked for, in which days, and how it is said. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from compliance.prescribing.policy_packs import DIRECTORY, MANIFEST
from compliance.shared.errors import BadPack
from compliance.shared.toml_table import Table, parsed

FILE = "worth-a-look.toml"


class PatternKind(StrEnum):
    """What a rule looks for.

    RETRIED: blocked, then asked for again under another name, action or modality, `within` that time. UNKNOWN_NAME:
    blocked because the name was not known. AFTER_HOURS: decided from `begins` o'clock to `ends` o'clock where the
    clinic is. RAISED_AGAIN: raised, and raised before for the same patient `within` that time. WARNING_ANSWERED: signed
    over a warning that the prescriber answered.
    """

    RETRIED = "retried"
    UNKNOWN_NAME = "unknown_name"
    AFTER_HOURS = "after_hours"
    RAISED_AGAIN = "raised_again"
    WARNING_ANSWERED = "warning_answered"


@dataclass(frozen=True, slots=True)
class PatternRule:
    """One rule. `within`: of RETRIED and RAISED_AGAIN; `begins` and `ends`: hours of AFTER_HOURS, 0 to 23.

    `because`: where its figures come from; empty where it has none.
    """

    id: str
    kind: PatternKind
    title: str
    words: str
    within: timedelta = timedelta()
    begins: int = 0
    ends: int = 0
    because: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules by id, in the order of the file; `period` is how far back they look."""

    period: timedelta
    by_id: Mapping[str, PatternRule]


def load(directory: Path = DIRECTORY) -> Rules:
    """The rules of the release. Raises BadPack when the file is not the manifest's."""
    content = (directory / FILE).read_bytes()
    manifest = Table(parsed((directory / MANIFEST).read_bytes()), "manifest")
    if manifest.text("worth-a-look") != hashlib.sha256(content).hexdigest():
        raise BadPack(f"{FILE} is not the file whose digest is in the manifest")
    return read(content)


def read(content: bytes) -> Rules:
    """Rules from a file's bytes. Raises BadPack."""
    top = Table(parsed(content), "worth a look")
    top.text("id")
    top.text("version")
    top.text("why")
    top.text("because")
    days = top.whole("days")
    found = {rule.id: rule for rule in map(_rule, top.tables("rules"))}
    if not days or len(found) != len(top.tables("rules")):
        raise BadPack("it has no days to look at, or a rule twice")
    top.nothing_else()
    return Rules(timedelta(days=days), found)


def _rule(one: Table) -> PatternRule:
    minutes, begins, ends = one.whole("within_minutes") or 0, one.whole("begins") or 0, one.whole("ends") or 0
    kind = one.member("kind", {kind.value: kind for kind in PatternKind})
    because = one.text("because") if minutes or begins or ends else ""
    rule = PatternRule(
        one.text("id"), kind, one.text("title"), one.text("words"), timedelta(minutes=minutes), begins, ends, because
    )
    one.nothing_else()
    if max(begins, ends) > 23 or (kind in (PatternKind.RETRIED, PatternKind.RAISED_AGAIN)) != bool(minutes):
        raise BadPack(f"the times of '{rule.id}' do not fit its kind")
    return rule
