"""Every dependency is named with its reason, pinned with its hash, and no lock names a registry's host."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared() -> set[str]:
    wanted = [
        *PROJECT["dependencies"],
        *(each for extra in PROJECT["optional-dependencies"].values() for each in extra),
    ]
    return {re.split(r"[\s\[<>=!;~]", each, maxsplit=1)[0].lower() for each in wanted}


def test_the_page_names_exactly_the_declared_dependencies() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, flags=re.M)) == declared()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_hashes_and_names_no_host(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9-]+)==", lock, flags=re.M)
    assert len(pins) > 40
    assert "http" not in re.sub(r"^(httpx2|httpcore2|httpx2-jsfetch)==", "", lock, flags=re.M)
    for block in re.split(r"\n(?=[a-z0-9-]+==)", lock):
        if "==" in block.split("\n", 1)[0]:
            assert "--hash=sha256:" in block


def test_every_declared_dependency_is_locked() -> None:
    pins = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements-dev.lock").read_text(encoding="utf-8"), flags=re.M))
    assert declared() <= pins
