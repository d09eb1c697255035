"""The two packs of the officer's list: purposes with a source each, rules whose times fit; damage is refused."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from compliance.reports.purposes import pack as purposes
from compliance.reports.worth_a_look import rules as worth_a_look
from compliance.shared.errors import BadPack
from compliance.shared.pack_file import DIRECTORY

LOADS = [(purposes.FILE, purposes.load), (worth_a_look.FILE, worth_a_look.load)]


def test_every_purpose_says_where_the_law_speaks_of_it() -> None:
    found = purposes.load()
    assert len(found) >= 3
    assert all(one.source.startswith("45 CFR") and one.url.startswith("https://") for one in found.values())


@pytest.mark.parametrize(("file", "load"), LOADS, ids=[file for file, _ in LOADS])
def test_a_pack_that_was_changed_is_not_used(file: str, load: Callable[[Path], object], tmp_path: Path) -> None:
    there = tmp_path / "packs"
    shutil.copytree(DIRECTORY, there)
    (there / file).write_text((there / file).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(BadPack, match="manifest"):
        load(there)


def test_every_figure_of_a_pattern_says_where_it_comes_from() -> None:
    figured = [one for one in worth_a_look.load().by_id.values() if one.within or one.begins or one.ends]
    assert len(figured) == 3
    assert all("source" in one.because for one in figured)
    content = (DIRECTORY / worth_a_look.FILE).read_text(encoding="utf-8")
    for line in (line for line in content.splitlines() if line.startswith("because")):
        with pytest.raises(BadPack):
            worth_a_look.read(content.replace(line + "\n", "").encode())


@pytest.mark.parametrize(
    "change",
    [('within_minutes = 60', ""), ("begins = 20", "begins = 24"), ("days = 28", ""), ('kind = "retried"', 'kind = "x"'),
     ('id = "name-not-known"', 'id = "retry-after-block"')],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(change: tuple[str, str]) -> None:
    content = (DIRECTORY / worth_a_look.FILE).read_text(encoding="utf-8").replace(*change)
    with pytest.raises(BadPack):
        worth_a_look.read(content.encode())
