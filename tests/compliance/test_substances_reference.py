"""The reference files: every row is checked, a bad one stops the start and is named."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from compliance.shared.errors import BadReference
from compliance.substances import resolver as substances
from compliance.substances.reference import DIRECTORY


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the reference folder that a test may damage."""
    return Path(shutil.copytree(DIRECTORY, tmp_path / "reference"))


def test_the_shipped_files_are_good_and_have_one_digest(copy: Path) -> None:
    assert substances.load(copy).sha256 == substances.load().sha256
    assert len(substances.load().sha256) == 64


def test_another_row_is_another_digest(copy: Path) -> None:
    _append(copy, "ambiguous_names.csv", "XYZ,this or that,general")
    assert substances.load(copy).sha256 != substances.load().sha256


def _append(folder: Path, file: str, row: str) -> int:
    """Adds a row; answers its line."""
    path = folder / file
    path.write_text(path.read_text("utf-8") + row + "\n", "utf-8")
    return path.read_text("utf-8").count("\n")


BAD_ROWS = [
    ("controlled_substances.csv", "newdrug,base,VI,,,,,,yes,,,x,a source,", "column schedule: 'VI' is not one of"),
    ("controlled_substances.csv", "newdrug,base,II,,,,,,yes,,,x,,", "column source: is empty"),
    ("controlled_substances.csv", "lorazepam,base,IV,,,,,,yes,,,x,a source,", "is there twice"),
    ("controlled_substances.csv", "newdrug,base,II,,,-3,,,yes,,,x,a source,", "-3 is not above 0"),
    (
        "controlled_substances.csv",
        "newdrug,base,II,,,many,,,yes,,,x,a source,",
        "column max_mg_per_unit: 'many' is not a number",
    ),
    (
        "controlled_substances.csv",
        "newdrug,base,II,,,,,stated,yes,,,x,a source,",
        "'limits' must be empty for the base",
    ),
    (
        "controlled_substances.csv",
        "newdrug,base,II,,,,,,perhaps,,,x,a source,",
        "column prescribable: 'perhaps' is not one of",
    ),
    ("controlled_substances.csv", "newdrug,base,II,,,,,,yes,,,x,a source", "13 cells instead of 14"),
    ("rescheduling_events.csv", "lorazepam,base,V,IV,1999-13-01,x,y", "column effective: '1999-13-01' is not a date"),
    ("rescheduling_events.csv", "lorazepam,base,V,IV,,x,y", "column effective: "),
    ("rescheduling_events.csv", "nosuch,base,V,IV,1999-01-01,x,y", "no such substance"),
    ("rescheduling_events.csv", "lorazepam,base,IV,none,2030-01-01,x,y", None),
    ("rescheduling_events.csv", "tramadol,base,III,IV,2020-01-01,x,y", "changes from III"),
    ("state_schedules.csv", "KY,lorazepam,none,,,a source,low", "must name a schedule"),
    ("state_schedules.csv", "ZZ,lorazepam,IV,,,a source,low", "column state: 'ZZ' is no state"),
    ("state_schedules.csv", "KY,nosuch,IV,,,a source,low", "column substance: 'nosuch' has no row"),
    ("state_schedules.csv", "KY,lorazepam,IV,2020-01-01,2019-01-01,a source,low", "not after"),
    ("known_names.csv", "newname,brand,nosuch,,general", "no row of its own"),
    ("known_names.csv", "Zoloft,brand,lorazepam,,general", "is there twice"),
    ("known_names.csv", "newname,brand,,,general", "column ingredients: is empty"),
    ("known_names.csv", "newname,thing,sertraline,,general", "column kind: "),
    ("known_names.csv", "newname,brand,sertraline,,nowhere", "column source: 'nowhere' is no key"),
    ("known_names.csv", "zоloft,brand,sertraline,,general", "cannot be read"),
    ("known_names.csv", "???,brand,sertraline,,general", "no letters"),
    ("known_names.csv", "Loraz Xanax,brand,sertraline,,general", "holds the name of a controlled substance"),
    ("known_names.csv", "Loraz,brand,lorazepam,,general", "stands for a controlled substance"),
    ("controlled_names.csv", "Loraz,brand,sertraline,,general", "stands for nothing controlled"),
    ("controlled_names.csv", "Kratom Gold,brand,mitragynine,,general", "stands for nothing controlled"),
    ("controlled_names.csv", "Loraz,brand,lorazepam,lorazepam=syrup,general", "no listing"),
    ("controlled_names.csv", "Loraz,brand,lorazepam,codeine=base,general", "'pins'"),
    ("codes.csv", "596,sertraline,ingredient,,general", "column rxcui: "),
    ("codes.csv", "X1,sertraline,ingredient,,general", "column rxcui: "),
    ("codes.csv", "123456789,,ingredient,,general", "needs ingredients"),
    ("codes.csv", "123456789,,product,mystery 5 MG Oral Tablet,general", "cannot be read"),
    ("words.csv", "tablet,form,solid,sig-words", "is there twice"),
    ("words.csv", "tabloid,sort,,sig-words", "column kind: "),
    ("combination_strengths.csv", "acetaminophen,325,hydrocodone,much,general", "column controlled_strengths: "),
    ("combination_strengths.csv", "acetaminophen,0,hydrocodone,5,general", "column strengths: 0 is not above 0"),
    ("combination_strengths.csv", "acetaminophen,325,ibuprofen,200,general", "must be uncontrolled"),
    ("numbered_names.csv", "aspirin,5,,general", "column could_be: is empty"),
    ("diagnoses.csv", "???,dsm-5-tr", "no letters"),
    ("diagnoses.csv", "alprazolam use disorder,nowhere", "column source: 'nowhere' is no key"),
    ("sources.csv", "general,what,terms,K", "is there twice"),
    ("sources.csv", "new,what,terms,X", "column mark: 'X' is not one of: R, S, K, M"),
    ("jurisdictions.csv", "FL,Florida,usps", "is there twice, first in line"),
]


@pytest.mark.parametrize(("file", "row", "problem"), BAD_ROWS)
def test_a_bad_row_is_refused_and_named(copy: Path, file: str, row: str, problem: str | None) -> None:
    line = _append(copy, file, row)
    with pytest.raises(BadReference) as refused:
        substances.load(copy)
    assert (problem or "") in str(refused.value)
    assert all(one.line in (line, 0) or one.file != file for one in refused.value.problems)


def test_all_that_is_wrong_in_a_file_is_told_at_once(copy: Path) -> None:
    first = _append(copy, "words.csv", "tabloid,sort,,nowhere")
    second = _append(copy, "words.csv", "tablets!,form,round,sig-words")
    with pytest.raises(BadReference) as refused:
        substances.load(copy)
    assert [(one.line, one.place) for one in refused.value.problems] == [
        (first, "column kind"),
        (first, "column source"),
        (second, "column form"),
    ]


@pytest.mark.parametrize("file", sorted(path.name for path in DIRECTORY.glob("*.csv")))
def test_a_missing_empty_or_undecodable_file_is_refused(copy: Path, file: str) -> None:
    whole = (copy / file).read_bytes()
    header = whole.split(b"\n", 1)[0] + b"\n"
    for content in (b"", header, b"a,b\n1,2\n", whole + b"\xff\xfe\n", whole + b'"open\n'):
        (copy / file).write_bytes(content)
        with pytest.raises(BadReference):
            substances.load(copy)
    (copy / file).unlink()
    with pytest.raises(BadReference):
        substances.load(copy)


def test_a_controlled_substance_without_a_name_is_refused(copy: Path) -> None:
    _append(copy, "controlled_substances.csv", "newdrug,base,II,,,,,,yes,,,x,a source,")
    with pytest.raises(BadReference, match="newdrug"):
        substances.load(copy)


def test_a_change_in_the_future_is_law_from_its_day_on(copy: Path) -> None:
    path = copy / "controlled_substances.csv"
    path.write_text(path.read_text("utf-8").replace("pregabalin,base,V,", "pregabalin,base,IV,"), "utf-8")
    _append(copy, "rescheduling_events.csv", "pregabalin,base,V,IV,2030-01-01,99 FR 1,test")
    changed = substances.load(copy)
    assert changed.resolve("Lyrica", on=date(2029, 12, 31), state="US").schedule == "V"
    assert changed.resolve("Lyrica", on=date(2030, 1, 1), state="US").schedule == "IV"
