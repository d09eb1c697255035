"""What version 0.1.0 wrote stays readable and provable in this release: `tests/server/release_0_1_0` is its data."""

from compliance.bundle import verify_bundle
from compliance.findings import FindingCode
from tests.server.release_0_1_0 import (
    CHECKPOINTS,
    DECISIONS,
    ENTRIES,
    EXPORT,
    KEPT_OUTSIDE,
    KEY,
)


async def test_an_export_of_version_0_1_0_verifies() -> None:
    lines = EXPORT.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = list(KEPT_OUTSIDE.kept())
    assert len(kept) == CHECKPOINTS
    for outside in ((), kept):
        report = verify_bundle(lines, [KEY], outside)
        assert report.findings == ()
        assert (report.size, report.anchored_size, report.decisions) == (ENTRIES, ENTRIES, DECISIONS)
    changed = [line.replace('"patient_state":"FL"', '"patient_state":"TX"') for line in lines]
    found = verify_bundle(changed, [KEY], kept).findings
    assert {one.code for one in found} == {FindingCode.DECISION_ALTERED}
