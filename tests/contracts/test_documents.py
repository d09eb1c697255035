"""The documents say what is there: links lead somewhere; modules, functions, commands, targets and tests exist."""

import ast
import os
import re
import tomllib
from functools import cache
from pathlib import Path

import click
import pytest

from server.cli import titrate

ROOT = Path(__file__).parents[2]
# What the tree itself does not hold: environments, caches, the packages of the type checker.
ELSEWHERE = {".venv", ".titrate", ".git", "node_modules", "build"}


@cache
def documents() -> list[Path]:
    found = []
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in ELSEWHERE]
        found += [Path(folder, name).relative_to(ROOT) for name in names if name.endswith(".md")]
    return sorted(found)


def text_of(name: str | Path) -> str:
    return (ROOT / name).read_text("utf-8")


def prose(name: str | Path) -> str:
    """The document without its blocks of code."""
    return re.sub(r"^```.*?^```", "", text_of(name), flags=re.M | re.S)


def test_there_are_the_documents_a_newcomer_looks_for() -> None:
    wanted = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"]
    wanted += ["deploy/README.md", "docs/adr/0001-house.md"]
    wanted += [f"docs/{name}.md" for name in ("compliance", "records", "operations", "performance", "dependencies")]
    assert [name for name in wanted if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("name", documents(), ids=str)
def test_every_relative_link_leads_to_a_file(name: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", prose(name))
    broken = []
    for link in links:
        target = link.split("#")[0]
        if not target or re.match(r"[a-z]+:", target):
            continue
        path = (ROOT / name).parent / target
        if not path.exists():
            broken.append(link)
    assert broken == []


PATH = re.compile(r"`((?:server|emr|compliance|signaling|visit_ui|tests|deploy|docs)/[\w./*-]*)`")


@pytest.mark.parametrize("name", documents(), ids=str)
def test_every_path_named_exists(name: Path) -> None:
    named = PATH.findall(prose(name))
    assert [path for path in named if not any(ROOT.glob(path.rstrip("/")))] == []


@cache
def defined_in(module: str) -> frozenset[str]:
    """Functions, methods and classes of a module."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(node.name for node in ast.walk(ast.parse(text_of(module))) if isinstance(node, kinds))


def test_every_function_the_architecture_traces_is_in_the_module_it_names() -> None:
    told = " ".join(prose("ARCHITECTURE.md").split())
    traced = re.findall(r"`(?:[A-Z]\w+\.)?(\w+)` in `([\w/]+\.py)`", told)
    assert len(traced) >= 15
    assert [(name, module) for name, module in traced if name not in defined_in(module)] == []


def commands(group: click.Group, before: str = "") -> set[str]:
    """Every command of the program as it is typed: {"demo", "person add", ...}."""
    found: set[str] = set()
    for name, command in group.commands.items():
        found.add(f"{before}{name}")
        if isinstance(command, click.Group):
            found |= commands(command, f"{before}{name} ")
    return found


@pytest.mark.parametrize("name", documents(), ids=str)
def test_every_command_named_exists(name: Path) -> None:
    known = commands(titrate)
    typed = re.findall(r"(?:^|`)titrate ([a-z]+)(?: ([a-z]+))?", text_of(name), flags=re.M)
    for first, second in typed:
        assert first in known, f"titrate {first}"
        if any(each.startswith(f"{first} ") for each in known):
            assert f"{first} {second}" in known, f"titrate {first} {second}"


def test_every_command_is_told_to_operators() -> None:
    told = text_of("CHANGELOG.md")
    groups = {each.split()[0] for each in commands(titrate) if " " in each}
    for command in commands(titrate) - groups:
        assert re.search(rf"`(titrate )?{command}`", told), command


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/performance.md", "docs/dependencies.md"])
def test_every_make_target_named_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), flags=re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", text_of(name), flags=re.M))
    assert named
    assert named <= targets


def test_the_readme_gives_exactly_the_two_commands() -> None:
    blocks = re.findall(r"^```\n(.*?)^```", text_of("README.md"), flags=re.M | re.S)
    assert blocks == ["make demo\n", "make test\n"]


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", text_of("CHANGELOG.md"), flags=re.M)
    assert versions[0] == tomllib.loads(text_of("pyproject.toml"))["project"]["version"]


def test_every_proof_that_compliance_names_is_a_test() -> None:
    named = set(re.findall(r"`(test_\w+)`", text_of("docs/compliance.md")))
    written = {found for path in (ROOT / "tests").rglob("*.py") for found in defined_tests(path)}
    assert len(named) > 40
    assert named - written == set()


def defined_tests(path: Path) -> list[str]:
    return re.findall(r"^\s*(?:async )?def (test_\w+)", path.read_text("utf-8"), flags=re.M)


def test_decisions_on_record_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", [path for path in documents() if path.parts[:2] == ("docs", "adr")], ids=str)
def test_a_decision_on_record_tells_context_options_decision_and_consequences(name: Path) -> None:
    headings = re.findall(r"^## (\w+)", text_of(name), flags=re.M)
    assert headings == ["Context", "Options", "Decision", "Consequences"]
