"""One name, one meaning: a class or alias of a package bears a name that no other package uses for something else."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("emr", "compliance", "signaling", "visit_ui", "server")

SAME_THING = {
    "Action": "a use case of the record and the right it needs",
    "Address": "host and port",
    "Answer": "what a route answers, and in a call the SDP answer (RFC 8829): neither has a better name",
    "Addendum": "in the record and on its page",
    "AnotherVisitOpen": "in the record and on its page",
    "Attendance": "in the record and on its page",
    "BlockedPlot": "in the report and on its page",
    "CheckIn": "in the record and on its page",
    "Citation": "in the decision and on its page",
    "DayVisit": "in the record and on its page",
    "Listed": "a page of the officer's list, as a table and as CSV",
    "LogPlace": "where an entry stands in the order of the log",
    "LogState": "in the report and on its page",
    "Modality": "records and policy keep their own closed list",
    "NoteState": "in the record and on its page",
    "People": "who a page names",
    "Person": "somebody; in a call by slot and part alone",
    "Refused": "a rule said no; in a call as a message",
    "Relation": "records and policy keep their own closed list",
    "SafetyAlert": "on two pages",
    "WayForward": "in the decision and on its page",
}
"""Names that two packages share, and why that is one meaning."""


@cache
def homes() -> dict[str, list[str]]:
    """Every name of a class or type alias at the top of a module -> the modules."""
    found = defaultdict(list)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            module = path.relative_to(ROOT).as_posix()
            if module.startswith(("server/demo/", "server/migrations/")) or "node_modules" in module:
                continue
            for name in _named(ast.parse(path.read_text("utf-8"))):
                found[name].append(module)
    return found


def _named(tree: ast.Module) -> set[str]:
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    given = [node for node in tree.body if isinstance(node, ast.Assign) and "TypeVar" not in ast.unparse(node.value)]
    targets = [target for node in given for target in node.targets]
    aliases = {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in classes | aliases if re.match(r"[A-Z][a-z]", name)}


def test_no_name_means_two_things() -> None:
    doubled = {name for name, modules in homes().items() if len(modules) > 1}
    assert len(homes()) > 600, "the premise"
    assert {name: homes()[name] for name in doubled - SAME_THING.keys()} == {}
    assert SAME_THING.keys() - doubled == set(), "listed, and doubled no more"


def test_the_private_words_of_the_first_years_are_gone() -> None:
    private = {"Desk", "House", "Hole", "Sink", "Taker", "News", "Anchors", "Told", "Wish", "Newcomer", "LastResort"}
    assert private & homes().keys() == set()


def test_every_term_of_the_glossary_names_its_class() -> None:
    glossary = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("\n## Glossary\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (?!term|---)([^|]+) \| ([^|]+) \| ([^|]+) \|$", glossary, flags=re.M)
    assert len(rows) >= 40
    for term, meaning, where in rows:
        assert meaning.strip(), term
        assert re.fullmatch(r"`\w+` in `[\w/]+\.py`", where.strip()), term
