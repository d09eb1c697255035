"""Colors keep the contrast that the design measured, and the style sheets use only tokens that exist."""

import re
from pathlib import Path

import pytest

import visit_ui
from visit_ui import tokens

CSS = Path(visit_ui.__file__).parent / "static" / "css"
SHEETS = sorted(CSS.glob("*.css"))
# The design's own table, so that a changed color is a decision and not a slip.
MEASURED = {
    ("ink", "surface"): 16.5,
    ("ink", "paper"): 15.1,
    ("ink-2", "surface"): 9.0,
    ("ink-3", "surface"): 6.1,
    ("ink-3", "sunken"): 5.2,
    ("line-strong", "surface"): 3.7,
    ("accent", "surface"): 7.9,
    ("accent", "dose-fill"): 5.9,
    ("accent", "accent-soft"): 6.5,
    ("stop", "stop-soft"): 7.2,
    ("warning", "warning-soft"): 7.0,
    ("information", "information-soft"): 7.3,
    ("good", "good-soft"): 6.6,
    ("side-effect", "surface"): 6.2,
    ("focus", "surface"): 6.5,
    ("stage-text", "stage"): 16.5,
    ("stage-text-2", "stage-tile"): 8.1,
    ("surface", "end-visit"): 6.0,
}


def _ratio(text: str, ground: str) -> float:
    colors = tokens.colors()
    return tokens.contrast(colors[text], colors[ground])


@pytest.mark.parametrize(("text", "ground"), tokens.TEXT_PAIRS)
def test_text_can_be_read_on_its_ground(text: str, ground: str) -> None:
    assert _ratio(text, ground) >= 4.5


@pytest.mark.parametrize(("shape", "ground"), tokens.SHAPE_PAIRS)
def test_a_control_or_focus_ring_stands_out_from_its_ground(shape: str, ground: str) -> None:
    assert _ratio(shape, ground) >= 3


@pytest.mark.parametrize(("pair", "expected"), MEASURED.items(), ids=str)
def test_the_measured_contrast_is_the_designs(pair: tuple[str, str], expected: float) -> None:
    assert _ratio(*pair) == pytest.approx(expected, abs=0.06)


def test_contrast_of_black_on_white_is_twenty_one() -> None:
    assert tokens.contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_only_tokens_that_exist_are_used(sheet: Path) -> None:
    named = set(re.findall(r"(--[a-z0-9-]+):", "".join(path.read_text() for path in SHEETS)))
    used = set(re.findall(r"var\((--[a-z0-9-]+)", sheet.read_text()))
    assert used <= named, used - named


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_what_a_sheet_loads_is_ours(sheet: Path) -> None:
    for address in re.findall(r"url\(\"?([^\")]+)", sheet.read_text()):
        assert (sheet.parent / address).resolve().is_file(), address


def test_digits_come_from_a_face_without_a_slashed_zero() -> None:
    faces = re.findall(r"@font-face \{(.*?)\}", (CSS / "tokens.css").read_text(), re.DOTALL)
    digits = [face for face in faces if "U+0030-0039" in face]
    assert len(digits) == 1
    assert "hanken" in digits[0]
    # Only faces with equal descriptors are read as one: another weight range leaves the digits to the system.
    assert len({re.search(r"font-weight: ([^;]+);", face)[1] for face in faces}) == 1  # type: ignore[index]
