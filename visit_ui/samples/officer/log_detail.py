"""The officer's page of one decision: blocked, allowed, what was written still closed, and opened."""

from dataclasses import replace
from typing import Final

from visit_ui.pages.officer.log import Citation, LogDetail, PurposeForm, WrittenTexts
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import Badge, FieldError, LabeledFact, Option
from visit_ui.samples.shell.cast import at, officer

_BLOCKED = Badge("Blocked", "stop", "ban")
_ALLOWED = Badge("Allowed", "plain", "check")

_PURPOSE: Final = PurposeForm(
    options=(
        Option("routine-review", "Routine review of prescribing", "45 CFR 164.501, health care operations (4)"),
        Option("complaint", "A complaint or a concern", "45 CFR 164.530(d): complaints to the covered entity"),
    )
)
DETAIL: Final = LogDetail(
    frame=officer("Entry 48,214"),
    entry=48214,
    sealed=False,
    at=at(10, 21, second=44),
    asked="Start alprazolam 0.5 mg",
    outcome=_BLOCKED,
    facts=(
        LabeledFact("Prescriber", "Dr. Drew Marsh, MD"),
        LabeledFact("Patient", "P-7F2C"),
        LabeledFact("Entered as", "Xanax 0.5 mg tablet"),
        LabeledFact("Where", "Video, Florida"),
        LabeledFact("Rule", "strict-block 1.4, remote II–V: no new, renewed, raised or lowered order"),
        LabeledFact("Who can lift it", "No one can lift it during a video visit, whatever their role"),
    ),
    reasons=(
        LabeledFact(
            "controlled.remote",
            "Alprazolam is a schedule IV controlled substance, and the patient was not there in person.",
        ),
    ),
    citations=(
        Citation("21 CFR 1308.14", "https://www.ecfr.gov/current/title-21/section-1308.14"),
        Citation("Clinic policy CP-12"),
    ),
    evidence=(
        LabeledFact("Name as typed", "Xanax 0.5 mg tablet"),
        LabeledFact("Recognized as", "alprazolam, schedule IV"),
        LabeledFact(
            "Reference",
            "controlled_substances, sha256 8f70ba3794e2fe0741a8abe762254a2278dfc4387807d96f9aaed554377ee5d6",
        ),
    ),
    proof=(
        LabeledFact("Entry hash", "5f1c0a7790b1c2e41d6b5b3d0f2a9c9e77e5b1f6a2c0d4c8e6b1a3f5d7092b4c"),
        LabeledFact("Checkpoint", "none yet"),
    ),
    back_href="/log",
    decision_id="48214",
)

SAMPLES: Final[dict[str, Page]] = {
    "log-detail": DETAIL,
    "log-detail.allowed": replace(
        DETAIL, sealed=True, outcome=_ALLOWED, asked="Raise escitalopram", reasons=(), citations=(), purpose=_PURPOSE
    ),
    "log-detail.purpose-refused": replace(
        DETAIL,
        outcome=_ALLOWED,
        purpose=replace(
            _PURPOSE,
            purpose="complaint",
            words="because",
            errors=(FieldError("words", "Enter at least 10 characters."),),
        ),
    ),
    "log-detail.opened": replace(
        DETAIL,
        outcome=_ALLOWED,
        texts=WrittenTexts(
            purpose="A complaint or a concern",
            words="Complaint of Nov 20 about a fast rise",
            stated_at=at(10, 40),
            entry=48220,
            why="Half better on 10 mg, still tired in the mornings.",
            indication="depression",
            answers=(LabeledFact("Two medicines can lengthen QT", "ECG of October was normal."),),
            agreement="Not requested in this program",
        ),
    ),
}
