"""What people read says where a thing is as people say it: "under Notes", and not "it stands in the panel"."""

import ast
import re
from pathlib import Path

import pytest

from tests.visit_ui.markup import words
from visit_ui.environment import render
from visit_ui.samples import all_samples

ROOT = Path(__file__).parents[2]
THE_PROGRAMS_OWN = re.compile(
    r"\b(stands?|standing) (there|here|already|alone|together|still|in|on|at|as|above|below|beside|where)\b"
    r"|\bit stands\b|\bwhat stands\b|\b(in|on|of|to) the (panel|rail|strip|stage|drawer|fragment)\b",
    re.IGNORECASE,
)
"""Words of the program's makers for places on a page and in the record."""


def _said(source: Path) -> list[str]:
    """The sentences of a module: its texts but for the docstrings."""
    tree = ast.parse(source.read_text("utf-8"))
    silent = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    texts = (one for one in ast.walk(tree) if isinstance(one, ast.Constant) and id(one) not in silent)
    return [one.value for one in texts if isinstance(one.value, str)]


def test_no_page_says_where_something_is_in_the_words_of_its_makers() -> None:
    for name, page in all_samples().items():
        found = THE_PROGRAMS_OWN.search(words(render(page)))
        assert not found, (name, found)


@pytest.mark.parametrize("folder", ["server/routes", "emr"])
def test_no_sentence_that_is_made_of_values_does_either(folder: str) -> None:
    sentences = [one for source in sorted((ROOT / folder).rglob("*.py")) for one in _said(source)]
    assert len(sentences) > 100, "the premise"
    assert not [one for one in sentences if THE_PROGRAMS_OWN.search(one)]


def test_the_sentences_of_the_walk_are_seen() -> None:
    for said in ("The note is not signed yet: it stands in the panel.", "This is what stands already.", "On the rail"):
        assert THE_PROGRAMS_OWN.search(said)
    assert not THE_PROGRAMS_OWN.search("Finish it under Notes. Your standing order is on record.")
