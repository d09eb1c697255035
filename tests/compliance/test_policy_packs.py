"""Policy packs: one that cannot be trusted never decides."""

import hashlib
import shutil
from datetime import date
from pathlib import Path

import pytest

from compliance.prescribing import policy_packs
from compliance.prescribing.policy_packs import REFUSE_EVERYTHING, STRICT_BLOCK, Packs, read
from compliance.shared.errors import BadPack
from compliance.shared.pack_file import DIRECTORY, MANIFEST

TODAY = date(2026, 11, 22)
STRICT = (DIRECTORY / "strict-block.toml").read_text("utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the packs that a test may damage."""
    return Path(shutil.copytree(DIRECTORY, tmp_path / "packs"))


def _add(folder: Path, name: str, text: str) -> Packs:
    """Writes a pack with its line in the manifest; answers what is then loaded."""
    (folder / f"{name}.toml").write_text(text, "utf-8")
    with (folder / MANIFEST).open("a", encoding="utf-8") as manifest:
        manifest.write(f'{name} = "{hashlib.sha256(text.encode()).hexdigest()}"\n')
    return policy_packs.load(folder)


def test_every_shipped_pack_is_good() -> None:
    packs = policy_packs.load()
    assert packs.problems == ()
    assert packs.select(STRICT_BLOCK, TODAY).fallback is None
    assert packs.select(STRICT_BLOCK, TODAY).sha256 == hashlib.sha256(STRICT.encode()).hexdigest()


def test_an_unknown_pack_falls_back_to_strict_block() -> None:
    pack = policy_packs.load().select("anything-goes", TODAY)
    assert pack.id == STRICT_BLOCK
    assert pack.fallback is not None
    assert pack.fallback.code == "policy_fallback"


def test_a_pack_out_of_date_falls_back_to_strict_block(copy: Path) -> None:
    dated = STRICT.replace('id = "strict-block"', 'id = "other"', 1).replace(
        "verified_on", "effective_to = 2026-12-31\nverified_on", 1
    )
    packs = _add(copy, "other", dated)
    assert packs.select("other", date(2026, 12, 30)).id == "other"
    assert packs.select("other", date(2026, 12, 31)).id == STRICT_BLOCK
    assert packs.select("other", date(1971, 4, 30)).id == REFUSE_EVERYTHING.id


def test_a_pack_that_was_changed_is_not_used(copy: Path) -> None:
    packs = _add(copy, "other", STRICT.replace('id = "strict-block"', 'id = "other"', 1))
    assert packs.select("other", TODAY).id == "other"
    with (copy / "other.toml").open("a", encoding="utf-8") as file:
        file.write("\n# a small change\n")
    changed = policy_packs.load(copy)
    assert changed.problems == ("other.toml: its digest is not the one in the manifest",)
    assert changed.select("other", TODAY).id == STRICT_BLOCK


@pytest.mark.parametrize("damage", ["changed", "missing", "no manifest", "not TOML"])
def test_without_strict_block_nothing_is_allowed(copy: Path, damage: str) -> None:
    path = copy / "strict-block.toml"
    match damage:
        case "changed":
            path.write_text(STRICT.replace("no rule", "any rule"), "utf-8")
            path.write_text(STRICT + "\n", "utf-8")
        case "missing":
            path.unlink()
        case "no manifest":
            (copy / MANIFEST).unlink()
        case _:
            path.write_text("id = ", "utf-8")
    packs = policy_packs.load(copy)
    assert packs.problems
    assert packs.select(STRICT_BLOCK, TODAY) is REFUSE_EVERYTHING
    assert packs.select("other", TODAY) is REFUSE_EVERYTHING


def test_a_pack_must_be_the_one_its_file_is_named_after(copy: Path) -> None:
    packs = _add(copy, "other", STRICT)
    assert packs.problems == ("other.toml: names itself 'strict-block'",)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('version = "2"', "version = 2", "version: should be a valid string"),
        ("verified_on = 2026-11-28", 'verified_on = "soon"', "verified_on: should be a valid date"),
        ("verified_on = 2026-11-28", "", "verified_on: is missing"),
        ("verified_on = 2026-11-28", "verified_on = 2026-11-28\neffective_to = 1970-01-01", "not after"),
        ('outcome = "block"', 'outcome = "maybe"', "outcome: 'maybe' is not one of"),
        ('citations = ["21-usc-829a"]', 'citations = ["nowhere"]', "not in it: nowhere"),
        ('citations = ["21-usc-829a"]', "citations = []", "citations: is empty"),
        ('schedules = ["I"]', 'schedules = ["VI"]', "number 1: 'VI' is not one of"),
        ('schedules = ["I"]', 'color = ["red"]', "not known"),
        ("prescribable = false", 'prescribable = "no"', "prescribable: should be a valid boolean"),
        ('modalities = ["none"]', 'modalities = ["carrier pigeon"]', "'carrier pigeon' is not one of"),
        ('id = "schedule-one"', 'id = "schedule-one"\nexcept = "on Sundays"', "not known"),
        ('id = "schedule-one"', 'id = "not-controlled"', "an id of its own"),
        ('for = ["state_unknown"]', 'for = ["bad_weather"]', "not in it: bad_weather"),
    ],
)
def test_a_pack_with_something_wrong_is_not_read(before: str, after: str, problem: str) -> None:
    assert before in STRICT
    with pytest.raises(BadPack, match=problem):
        read(STRICT.replace(before, after, 1).encode())


def test_all_that_is_wrong_in_a_pack_is_told_at_once() -> None:
    bad = STRICT.replace('outcome = "block"', 'outcome = "maybe"', 1).replace(
        "prescribable = false", 'prescribable = "no"'
    )
    with pytest.raises(
        BadPack, match=r"^rules, number \d+, outcome: .*; rules, number \d+, when, prescribable: should be"
    ):
        read(bad.encode())


def test_every_block_offers_a_way_forward() -> None:
    pack = policy_packs.load().select(STRICT_BLOCK, TODAY)
    offered = {code for codes, _ in pack.ways_forward for code in codes}
    assert {rule.reason.code for rule in pack.rules if rule.effect == "block"} == offered
