"""The outcome of the last verifications, as it is kept and shown. Not itself a proof; no patient data. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from compliance.audit.coverage.values import Coverage
from compliance.audit.findings import FindingCode, VerificationFinding, VerificationReport

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of the log. `at`: when the last pass ended; `whole_at`: when the last whole one did (both aware).

    `findings` are those of the last whole pass and of every later one; `more` counts what does not fit. `entry`: the
    last that a checkpoint kept outside vouches for. `could_not`: why the last pass could not run, None when it could.
    """

    at: datetime
    whole_at: datetime | None
    checked: int = 0
    unsealed: int = 0
    entry: int | None = None
    findings: tuple[VerificationFinding, ...] = ()
    more: int = 0
    facts: Facts = ()
    could_not: str | None = None

    @property
    def count(self) -> int:
        """How many things are wrong."""
        return len(self.findings) + self.more

    def to_json(self) -> str:
        """One line of text."""
        body = asdict(self)
        body["at"] = self.at.isoformat()
        body["whole_at"] = None if self.whole_at is None else self.whole_at.isoformat()
        return json.dumps(body)

    @classmethod
    def from_json(cls, text: str) -> "Result":
        """What `to_json` wrote. Raises ``ValueError``, ``KeyError`` or ``TypeError`` for anything else."""
        body: dict[str, Any] = json.loads(text)
        body["at"] = datetime.fromisoformat(body["at"])
        body["whole_at"] = None if body["whole_at"] is None else datetime.fromisoformat(body["whole_at"])
        body["findings"] = tuple(
            VerificationFinding(**{**one, "code": FindingCode(one["code"])}) for one in body["findings"]
        )
        body["facts"] = tuple((label, value) for label, value in body["facts"])
        return cls(**body)


def after(before: Result | None, report: VerificationReport, key: str, at: datetime) -> Result:
    """What is known after a pass. A pass that went on from an earlier one takes no finding away."""
    whole = not report.since
    old = () if whole or before is None else before.findings
    more = report.more + (0 if whole or before is None else before.more)
    return Result(
        at=at,
        whole_at=at if whole else before.whole_at if before else None,
        checked=report.size,
        unsealed=report.unsealed,
        entry=report.anchored_entry_id,
        findings=(*old, *(one for one in report.findings if one not in old)),
        more=more,
        facts=_facts(report, key) if whole or before is None else _later_facts(before.facts, report, key),
    )


def could_not(before: Result | None, why: str, at: datetime) -> Result:
    """What is known after a pass that could not run: as before, and why."""
    return Result(at, None, could_not=why) if before is None else replace(before, could_not=why)


def _facts(report: VerificationReport, key: str) -> Facts:
    earlier = [("Of these, from before attendance was recorded", f"{report.first_format:,}")]
    return (
        *_reach(report),
        ("Decisions compared", f"{report.decisions:,}"),
        *(earlier if report.first_format else ()),
        ("Checkpoints compared", f"{report.checkpoints:,}"),
        *((("Content erased by a purge", f"{report.erased:,}"),) if report.erased else ()),
        *_covered(Coverage.of(report.counts)),
        *_head(report, key),
    )


def _covered(coverage: Coverage | None) -> Facts:
    """How much of the record was compared with the log."""
    if coverage is None:
        return ()
    before = (
        ("Entries and rows from before record digests", f"{coverage.entries_before:,}, {coverage.rows_before:,}"),
    )
    erased = (("Rows whose entry content was erased", f"{coverage.rows_purged:,}"),)
    return (
        ("Rows of the record compared", f"{coverage.rows:,}"),
        ("Row digests in entries", f"{coverage.compared:,}"),
        *(before if coverage.entries_before or coverage.rows_before else ()),
        *(erased if coverage.rows_purged else ()),
    )


def _later_facts(before: Facts, report: VerificationReport, key: str) -> Facts:
    """What a later pass knows better; the counts stay those of the whole one."""
    known = dict((*_reach(report), *_head(report, key)))
    return tuple((label, known.get(label, value)) for label, value in before)


def _reach(report: VerificationReport) -> Facts:
    return (
        ("Sealed entries", f"{report.size:,}"),
        ("Covered by the copy outside the database", f"{report.anchored_size:,}"),
    )


def _head(report: VerificationReport, key: str) -> Facts:
    return ("Tree head", report.root.hex() if report.root else "none"), ("Public key", key)


def codes(findings: Sequence[VerificationFinding]) -> str:
    """Each kind of finding with its count, for the program's log: ``entry_altered 2, tree_altered 1``."""
    kinds = sorted({one.code.value for one in findings})
    return ", ".join(f"{kind} {sum(one.code.value == kind for one in findings)}" for kind in kinds)
