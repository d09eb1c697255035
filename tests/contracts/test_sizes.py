"""A file is read in one sitting and a function on one screen; migrations alone are left as they were written."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 300, 50
BUT = ROOT / "server" / "migrations"


def _files() -> Iterator[Path]:
    for package in ("server", "emr", "compliance", "signaling", "visit_ui"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if BUT not in path.parents and "node_modules" not in path.parts:
                yield path


def _too_long(path: Path) -> Iterator[str]:
    text, name = path.read_text("utf-8"), path.relative_to(ROOT).as_posix()
    if len(text.splitlines()) > LINES_OF_A_FILE:
        yield name
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LINES_OF_A_FUNCTION:
                yield f"{name}: {node.name}"


def test_no_file_and_no_function_is_longer_than_can_be_read_at_once() -> None:
    assert {one for path in _files() for one in _too_long(path)} == set()
