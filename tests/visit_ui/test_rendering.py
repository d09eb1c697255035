"""Pages become text by one environment: undefined names fail, everything is escaped, a template has its page alone."""

import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import UndefinedError, meta
from jinja2.nodes import Assign, AssignBlock, Extends, FromImport, Import, Macro, Name

from visit_ui.environment import environment, render
from visit_ui.pages.shell.frame import Page
from visit_ui.samples import all_samples
from visit_ui.samples.shell.cast import prescriber
from visit_ui.samples.shell.styleguide import styleguide
from visit_ui.samples.staff.day import DAY

SAMPLES: dict[str, Page] = {**all_samples(), "styleguide": styleguide(prescriber("Styleguide"))}


VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "path", "use", "circle"}
# What a value looks like that was not put into words.
RAW = re.compile(r'="None"|="(?:True|False)"| object at 0x|datetime\.|\{\{|\}\}|\{%|<(?:function|class|bound method) ')


class _Balance(HTMLParser):
    """What is opened and not closed, or closed and not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)
        self.wrong += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing stays open."""

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag not in VOID:
            self.wrong.append(f"/{tag}")


def test_every_sample_renders() -> None:
    """With every tag closed, and every value in words."""
    found = []
    for name, sample in SAMPLES.items():
        text = render(sample)
        found += [f"{name}: {tag}" for tag in _Balance(text).wrong]
        found += [f"{name}: {raw}" for raw in RAW.findall(text)]
    assert not found, "\n".join(found)


def _sources(template: str) -> list[str]:
    """A template and those it extends."""
    env = environment()
    assert env.loader is not None
    source = env.loader.get_source(env, template)[0]
    parents = [node.template for node in env.parse(source).find_all(Extends)]
    found = [source]
    for parent in parents:
        name: Any = getattr(parent, "value", None)  # Any: a constant's value; ours are names
        found += _sources(name)
    return found


def _own_names(source: str) -> set[str]:
    """Macros that a template imports or defines, and names it sets: its blocks see them, Jinja's search does not."""
    tree = environment().parse(source)
    names = {name if isinstance(name, str) else name[1] for node in tree.find_all(FromImport) for name in node.names}
    names |= {macro.name for macro in tree.find_all(Macro)} | {node.target for node in tree.find_all(Import)}
    names |= {node.target.name for node in tree.find_all(AssignBlock) if isinstance(node.target, Name)}
    return names | {name.name for node in tree.find_all(Assign) for name in node.find_all(Name) if name.ctx == "store"}


def _page_types() -> list[type[Page]]:
    return sorted({type(page) for page in SAMPLES.values()}, key=lambda kind: kind.template)


@pytest.mark.parametrize("kind", _page_types(), ids=lambda kind: kind.template)
def test_a_template_uses_only_the_fields_of_its_page(kind: Any) -> None:  # Any: fields() wants a dataclass
    known = {field.name for field in fields(kind)}
    env = environment()
    sources = _sources(kind.template)
    own = set().union(*map(_own_names, sources))
    for source in sources:
        asked = meta.find_undeclared_variables(env.parse(source)) - own
        assert asked <= known, asked - known


def test_every_template_belongs_to_a_page_or_is_a_part_of_one() -> None:
    used = {kind.template for kind in _page_types()}
    env = environment()
    for name in env.list_templates(["html"]):
        parts = name.startswith(("components/", "base")) or name.endswith(("_macros.html", "_problem.html"))
        assert name in used or parts or f'"{name}"' in "".join(_all_sources()), f"{name} is never shown"


def _all_sources() -> list[str]:
    env = environment()
    assert env.loader is not None
    return [env.loader.get_source(env, name)[0] for name in env.list_templates(["html"])]


def test_what_people_typed_is_escaped() -> None:
    text = render(replace(DAY, visits=(replace(DAY.visits[0], patient="<script>alert(1)</script>"),)))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_an_undefined_name_fails() -> None:
    template = environment().from_string("{{ nobody_gave_this }}")
    with pytest.raises(UndefinedError):
        template.render()
