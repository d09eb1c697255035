"""An area of the record reads another's data through its use cases, its queries, or a read model that spans areas."""

import ast
from collections.abc import Iterator
from pathlib import Path

EMR = Path(__file__).parents[2] / "emr"
# They read across areas and write nothing; `coverage` reads rows for the log.
READ_MODELS = frozenset({"chart", "coverage", "relations", "worklist"})
KEPT = ("repository", "tables")
# What stays, by module, and why.
ALLOWED = {
    "emr.danger.repository": {
        "emr.questionnaires.tables": "which alerts were left open is one question over both",
    },
    "emr.outcome.repository": {
        "emr.presence.tables": "whether somebody attended the visit decides who may correct it, in one statement",
    },
    "emr.presence.call_repository": {
        "emr.visits.tables": "a joining and a leaving are events of the visit",
    },
    "emr.presence.joining": {
        "emr.visits.course_repository": "a joining and a leaving are written as events of the visit",
    },
    "emr.presence.repository": {
        "emr.visits.tables": "in which visits people are is one question over both",
    },
    "emr.questionnaires.repository": {
        "emr.visits.tables": "a prescriber's open alerts are those of their visits",
    },
    "emr.prescribing.ground": dict.fromkeys(
        (
            "emr.medications.repository",
            "emr.people.repository",
            "emr.presence.repository",
            "emr.visits.course_repository",
            "emr.visits.repository",
        ),
        "what is signed rests on is read at once, under the lock of the list",
    ),
    "emr.prescribing.list_use_cases": {"emr.medications.repository": "prescribing writes the orders"},
    "emr.prescribing.use_cases": {"emr.medications.repository": "prescribing writes the orders"},
}


def imported(path: Path) -> Iterator[str]:
    """The modules of the record that a file imports, whichever way it writes it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


def others_kept(path: Path) -> set[str]:
    """The repositories and tables of other areas that a file imports."""
    area = path.relative_to(EMR).parts[0]
    return {
        name
        for name in imported(path)
        for parts in (name.split("."),)
        if parts[0] == "emr" and len(parts) == 3 and parts[1] != area and parts[2].endswith(KEPT)
    }


FILES = sorted(path for path in EMR.rglob("*.py") if path.relative_to(EMR).parts[0] not in READ_MODELS)


def test_an_area_reads_anothers_data_by_its_use_cases_and_queries() -> None:
    found = {".".join(("emr", *path.relative_to(EMR).with_suffix("").parts)): others_kept(path) for path in FILES}
    assert {module: kept for module, kept in found.items() if kept} == {one: set(each) for one, each in ALLOWED.items()}


def test_each_exception_says_why() -> None:
    assert all(why for each in ALLOWED.values() for why in each.values())
    assert others_kept(EMR / "worklist" / "reading.py"), "read models are seen to read what others may not"
