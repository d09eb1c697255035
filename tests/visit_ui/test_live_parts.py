"""Live parts of pages: whatever an announcement touches is replaced as one, and nothing older stays beside it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from visit_ui.environment import render
from visit_ui.pages.shell.frame import Page
from visit_ui.samples import all_samples
from visit_ui.samples.patient import home
from visit_ui.samples.staff import day, desk
from visit_ui.samples.visit import cast, patient
from visit_ui.samples.visit import pages as visit_pages

Attributes = dict[str, str | None]
VOID = frozenset({"input", "img", "br", "link", "meta", "hr", "path", "rect", "circle", "line", "use", "col"})


class _Live(HTMLParser):
    """Reads a page with its live parts apart. `outside`: tags and words of all others. `held`: what a live part would
    keep from an older reading, with whether a form stands in it. `topics`: what each live part listens to, by id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.held: list[list[str]] = []
        self.topics: dict[str, set[str]] = {}
        self._open: list[tuple[str, bool, bool]] = []  # tag, whether a live part begins here, whether one is held here
        self._elsewhere = {name for found in re.findall(r'hx-select-oob="([^"]+)"', text) for name in found.split(",")}
        self.feed(text)

    @property
    def _is_live(self) -> bool:
        return any(live for _, live, _ in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        topics = set(re.findall(r"titrate:([a-z-]+)", found.get("hx-trigger") or ""))
        if topics:
            self.topics[found.get("id") or found.get("data-page") or ""] = topics
        held = self._is_live and "hx-morph-skip" in found
        if held:
            self.held.append([])
        if any(held for *_, held in self._open):
            self.held[-1].append(tag)
        live = bool(topics) or f"#{found.get('id')}" in self._elsewhere
        if not (live or self._is_live):
            self.outside.append(f"<{tag} {sorted((key, _steady(key, value)) for key, value in found.items())}>")
        if tag not in VOID:
            self._open.append((tag, live, held))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._is_live:
            self.outside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._is_live:
            self.outside.append(" ".join(data.split()))


def _steady(name: str, value: str | None) -> str:
    """Keys that are new at every rendering are no difference."""
    return "" if value is not None and re.fullmatch(r"[\w-]{24}", value) else f"{name}={value}"


@pytest.mark.parametrize("name", [name for name, page in all_samples().items() if "titrate:" in render(page)])
def test_a_live_part_keeps_nothing_of_an_older_reading_but_a_form_that_is_being_filled_in(name: str) -> None:
    for kept in _Live(render(all_samples()[name])).held:
        assert "form" in kept, kept


def _otherwise(page: Any, **changed: object) -> Any:
    return replace(page, **changed)


_PAGES: dict[str, tuple[Page, Callable[[], Page]]] = {
    "the day": (day.DAY, lambda: _otherwise(day.DAY, visits=(), done=0, next_at=None, unfinished=(), said="Booked")),
    "the desk": (desk.DAY, lambda: _otherwise(desk.DAY, visits=(), said="Booked")),
    "the patient's home": (
        home.HOME,
        lambda: _otherwise(home.HOME, visit=None, todo=(), later=(), medicines=(), cancelled=("Today",)),
    ),
    "the prescriber's visit": (
        visit_pages.prescriber,
        lambda: _otherwise(
            visit_pages.prescriber,
            banner=replace(visit_pages.prescriber.banner, location="Work, Miami FL", allergies=()),
            medicine_count=9,
            may_end=False,
        ),
    ),
    "the waiting room": (
        patient.waiting,
        lambda: _otherwise(patient.waiting, place=replace(patient.place, before=3), scales=patient.no_scales),
    ),
    "the patient's end": (
        patient.ended,
        lambda: _otherwise(patient.ended, next_visit=None, starts_at=cast.NOW + timedelta(days=1)),
    ),
}


@pytest.mark.parametrize("name", _PAGES)
def test_a_page_of_now_and_one_of_before_differ_in_their_live_parts_alone(name: str) -> None:
    before, now = _PAGES[name]
    assert _Live(render(now())).outside == _Live(render(before)).outside


def test_what_shows_scores_over_doses_listens_to_both_and_an_alert_to_where_somebody_is() -> None:
    for sample in ("visit.overview", "visit.symptoms"):
        assert {"symptoms", "medications"} <= _Live(render(all_samples()[sample])).topics[sample.partition(".")[2]]
    assert _Live(render(visit_pages.prescriber)).topics["alerts"] == {"alerts", "visit"}
