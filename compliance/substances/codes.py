"""Codes and what they mean, from a reference file: checked row by row."""

from collections.abc import Callable
from dataclasses import dataclass

from compliance.substances.reference import Files, ReferenceRow


@dataclass(frozen=True, slots=True)
class CodeRow:
    """An RxCUI with the ingredients it stands for, or (a product) the name that says so."""

    rxcui: str
    substances: tuple[str, ...]
    product: str
    row: ReferenceRow


def codes(files: Files, keys: frozenset[str], known: Callable[[str], bool]) -> tuple[CodeRow, ...]:
    """The RxCUI codes that are known. A product's ingredients are read from its RxNorm name by the resolver."""
    found: dict[str, CodeRow] = {}
    for row in files.rows("codes.csv", ("rxcui", "ingredients", "level", "name", "source")):
        row.one_of("source", keys)
        rxcui = row.text("rxcui")
        if not rxcui.isdecimal() or rxcui in found:
            raise row.bad(f"'{rxcui}' is not a new RxCUI")
        level = row.one_of("level", frozenset({"ingredient", "product"}))
        substances = row.some("ingredients")
        if (level == "product") != bool(row.cells["name"]) or (level == "ingredient") != bool(substances):
            raise row.bad("a product needs a name, an ingredient code needs ingredients, and not both")
        for substance in substances:
            if not known(substance):
                raise row.bad(f"the ingredient '{substance}' has no row of its own")
        found[rxcui] = CodeRow(rxcui, substances, row.cells["name"], row)
    return tuple(found.values())
