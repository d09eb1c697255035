"""From a name to a schedule: this project's own traps, and properties that no name may break."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compliance.shared.errors import UnusableInput
from compliance.shared.vocabulary import Schedule
from compliance.substances.reference import DIRECTORY
from compliance.substances.remembered import remembered, schedule_of
from compliance.substances.resolver import FEDERAL_ONLY, NameStatus, Resolution
from server.application import references

# Two cores serve many tests at once: how long one example takes says nothing here.
rule = settings(deadline=None)

TODAY = date(2026, 11, 22)
SUBSTANCES = references.load().substances


def _resolve(name: str, state: str | None = FEDERAL_ONLY, on: date = TODAY, code: str | None = None) -> Resolution:
    return SUBSTANCES.resolve(name, on=on, state=state, code=code)


def _traps() -> Iterator[tuple[str, str, str, date]]:
    """Name, expected schedule, state, day; one for each name of the file."""
    for case in tomllib.loads((Path(__file__).parent / "traps.toml").read_text("utf-8"))["case"]:
        on = date.fromisoformat(case["on"]) if "on" in case else TODAY
        for name in case["names"]:
            yield name, case["schedule"], case.get("in", FEDERAL_ONLY), on


TRAPS = tuple(_traps())


def test_there_are_enough_traps() -> None:
    assert len(TRAPS) > 200


@pytest.mark.parametrize(("name", "expected", "state", "on"), TRAPS)
def test_a_trap_is_seen(name: str, expected: str, state: str, on: date) -> None:
    found = _resolve(name, state, on)
    if expected == "not controlled":
        assert found.schedule in (None, Schedule.NONE)
    else:
        assert (found.schedule.value if found.schedule else "unknown") == expected
    assert (found.schedule is None) == (found.status is not NameStatus.KNOWN)
    assert bool(found.reasons) == (found.schedule is None)


def test_a_schedule_that_is_remembered_is_that_name_s_on_that_day() -> None:
    """Twice, as a list is read with every look."""
    for _ in range(2):
        for name, _schedule, _state, on in TRAPS:
            assert schedule_of(SUBSTANCES, name, on) is _resolve(name, None, on).schedule
    assert remembered.cache_info().hits >= len({(name, on) for name, _, _, on in TRAPS})


def test_an_unknown_name_says_which_words_nobody_knows() -> None:
    found = _resolve("sertraline 50 mg zebra stripes")
    assert found.status is NameStatus.UNKNOWN
    assert found.unread == ("zebra", "stripes")
    assert found.ingredients == ("sertraline",)
    assert [reason.code for reason in found.reasons] == ["unknown_word"]


def test_a_misspelling_is_unknown_and_is_told_what_it_resembles() -> None:
    codes = [reason.code for reason in _resolve("lorazapam 1 mg").reasons]
    assert codes == ["unknown_word", "resembles_controlled"]


def test_a_reason_never_repeats_the_text() -> None:
    found = _resolve("sertraline for Zebulon Quagmire")
    assert all("zebulon" not in reason.sentence.lower() for reason in found.reasons)


@pytest.mark.parametrize("name", ["sertraline 50 mg", "Zoloft", "sertraline hydrochloride 50 MG Oral Tablet"])
def test_a_code_that_agrees_is_accepted(name: str) -> None:
    assert _resolve(name, code="36437").schedule is Schedule.NONE


@pytest.mark.parametrize("code", ["596", "2598", "310384"])
def test_a_code_of_another_medicine_conflicts(code: str) -> None:
    assert _resolve("sertraline 50 mg", code="36437").status is NameStatus.KNOWN
    assert _resolve("sertraline 50 mg", code=code).status is NameStatus.CONFLICTING


def test_a_code_of_a_combination_conflicts_with_one_of_its_ingredients() -> None:
    assert _resolve("Symbyax 6-25 mg", code="611247").status is NameStatus.KNOWN
    assert _resolve("Symbyax 6-25 mg", code="4493").ingredients == ("fluoxetine", "olanzapine")
    assert _resolve("fluoxetine 20 mg", code="611247").status is NameStatus.CONFLICTING


def test_a_code_does_not_stand_in_for_an_empty_name() -> None:
    assert _resolve("", code="36437").schedule is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("esomeprazole magnesium 20 mg", ("esomeprazole",)),
        ("lithium carbonate 300 mg", ("lithium",)),
        ("magnesium oxide 400 mg", ("magnesium",)),
        ("olmesartan medoxomil / hydrochlorothiazide", ("hydrochlorothiazide", "olmesartan")),
        ("calcium carbonate, magnesium hydroxide", ("calcium carbonate", "magnesium hydroxide")),
        ("sertraline hydrochloride 50 MG Oral Tablet [Zoloft]", ("sertraline",)),
        ("Percocet 5/325", ("acetaminophen", "oxycodone")),
    ],
)
def test_a_salt_is_no_ingredient_and_an_ingredient_no_salt(name: str, expected: tuple[str, ...]) -> None:
    assert _resolve(name).ingredients == expected


@pytest.mark.parametrize("code", ["", "abc", "0", "99999999"])
def test_an_unknown_code_makes_a_known_name_unknown(code: str) -> None:
    found = _resolve("sertraline 50 mg", code=code)
    assert found.status is NameStatus.UNKNOWN
    assert found.reasons[0].code == "code_unknown"


def test_a_product_code_stands_for_its_ingredients() -> None:
    assert _resolve("RxCUI 197527").ingredients == ("clonazepam",)


def test_an_unknown_state_is_told_from_federal_law_alone_by_the_caller() -> None:
    for state in (None, FEDERAL_ONLY):
        found = _resolve("gabapentin", state)
        assert found.schedule is Schedule.NONE
        assert "KY" in found.stricter_states
    assert _resolve("gabapentin", "FL").stricter_states == ()
    assert _resolve("sertraline", None).stricter_states == ()


def test_a_state_that_does_not_exist_is_unusable() -> None:
    with pytest.raises(UnusableInput, match="'ZZ'"):
        _resolve("sertraline", "ZZ")


def test_an_exemption_is_shown_and_not_applied() -> None:
    found = _resolve("butalbital/acetaminophen/caffeine")
    assert found.exempted
    assert found.schedule is Schedule.III
    assert not _resolve("butalbital/aspirin/caffeine").exempted


def test_medical_marijuana_changed_its_schedule_and_is_still_not_prescribable() -> None:
    before, after = date(2026, 4, 27), date(2026, 4, 28)
    assert _resolve("medical marijuana", on=before).schedule is Schedule.I
    assert _resolve("medical marijuana", on=after).schedule is Schedule.III
    assert not _resolve("medical marijuana", on=after).prescribable
    assert _resolve("lorazepam").prescribable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("take with lorazepam at night", ("lorazepam",)),
        ("OK to give Xanax or Ativan as well", ("alprazolam", "lorazepam")),
        ("also fill lоrazepam", ("lorazepam",)),
        ("also fill lora\u200bzepam", ("lorazepam",)),
        ("dispense al-prazolam", ("alprazolam",)),
        ("please add clonazapam 0.5", ("clonazepam",)),
        ("Adderall 20", ("amphetamine", "dextroamphetamine")),
        ("x a n a x", ("alprazolam",)),
        ("a.l.p.r.a.z.o.l.a.m", ("alprazolam",)),
        ("takealprazolam1mg", ("alprazolam",)),
        ("alpraz0lam 1mg", ("alprazolam",)),
        ("live attenuated vaccine; the meridian herein; fasting, in equilibrium", ()),
        ("Take a B complex vitamin. Apomorphine and methylene blue are stopped.", ()),
        ("Take one tablet each morning with food.", ()),
        ("Call your PCP if you feel worse. Do not use the Android app to refill.", ()),
        ("Tome una tableta por la mañana; es más fácil con comida.", ()),
        ("Take while fasting; central line care as before. Reduce salt, avoid alcohol.", ()),
        ("hold metoprolol, continue clonidine and bupropion", ()),
        ("", ()),
    ],
)
def test_controlled_names_are_seen_in_free_text(text: str, expected: tuple[str, ...]) -> None:
    found = {one for named in SUBSTANCES.controlled_names_in(text) for one in named.substances}
    assert tuple(sorted(found)) == expected


CONTROLLED = sorted(
    name
    for name, schedule, state, on in TRAPS
    if schedule in {"I", "II", "III", "IV", "V"} and (state, on) == (FEDERAL_ONLY, TODAY)
)
PLAIN_CONTROLLED = st.sampled_from(
    ["alprazolam", "Xanax", "oxycodone", "Adderall", "pregabalin", "ketamine", "lorazepam"]
)
HARMLESS = st.sampled_from(
    [
        "hydrochloride",
        "sulfate",
        "50 mg",
        "0.5 mg",
        "tablet",
        "capsule",
        "ER",
        "XR",
        "oral",
        "daily",
        "BID",
        "prn",
        "2 mg/mL",
    ]
)
ANYTHING = st.text(max_size=40)


@rule
@given(name=st.sampled_from(CONTROLLED), words=st.lists(HARMLESS, max_size=4), before=st.booleans())
def test_a_salt_strength_or_form_never_makes_a_controlled_name_uncontrolled(
    name: str, words: list[str], before: bool
) -> None:
    text = " ".join([*words, name] if before else [name, *words])
    assert _resolve(text).schedule is not Schedule.NONE


@rule
@given(name=PLAIN_CONTROLLED, words=st.lists(HARMLESS, max_size=5))
def test_a_salt_strength_or_form_never_lowers_the_schedule(name: str, words: list[str]) -> None:
    plain, more = _resolve(name).schedule, _resolve(" ".join([name, *words])).schedule
    assert plain is not None
    assert more is None or more.strictness >= plain.strictness


@rule
@given(before=ANYTHING, name=PLAIN_CONTROLLED, after=ANYTHING)
def test_a_controlled_name_in_any_text_is_never_uncontrolled(before: str, name: str, after: str) -> None:
    assert _resolve(f"{before} {name} {after}").schedule is not Schedule.NONE


@rule
@given(one=st.sampled_from(CONTROLLED), other=st.sampled_from(["sertraline 50 mg", "aspirin", "naloxone", "caffeine"]))
def test_a_second_ingredient_never_hides_a_controlled_one(one: str, other: str) -> None:
    for joint in (" / ", " and ", "; ", " with ", "\n", " "):
        assert _resolve(f"{one}{joint}{other}").schedule is not Schedule.NONE
        assert _resolve(f"{other}{joint}{one}").schedule is not Schedule.NONE


@rule
@given(ANYTHING)
def test_any_text_gets_an_answer(text: str) -> None:
    found = _resolve(text)
    assert (found.schedule is None) == (found.status is not NameStatus.KNOWN)
    SUBSTANCES.controlled_names_in(text)


REFERENCE_WORDS = frozenset(
    token
    for file in DIRECTORY.glob("*.csv")
    for token in re.findall("[a-z]+[a-z0-9]*", file.read_text("utf-8").lower().replace("'", ""))
)


@rule
@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12))
def test_a_word_that_is_in_no_file_makes_the_whole_name_unknown(word: str) -> None:
    assume(word not in REFERENCE_WORDS)
    for text in (f"sertraline {word}", f"{word} sertraline 50 mg", f"sertraline ({word})", f"Xanax/{word}"):
        assert _resolve(text).status is NameStatus.UNKNOWN


@rule
@given(
    name=PLAIN_CONTROLLED,
    place=st.integers(0, 20),
    mark=st.sampled_from(["\u200b", "\u00ad", "\u2060", "\u202e", "\u0301"]),
)
def test_an_invisible_character_never_lets_a_name_through(name: str, place: int, mark: str) -> None:
    assert _resolve(name[:place] + mark + name[place:]).schedule is None


@rule
@given(st.sampled_from(["KY", "AL", "FL", "NM", "MI"]), st.sampled_from([*CONTROLLED, "gabapentin", "sertraline"]))
def test_a_state_never_lowers_a_schedule(state: str, name: str) -> None:
    federal, local = _resolve(name).schedule, _resolve(name, state).schedule
    assert federal is not None
    assert local is not None
    assert local.strictness >= federal.strictness
