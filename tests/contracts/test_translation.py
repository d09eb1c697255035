"""Every text that a patient reads goes through gettext: pages in an invented language, and the file for translators."""

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
from visit_ui.environment import build, render_with
from visit_ui.pages.patient.home import Crisis
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.problem import PartPage
from visit_ui.samples import all_samples
from visit_ui.texts import Text

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
