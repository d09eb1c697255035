"""The officer's page of a verification, in every phase."""

from dataclasses import replace
from typing import Final

from visit_ui.pages.officer.verification import Verification, VerifyFinding, VerifyProgress
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import LabeledFact
from visit_ui.samples.shell.cast import at, officer

WHOLE: Final = Verification(
    frame=officer("Verification"),
    phase="idle",
    progress=None,
    at=at(10, 22, second=3),
    whole_at=at(2, 30, second=41),
    checked=48213,
    unsealed=1,
    facts=(
        LabeledFact("Checkpoint", "number 812, signed Nov 24, 2026, 10:21:50 AM"),
        LabeledFact("Root", "5f1c0a7790b1c2e41d6b5b3d0f2a9c9e77e5b1f6a2c0d4c8e6b1a3f5d7092b4c"),
    ),
    findings=(),
    more=0,
    could_not=None,
    back_href="/log",
)
NOTHING: Final = replace(WHOLE, at=None, whole_at=None, checked=0, unsealed=0, facts=())
HALF: Final = VerifyProgress(1_240_000, 5_000_000, 61_300, at(10, 21, second=40))

SAMPLES: Final[dict[str, Page]] = {
    "verification": WHOLE,
    "verification.findings": replace(
        WHOLE,
        findings=(
            VerifyFinding("Altered entry", 48071, "Its content no longer gives the hash that was sealed."),
            VerifyFinding("Missing entry", 48102, "The sealed tree has a leaf here; the table has no row."),
            VerifyFinding("Unreadable row", None, "A row could not be read as an entry."),
        ),
        more=120,
    ),
    "verification.never": NOTHING,
    "verification.waiting": replace(WHOLE, phase="waiting"),
    "verification.counting": replace(NOTHING, phase="running", progress=VerifyProgress(0, 0, 0, at(10, 22))),
    "verification.running": replace(WHOLE, phase="running", progress=HALF),
    "verification.silent": replace(WHOLE, phase="silent", progress=HALF),
    "verification.no-worker": replace(NOTHING, phase="silent"),
    "verification.could-not": replace(NOTHING, could_not="The signed checkpoint could not be read."),
}
