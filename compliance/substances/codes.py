"""Codes and what they mean, from a reference file: checked row by row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from compliance.shared.errors import BadReference
from compliance.substances.reference import Files, Several, Source, once
from emr.shared.validation import Problems, exactly, one_of

FILE = "codes.csv"


@exactly
@dataclass(frozen=True, slots=True)
class CodeRow:
    """An RxCUI with the ingredients it stands for, or (a product) the name that says so."""

    line: int
    rxcui: Annotated[str, Field(pattern="^[0-9]+$")]
    substances: Annotated[Several, Field(alias="ingredients")]
    level: Annotated[str, one_of("ingredient", "product")]
    product: Annotated[str, Field(alias="name")]
    source: Source

    def __post_init__(self) -> None:
        if (self.level == "product") != bool(self.product) or (self.level == "ingredient") != bool(self.substances):
            raise ValueError("a product needs a name, an ingredient code needs ingredients, and not both")


def codes(files: Files, keys: frozenset[str], known: Callable[[str], bool]) -> tuple[CodeRow, ...]:
    """The RxCUI codes that are known. A product's ingredients are read from its RxNorm name by the resolver."""
    found = files.rows(FILE, CodeRow, keys)
    once(FILE, ((row, row.rxcui) for row in found), "rxcui")
    problems = Problems(FILE, refusal=BadReference)
    for row in found:
        for one in row.substances:
            problems.need(known(one), f"{one!r} has no row of its own", row.line, "ingredients")
    problems.check()
    return tuple(found)
