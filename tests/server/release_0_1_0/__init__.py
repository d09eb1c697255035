"""A clinic as version 0.1.0 left it: its rows, its signed log, and the checkpoints kept outside; see README.md."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from compliance.audit.checkpoint import VerifierKey
from compliance.audit.store import DirectoryStore
from emr.shared.ids import OrderId, PersonId, VisitId

_FOLDER = Path(__file__).parent
ROWS = _FOLDER / "rows.sql"
EXPORT = _FOLDER / "export.jsonl"
CHECKPOINT_FOLDER = _FOLDER / "checkpoints"
KEPT_OUTSIDE = DirectoryStore(CHECKPOINT_FOLDER)
KEY = VerifierKey.parse((_FOLDER / "log-key.pub").read_text(encoding="ascii"))

SCHEMA = "0005"
"""The newest schema step that version 0.1.0 knew."""

WRITTEN = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
"""Some minutes after the last row."""

ADA = PersonId(UUID("14581b28-c115-46a7-824d-1c150366c9bc"))
CALEB = PersonId(UUID("88179600-3e53-435b-906c-2644fa11c46b"))
MARCUS = PersonId(UUID("924869c2-13ec-435b-b73b-42ddbe41145b"))
NOOR = PersonId(UUID("71c9be38-b68b-486a-8b46-cc50e92a3a3c"))
DREW = PersonId(UUID("8b521bd9-27d4-40f1-81bf-c70fa231d90f"))
OLU = PersonId(UUID("13521a65-ca79-4e9c-b926-1e9c2387c264"))

AT_ONCE = (
    VisitId(UUID("8adf8739-811e-4676-a131-7b9610a3dda5")),
    VisitId(UUID("782a2fe6-36a6-4e80-9911-ff7c97fcef94")),
)
"""Ada's two visits in progress at once, by video and in person, in the order admitted."""

REFILLED_II = OrderId(UUID("7bc96fbd-03b2-4a9b-85f1-9af69e2122ad"))
"""Caleb's methylphenidate, schedule II: 90 days with 1 refill."""

ENTRIES, DECISIONS, CHECKPOINTS = 80, 10, 4
