"""What calls itself pure is held to it: the contract's list is the list of modules that say so."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRACT = "Decisions are pure: no database, no network, no clock of their own"
# Said of what a module does with what it is given; what it imports is another matter.
BUT = {
    "compliance.audit.bundle": "a package, whose reading of files stands in a module of its own",
    "emr.safety": "a package, whose modules are listed singly",
    "compliance.substances": "a package, whose modules are listed singly",
    "signaling.room": "a package, whose modules are listed singly",
    "emr.shared.clinic_time": "a package, whose modules are listed singly",
}


def _listed() -> set[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return set(next(one for one in contracts if one["name"] == CONTRACT)["source_modules"])


def _saying_so() -> set[str]:
    """Modules whose docstring says "Pure" as a word of its own."""
    found = set()
    for package in ("server", "emr", "compliance", "signaling", "visit_ui"):
        for path in (ROOT / package).rglob("*.py"):
            if "node_modules" in path.parts:
                continue
            said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
            if re.search(r"\bPure\b", said):
                found.add(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    return found


def test_every_module_that_calls_itself_pure_is_held_to_it() -> None:
    assert _saying_so() - _listed() - set(BUT) == set()


def test_no_exception_is_left_that_nothing_needs() -> None:
    assert set(BUT) - _saying_so() == set()
