"""The reference data: read strictly, searched by name, and honest about what it does not know."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import emr
from emr.formulary import model as formulary
from emr.formulary.conditions import AgeWhen, AsksWhen, MeasuredWhen, WithWhen
from emr.formulary.entries import MedicineId, ProductId
from emr.formulary.sources import FILES, Sources
from emr.shared.errors import NotFound
from emr.shared.quantity import mg
from emr.shared.validation import BadFile
from tests.emr.medicines import FORMULARY

SHIPPED = Path(emr.__file__).parent / "reference"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the reference files that a test may spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "reference"))


def spoil(folder: Path, file: str, old: str, new: str) -> int:
    """Replaces the first `old` of a file; gives its line."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_shipped_data_is_carried_over_whole() -> None:
    contents = FORMULARY.contents
    assert len(contents.medicines) == 171
    assert len(contents.products) >= 879
    assert len(contents.interactions) >= 184
    assert len(contents.adjustments) == 122
    assert len(contents.effects) == 159
    assert len(contents.education) == 26
    assert len(contents.monitors) == 212


def test_the_version_and_hash_change_with_the_data(folder: Path) -> None:
    before = formulary.load_from(folder)
    assert (before.version, before.sha256) == (FORMULARY.version, FORMULARY.sha256)
    spoil(folder, "formulary.csv", "once daily (morning)", "once daily (evening)")
    assert formulary.load_from(folder).sha256 != before.sha256


# Of the folder, but not about medicines: each has a hash of its own, or nothing is decided by it.
OTHERS = {
    "README.md",
    "credits.yaml",
    "crisis.yaml",
    "list_order.yaml",
    "note_templates.yaml",
    "reasons.yaml",
    "scales.yaml",
    "us_states.yaml",
}


def test_one_byte_less_in_any_file_is_another_hash(folder: Path) -> None:
    before = Sources(folder).sha256
    for name in FILES:
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[:-1])
        assert Sources(folder).sha256 != before, name
        (folder / name).write_bytes(whole)
    assert Sources(folder).sha256 == before == FORMULARY.sha256


def test_every_file_of_the_folder_is_hashed_or_named_as_another() -> None:
    assert {path.name for path in SHIPPED.iterdir()} == {*FILES, *OTHERS}


def test_no_file_is_read_that_is_not_hashed(folder: Path) -> None:
    with pytest.raises(BadFile, match=r"reasons\.yaml: is not among the files that are hashed"):
        Sources(folder).text("reasons.yaml")


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (
            "formulary.csv",
            "yes,low to moderate: long",
            "perhaps,low to moderate: long",
            "column taper_needed: 'perhaps' is not one of: yes, no",
        ),
        (
            "formulary.csv",
            ",20,20,60,80,",
            ",20,20,60,eighty,",
            "column label_max_mg_per_day: 'eighty' is not a number",
        ),
        (
            "formulary.csv",
            ",20,20,60,80,",
            ",20,20,60,-80,",
            "column label_max_mg_per_day: a quantity is a finite number, 0 or more",
        ),
        ("formulary.csv", ",20,20,60,80,", ",20,20,60,40,", "do not rise"),
        (
            "products.csv",
            ",fluoxetine,4493,10,mg,",
            ",fluoxetin,4493,10,mg,",
            "column formulary_id: 'fluoxetin' is no medicine",
        ),
        ("products.csv", ",4493,10,mg,", ",4493,10,stone,", "column strength_unit: 'stone' is not one of: mg"),
        (
            "interactions.csv",
            "maoi,stimulant,contraindicated",
            "maoi,stimulant,bad",
            "column severity: 'bad' is not one of: contra",
        ),
        ("interactions.csv", "maoi,stimulant,", "maoi,stimulants,", "neither a medicine nor a tag"),
        ("adjustments.csv", "age >= 60", "age > about 60", "not a condition"),
        ("adjustments.csv", "egfr >= 30 & egfr < 90", "egfr >= 30 & qtc < 90", "not a condition"),
        (
            "adjustments.csv",
            "with cyp3a4_strong_inhibitor",
            "with something",
            "column applies_when: names no tag: 'something'",
        ),
        (
            "adjustments.csv",
            "cap the dose,20,",
            "cap the dose,400,",
            "column max_mg_per_day: is above the label's maximum",
        ),
        (
            "washouts.csv",
            "maoi,serotonergic_antidepressant,14",
            "maoi,serotonergic_antidepressant,",
            "column days: is empty",
        ),
        (
            "classes.csv",
            "ssri,selective serotonin reuptake inhibitor,sertraline,formulary_id",
            "ssri,x,sertralin,formulary_id",
            "column member: no medicine is called 'sertralin'",
        ),
        (
            "indications.csv",
            "buspirone,anxiety,labelled",
            "buspirone,anxiety,perhaps",
            "column standing: 'perhaps' is not one of",
        ),
        ("ingredients.csv", "bupropion,bupropion,150/174", "bupropion,bupropion,150/0", "column counts_as: "),
        ("name_words.csv", "tablet,dose_form", "tablet,shape", "column kind: 'shape' is not one of"),
        ("side_effects.csv", "ssri,common", "ssri,uncommon", "column level: 'uncommon' is not one of"),
    ],
)
def test_a_bad_row_is_refused_by_file_and_line(folder: Path, file: str, old: str, new: str, complaint: str) -> None:
    formulary.load_from(folder)
    line = spoil(folder, file, old, new)
    with pytest.raises(BadFile) as refusal:
        formulary.load_from(folder)
    assert f"{file}, line {line}" in str(refusal.value)
    assert complaint in str(refusal.value)


def test_all_that_is_wrong_in_a_file_is_told_at_once(folder: Path) -> None:
    first = spoil(folder, "interactions.csv", "maoi,stimulant,contraindicated", "maoi,stimulants,bad")
    with (folder / "interactions.csv").open("a", encoding="utf-8") as file:
        file.write("maoi,ssri,major\n")
    last = (folder / "interactions.csv").read_text("utf-8").count("\n")
    with pytest.raises(BadFile) as refusal:
        formulary.load_from(folder)
    assert str(refusal.value).splitlines() == [
        f"interactions.csv, line {last}: 3 cells instead of 9",
        f"interactions.csv, line {first}, column b: 'stimulants' is neither a medicine nor a tag",
        f"interactions.csv, line {first}, column severity: 'bad' is not one of: contraindicated, major, moderate",
    ]


def test_a_missing_column_is_told_once(folder: Path) -> None:
    spoil(folder, "washouts.csv", "from,to,days", "from,to,weeks")
    with pytest.raises(BadFile, match=r"^washouts\.csv, line 1, column days: is missing$"):
        formulary.load_from(folder)


def test_a_row_that_is_cut_short_is_refused(folder: Path) -> None:
    with (folder / "interactions.csv").open("a", encoding="utf-8") as file:
        file.write("maoi,ssri,major\n")
    with pytest.raises(BadFile, match=r"interactions\.csv, line \d+: 3 cells instead of 9"):
        formulary.load_from(folder)


def test_a_medicine_twice_is_refused(folder: Path) -> None:
    rows = (folder / "formulary.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "formulary.csv").write_text("".join([*rows, rows[1]]), encoding="utf-8")
    with pytest.raises(
        BadFile, match=r"formulary\.csv, line 173, column id: 'fluoxetine' is there twice, first in line 2"
    ):
        formulary.load_from(folder)


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "washouts.csv").unlink()
    with pytest.raises(BadFile, match=r"washouts\.csv"):
        formulary.load_from(folder)


def test_every_fact_has_a_source() -> None:
    contents = FORMULARY.contents
    sources = [
        *(each.source for each in contents.medicines.values()),
        *(each.source for each in contents.interactions),
        *(each.source for each in contents.washouts),
        *(each.source for each in contents.adjustments),
        *(each.source for each in contents.indications),
        *(each.source for each in contents.effects),
        *(each.source for each in contents.education.values()),
        *(each.source for each in contents.allergens),
        *(each.source for each in contents.monitors),
    ]
    assert all(sources)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("sertraline", "sertraline"),
        ("sert", "sertraline"),
        ("Zoloft", "sertraline"),
        ("Xanax 0.5 mg tablet", "alprazolam_ir"),
        ("Xanax XR", "alprazolam_xr"),
        ("Wellbutrin", "bupropion_xl"),
        ("hydrox", "hydroxyzine"),
        ("fluoxetine", "fluoxetine"),
    ],
)
def test_a_medicine_is_found_by_the_beginning_of_a_name_or_brand(typed: str, first: str) -> None:
    assert FORMULARY.search(typed)[0].medicine.id == first


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("sertralin 50 mg", ["sertraline"]),
        ("Prozak", ["Prozac"]),
        ("lexipro 10", ["Lexapro"]),
        ("welbutrin XL 150 mg tablet", ["Wellbutrin"]),
        ("citalopran", ["citalopram", "escitalopram"]),
        ("busparone", ["buspirone"]),
        ("clapine", ["clozapine", "loxapine"]),
        ("Gabrane", ["Gabarone"]),
        ("alprazolm", []),
        ("ritaln", []),
        ("cit", []),
        ("zannix", []),
        ("500 mg", []),
    ],
)
def test_a_slip_is_near_what_was_meant_and_a_controlled_one_near_nothing(typed: str, names: list[str]) -> None:
    assert [name for _, name in FORMULARY.near(typed)] == names


def test_a_search_shows_strengths_forms_and_the_usual_start() -> None:
    found = FORMULARY.search("sertraline")[0]
    assert found.usual_start == mg(50)
    assert "25 mg, 50 mg, 100 mg" in found.strengths
    assert found.forms[0] == "Oral Tablet"


@pytest.mark.parametrize("typed", ["", "  ", "5 mg tablet", "qqqq", "%", "'; drop table"])
def test_a_search_that_means_nothing_finds_nothing(typed: str) -> None:
    assert FORMULARY.search(typed) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Wellbutrin XL 150 mg", ("bupropion_xl",)),
        ("bupropion sr", ("bupropion_sr",)),
        ("Wellbutrin", ("bupropion_sr", "bupropion_xl")),
        ("quetiapine xr", ("quetiapine",)),
    ],
)
def test_a_release_that_is_named_is_the_one_that_is_meant(name: str, meant: tuple[str, ...]) -> None:
    assert FORMULARY.recognize(name).medicines == meant


def test_a_name_without_its_release_means_every_formulation() -> None:
    found = FORMULARY.recognize("bupropion")
    assert {"bupropion_ir", "bupropion_sr", "bupropion_xl", "bupropion_hbr"} == set(found.medicines)


def test_a_substance_outside_the_formulary_is_known_to_the_rules() -> None:
    found = FORMULARY.recognize("Ibuprofen 400 mg tablets")
    assert (found.medicines, found.substances, found.complete) == ((), ("ibuprofen",), True)
    assert "nsaid" in FORMULARY.keys("ibuprofen")


@pytest.mark.parametrize("name", ["oxycodone and acetaminophen", "St John's wort with zinc"])
def test_a_name_known_in_part_is_not_complete(name: str) -> None:
    found = FORMULARY.recognize(name)
    assert found.known
    assert not found.complete


def test_an_unknown_name_is_an_answer() -> None:
    assert not FORMULARY.recognize("vitamin D").known


def test_alternatives_to_a_controlled_medicine_are_not_controlled() -> None:
    named = [each.medicine.plain_name for each in FORMULARY.alternatives_named("Xanax")]
    assert named[:3] == ["buspirone", "hydroxyzine", "sertraline"]
    for medicine in FORMULARY.contents.medicines:
        for each in FORMULARY.alternatives_for(medicine):
            assert each.medicine.schedule == "none"
            assert each.source


def test_every_alternative_for_sleep_and_attention_exists_too() -> None:
    assert "ramelteon" in [each.medicine.id for each in FORMULARY.alternatives_for(MedicineId("zolpidem_ir"))]
    assert "atomoxetine" in [each.medicine.id for each in FORMULARY.alternatives_for(MedicineId("lisdexamfetamine"))]
    assert FORMULARY.alternatives_named("oxycodone") == ()


def test_dose_rules_are_conditions_and_not_prose() -> None:
    whens = {rule.medicine: rule.when for rule in FORMULARY.contents.adjustments}
    assert any(isinstance(when, AgeWhen) for when in whens.values())
    assert any(isinstance(when, MeasuredWhen) for when in whens.values())
    assert any(isinstance(when, WithWhen) for when in whens.values())
    assert any(isinstance(when, AsksWhen) for when in whens.values())


def test_a_patch_is_counted_over_its_wear_and_a_salt_by_its_sum() -> None:
    counted = {product.name: product.counted for product in FORMULARY.contents.products.values()}
    assert counted["24 HR selegiline 0.25 MG/HR Transdermal System"] == mg(6)
    assert counted["24 HR rivastigmine 0.192 MG/HR Transdermal System"] == mg("4.6")
    adderall = next(name for name in counted if name.startswith("amphetamine aspartate 5 MG"))
    assert counted[adderall] == mg(20)


def test_what_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        FORMULARY.medicine(MedicineId("aspirin_forte"))
    with pytest.raises(NotFound):
        FORMULARY.product(ProductId("1"))


def test_patients_are_told_about_every_class() -> None:
    for medicine in FORMULARY.contents.medicines:
        assert FORMULARY.education(medicine).how_it_works
        assert FORMULARY.effects(medicine)[0].level == "serious"
