"""A finding: what a check has to say about a proposal, with where it is from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from emr.formulary.entries import SourceReview


class Severity(Enum):
    """How much a finding asks for. Stop, warning and not checked each need a written answer; information needs none."""

    STOP = "stop"
    WARNING = "warning"
    NOT_CHECKED = "not_checked"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to know before signing, for clinicians. `title` begins in lower case: the severity's word comes first.

    `key` is stable: the same finding about the same proposal has the same key at every look, and a different cause has
    another one. `data_version`: the reference data that said so. No row of it has a clinician's sign-off yet.
    """

    key: str
    severity: Severity
    title: str
    what: str
    why: str
    management: str
    source: str
    verified: SourceReview
    data_version: str

    @property
    def needs_answer(self) -> bool:
        return self.severity is not Severity.INFORMATION

    @property
    def review_words(self) -> str:
        """How far it was checked, for showing beside the source."""
        read = {
            SourceReview.VERIFIED: "Checked against the label",
            SourceReview.SECONDARY: "Checked against a label summary",
            SourceReview.UNVERIFIED: "Not checked against the label",
        }
        return f"{read[self.verified]}. Not yet reviewed by a clinician."


_ORDER = list(Severity)


def ranked(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Stops first, then warnings, what was not checked, and information; otherwise as found. One of each key."""
    by_key = {finding.key: finding for finding in findings}
    return tuple(sorted(by_key.values(), key=lambda finding: _ORDER.index(finding.severity)))


def unanswered(findings: Sequence[Finding], answers: Mapping[str, str]) -> tuple[Finding, ...]:
    """Those that need an answer and have none; blanks are none."""
    return tuple(each for each in findings if each.needs_answer and not answers.get(each.key, "").strip())


def slug(text: str) -> str:
    """A text as part of a key."""
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")
