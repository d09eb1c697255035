"""The rules (`packs/worth-a-look.toml`): what is looked for, in which days, and how it is said. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from compliance.shared.errors import BadPack
from compliance.shared.pack_file import DIRECTORY, manifest_of, read_pack, unchanged
from emr.shared.validation import NeededText, WholeNumber, exactly

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


@exactly
@dataclass(frozen=True, slots=True)
class _RuleRow:
    """A rule as the file has it."""

    id: NeededText
    kind: PatternKind
    title: NeededText
    words: NeededText
    within_minutes: WholeNumber = 0
    begins: Annotated[WholeNumber, Field(le=23)] = 0
    ends: Annotated[WholeNumber, Field(le=23)] = 0
    because: str = ""

    def __post_init__(self) -> None:
        if (self.kind in (PatternKind.RETRIED, PatternKind.RAISED_AGAIN)) != bool(self.within_minutes):
            raise ValueError(f"the times of '{self.id}' do not fit its kind")
        if (self.within_minutes or self.begins or self.ends) and not self.because.strip():
            raise ValueError(f"'{self.id}' does not say where its figures come from (because)")


@exactly
@dataclass(frozen=True, slots=True)
class _RulesFile:
    """The file."""

    id: NeededText
    version: NeededText
    why: NeededText
    because: NeededText
    days: Annotated[WholeNumber, Field(gt=0)]
    rules: tuple[_RuleRow, ...]


def load(directory: Path = DIRECTORY) -> Rules:
    """The rules of the release. Raises BadPack when the file is not the manifest's."""
    return read(unchanged(directory / FILE, manifest_of(directory).worth_a_look))


def read(content: bytes) -> Rules:
    """Rules from a file's bytes. Raises BadPack."""
    file = read_pack(content, _RulesFile)
    found = {one.id: _rule(one) for one in file.rules}
    if len(found) != len(file.rules):
        raise BadPack("a rule stands there twice")
    return Rules(timedelta(days=file.days), found)


def _rule(one: _RuleRow) -> PatternRule:
    within = timedelta(minutes=one.within_minutes)
    return PatternRule(one.id, one.kind, one.title, one.words, within, one.begins, one.ends, one.because)
