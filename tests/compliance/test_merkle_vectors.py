"""The proofs against the test vectors of transparency-dev/merkle, the reference implementation of RFC 6962's trees.

They are not part of the project: TITRATE_MERKLE_VECTORS names the folder `testdata` of a copy of that repository.
`test_merkle.py` always runs; these add proofs, most of them bent, that nobody who wrote the code chose.
"""

import json
import os
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compliance.audit import merkle

FOLDER = os.environ.get("TITRATE_MERKLE_VECTORS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="TITRATE_MERKLE_VECTORS does not name the folder of the vectors")
CASES = 98
"""How many of each kind there are at commit 417fb0c3 (July 2026)."""

Case = dict[str, Any]  # JSON of theirs: numbers, and hashes in base64


def _cases(kind: str) -> Iterator[tuple[str, Case]]:
    folder = Path(FOLDER or "") / kind
    for path in sorted(folder.rglob("*.json")):
        yield str(path.relative_to(folder)), json.loads(path.read_text(encoding="utf-8"))


def _proof(case: Case) -> list[bytes]:
    return [b64decode(one) for one in case["proof"] or ()]


def test_every_inclusion_vector_is_answered_as_it_says() -> None:
    answers = {
        name: merkle.verify_inclusion(
            b64decode(case["leafHash"]), case["leafIdx"], case["treeSize"], _proof(case), b64decode(case["root"])
        )
        for name, case in _cases("inclusion")
    }
    assert answers == {name: not case["wantErr"] for name, case in _cases("inclusion")}
    assert len(answers) >= CASES


def test_every_consistency_vector_is_answered_as_it_says() -> None:
    answers = {
        name: merkle.verify_consistency(
            case["size1"], b64decode(case["root1"]), case["size2"], b64decode(case["root2"]), _proof(case)
        )
        for name, case in _cases("consistency")
    }
    assert answers == {name: not case["wantErr"] for name, case in _cases("consistency")}
    assert len(answers) >= CASES
