"""Every text that a patient reads goes through gettext: pages in an invented language, and the file for translators."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from gettext import NullTranslations
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from emr.shared.clinic_time import locales
from visit_ui import catalog
from visit_ui.environment import build, render_with
from visit_ui.pages.patient.home import Crisis
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.problem import PartPage
from visit_ui.samples import all_samples
from visit_ui.texts import Text, _, ngettext

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = re.compile(r"[A-Za-z]{2,}")
HEARD = ("alt", "aria-label", "aria-description", "aria-roledescription", "placeholder", "title")
# What patients, guests and people who are not signed in yet read beside `patient/`.
ALSO_PATIENTS = (
    "shell/_problem.html",
    "shell/credits.html",
    "shell/crisis.html",
    "shell/error.html",
    "shell/no_access.html",
    "shell/part.html",
    "shell/sign_in.html",
    "shell/signed_out.html",
    "staff/desk/confirm.html",
    "staff/desk/done.html",
    "visit/_people.html",
    "visit/visit_guest.html",
    "visit/visit_patient.html",
)


def reads_a_patient(page: Page) -> bool:
    if isinstance(page, Crisis) and page.patient is not None:
        return False  # the same page as a clinician has it, about somebody
    if isinstance(page, PartPage) and not reads_a_patient(page.part):
        return False
    return page.template.startswith("patient/") or page.template in ALSO_PATIENTS


SAMPLES = {name: page for name, page in all_samples().items() if reads_a_patient(page)}


class Invented(NullTranslations):
    """A language whose words have no letter in common with English: "Leave" is "Ｌｅａｖｅ"."""

    KEPT = re.compile(r"(%\(\w+\)s|<[^>]*>|&\w+;)")

    def gettext(self, message: str) -> str:
        return "".join(part if self.KEPT.fullmatch(part) else _wide(part) for part in self.KEPT.split(message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def _wide(words: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if sign.isascii() and sign.isalpha() else sign for sign in words)


INVENTED = build(Invented(), "en")


class Read(HTMLParser):
    """What is seen and what is heard of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self._unread = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in ("script", "style")
        self.words += [value for name, value in attrs if name in HEARD and value]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.words.append(data)


def _english(text: str) -> set[str]:
    return {word for words in Read(text).words for word in ENGLISH.findall(words)}


def _typed(value: Any) -> Iterator[str]:  # Any: a page's fields hold values of every type
    """Every string in a page that is no marked text: names, medicines, what somebody wrote."""
    if isinstance(value, Text):
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _typed(name)
            yield from _typed(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _typed(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _typed(getattr(value, field.name))


def _of_the_calendar() -> set[str]:
    """Months, weekdays, AM and PM: CLDR translates these."""
    locale = locales.locale(locales.DEFAULT)
    names = (*locale.months["format"].values(), *locale.days["format"].values(), locale.day_periods["format"]["wide"])
    return {word for each in names for word in each.values()} | {"AM", "PM", "EST", "EDT", "CST", "CDT"}


NOT_OURS = _of_the_calendar() | {"Titrate"}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_patient_reads_nothing_that_cannot_be_translated(name: str) -> None:
    page = SAMPLES[name]
    typed = {word for words in _typed(page) for word in ENGLISH.findall(words)}
    assert _english(render_with(INVENTED, page)) - typed - NOT_OURS == set()


def test_the_file_for_translators_holds_every_marked_text(tmp_path: Path) -> None:
    again = tmp_path / "messages.pot"
    subprocess.run([ROOT / ".ci" / "messages", again], check=True)
    committed = ROOT / "visit_ui" / "locale" / "messages.pot"
    assert committed.read_text(encoding="utf-8") == again.read_text(encoding="utf-8"), "run: make messages"


# Python and scripts whose sentences patients read. A sentence begins with a capital and has a second word.
SENTENCE = re.compile(r"[A-Z][\w’']+[ ,].*[a-z]")
PYTHON = (
    "server/auth/errors.py",
    "server/auth/oidc.py",
    "server/auth/routes.py",
    "server/auth/sign_in_pages.py",
    "server/http/body_limit.py",
    "server/http/catch_all.py",
    "server/http/csrf.py",
    "server/http/errors.py",
    "server/http/idempotency/resending.py",
    "server/http/problem_pages.py",
    "server/presenters/home_words.py",
    "server/presenters/outcome_words.py",
    "server/routes/patient",
    "server/routes/shared/credits.py",
    "server/routes/shared/home.py",
    "visit_ui/pages/shell/entry.py",
)
SCRIPTS = ("call", "devices", "shell", "visit/scale_form.js", "visit/swaps.js", "visit/waiting_page.js")
STAFF_ONLY = ("day_page.js", "patient_chart_page.js")


def _files(root: Path, names: tuple[str, ...], ending: str) -> Iterator[Path]:
    for name in names:
        yield from (root / name).glob(f"*{ending}") if (root / name).is_dir() else (root / name,)


def _unmarked(tree: ast.AST) -> set[str]:
    """Sentences of a module outside its marks and its docstrings."""
    marked = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "ngettext")
    ]
    said = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    apart = {id(leaf) for node in [*marked, *said] for leaf in ast.walk(node)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in apart]
    return {node.value for node in found if isinstance(node.value, str) and SENTENCE.match(node.value)}


def test_python_that_speaks_to_patients_marks_its_sentences() -> None:
    found = {path.name: _unmarked(ast.parse(path.read_text(encoding="utf-8"))) for path in _files(ROOT, PYTHON, ".py")}
    assert {name: words for name, words in found.items() if words} == {}


def test_scripts_that_speak_to_patients_mark_their_sentences() -> None:
    string = r'"(?:[^"\\]|\\.)*"'
    for path in _files(ROOT / "visit_ui" / "static" / "js", SCRIPTS, ".js"):
        if path.name in STAFF_ONLY:
            continue
        code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.S)
        rest = re.sub(rf"\b(?:_|ngettext)\(\s*{string}(?:,\s*{string})?", "", code)
        found = [words[1:-1] for words in re.findall(rf"{string}|`[^`]*`", rest)]
        assert [words for words in found if SENTENCE.match(words)] == [], path.name


def test_a_page_in_another_language_carries_the_texts_of_its_scripts() -> None:
    carried = json.loads(json.dumps(catalog.for_scripts(Invented(), "en")))
    assert carried["You are muted."] == Invented().gettext("You are muted.")
    assert carried["%(num)s minute"] == {"one": Invented().gettext("%(num)s minute"), "other": "%(num)s ｍｉｎｕｔｅｓ"}
    assert catalog.for_scripts(NullTranslations(), "en") == {}


def test_a_marked_text_is_english_until_it_is_said_in_another_language() -> None:
    inner = ngettext("%(num)s minute", "%(num)s minutes", 2)
    text = _("%(minutes)s with %(name)s", minutes=inner, name="Ada")
    assert (text, text.said_in(NullTranslations())) == ("2 minutes with Ada", "2 minutes with Ada")
    assert text.said_in(Invented()) == "2 ｍｉｎｕｔｅｓ ｗｉｔｈ Ada"
    assert INVENTED.from_string("{{ _('Hello %(who)s', who=who) }}").render(who="<b>") == "Ｈｅｌｌｏ &lt;b&gt;"
    assert (
        INVENTED.from_string("{% trans text %}Now {{ text }}{% endtrans %}").render(text=text).startswith("Ｎｏｗ 2 ｍ")
    )
