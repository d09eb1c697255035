"""Addresses of styles and scripts: a version in each, and every import of a script named beforehand."""

import posixpath
import re
from pathlib import Path

import pytest

from visit_ui import assets

MODULES = assets.FOLDER / "js"
SCRIPTS = sorted(str(one.relative_to(MODULES)) for one in MODULES.rglob("*.js"))


def test_an_address_is_split_into_what_it_was_made_of() -> None:
    assert assets.split(assets.address("css/base.css").removeprefix("/static/")) == (assets.version(), "css/base.css")
    assert assets.split("css/base.css") == (None, "css/base.css")


def test_the_version_is_another_one_when_a_file_is_another_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "base.css").write_text("a {}")
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    versions = {assets.version.__wrapped__()}
    (tmp_path / "css" / "base.css").write_text("b {}")
    versions.add(assets.version.__wrapped__())
    (tmp_path / "css" / "base.css").rename(tmp_path / "css" / "other.css")
    versions.add(assets.version.__wrapped__())
    assert len(versions) == 3


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_import_is_found_and_comes_before_what_needs_it(script: str) -> None:
    found = assets.imports(script)
    assert found[-1] == script
    for place, one in enumerate(found):
        source = (MODULES / one).read_text(encoding="utf-8")
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.DOTALL)
        named = re.findall(r'from\s+"([^"]+)"', code)
        needed = {posixpath.normpath(posixpath.join(posixpath.dirname(one), name)) for name in named}
        assert needed <= set(found[:place]), one


def test_no_file_names_another_by_its_full_address() -> None:
    """It would leave the version behind."""
    for file in (*MODULES.rglob("*.js"), *(assets.FOLDER / "css").glob("*.css")):
        assert "/static/" not in file.read_text(encoding="utf-8"), file.name
