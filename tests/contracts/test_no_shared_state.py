"""The calls keep their state in objects that are handed on: no module of `signaling` holds any that could change."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What these make cannot be changed, or is a type.
UNCHANGING = {"Medium", "NewType", "Struct", "TypeVar", "frozenset", "logging.getLogger", "re.compile", "tuple"}
READ_ONLY = ("Mapping", "Final")
"""A table that says so is held to it by mypy."""


def _values(module: ast.Module) -> Iterator[tuple[str, ast.expr, ast.expr | None]]:
    """Every name that a module gives a value when it is imported: name, value, annotation."""
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value, None
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value, annotation=annotation):
                yield name, value, annotation
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                yield from ((ast.unparse(name), value, None) for name, value in zip(names, values, strict=True))


def _may_change(value: ast.expr, annotation: ast.expr | None) -> bool:
    if annotation is not None and ast.unparse(annotation).startswith(READ_ONLY):
        return False
    if isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
        return True
    return isinstance(value, ast.Call) and ast.unparse(value.func) not in UNCHANGING


def _changing(text: str) -> list[str]:
    return [name for name, value, annotation in _values(ast.parse(text)) if _may_change(value, annotation)]


def test_no_module_of_the_calls_holds_what_may_change() -> None:
    modules = (ROOT / "signaling").rglob("*.py")
    found = {str(path.relative_to(ROOT)): names for path in modules if (names := _changing(path.read_text("utf-8")))}
    assert found == {}


def test_what_may_change_is_recognized() -> None:
    held = "a = bytearray(9)\nb: dict[str, int] = {}\nc, d = set(), 1\ne = Buffer()\nf: Mapping[str, int] = {}\ng = ()"
    assert _changing(held) == ["a", "b", "c", "e"]
