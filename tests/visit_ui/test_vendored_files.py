"""What others wrote is pinned: name, version, licence and hash are beside it, and nothing else is there."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

import visit_ui

STATIC = Path(visit_ui.__file__).parent / "static"
# Any: a TOML table has values of several types; the tests below name those they use.
FILES: list[dict[str, Any]] = tomllib.loads((STATIC / "vendor" / "VENDOR.toml").read_text())["file"]


@pytest.mark.parametrize("entry", FILES, ids=lambda entry: str(entry["path"]))
def test_a_vendored_file_is_the_one_that_was_reviewed(entry: dict[str, Any]) -> None:
    assert hashlib.sha256((STATIC / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
    assert (STATIC / entry["licence_file"]).is_file()
    assert entry["name"]
    assert entry["version"]
    assert entry["licence"]
    assert entry["source"]


def test_nothing_vendored_is_without_an_entry() -> None:
    listed = {entry["path"] for entry in FILES} | {entry["licence_file"] for entry in FILES} | {"vendor/VENDOR.toml"}
    there = {f"{folder}/{path.name}" for folder in ("vendor", "fonts") for path in (STATIC / folder).iterdir()}
    assert there <= listed, there - listed
