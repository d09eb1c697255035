"""The files that the formulary is made of: what is read is what is hashed. Pure once read."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from emr.shared.validation import BadFile, Problem, csv_rows

T = TypeVar("T")

# The order is part of the hash. Files of the folder that are not about medicines have hashes of their own.
FILES = (
    "VERSION",
    "adjustments.csv",
    "allergens.csv",
    "classes.csv",
    "education.yaml",
    "er_injectables.csv",
    "formulary.csv",
    "indications.csv",
    "ingredients.csv",
    "interactions.csv",
    "monitoring.csv",
    "name_words.csv",
    "products.csv",
    "release_durations.csv",
    "release_words.csv",
    "side_effects.csv",
    "sources.csv",
    "washouts.csv",
)


class Sources:
    """The files of one folder, each read once, when this is made. Raises `BadFile` for one that cannot be read."""

    def __init__(self, folder: Traversable) -> None:
        self._files = {name: _bytes(folder, name) for name in FILES}

    @property
    def sha256(self) -> str:
        """The hash of all of them, hexadecimal, which an order keeps."""
        digest = hashlib.sha256()
        for name, data in self._files.items():
            digest.update(f"{name} {len(data)}\n".encode() + data)
        return digest.hexdigest()

    def text(self, name: str) -> str:
        """A file as text. `BadFile` for one that is not UTF-8, or that the hash does not cover."""
        if name not in self._files:
            what = "is not among the files that are hashed (`emr.formulary.sources.FILES`)"
            raise BadFile([Problem(name, 0, "", what)])
        try:
            return self._files[name].decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadFile([Problem(name, 0, "", f"cannot be read ({error})")]) from error

    def rows(self, name: str, kind: type[T], known: Mapping[str, Collection[Any]] | None = None) -> list[T]:
        """The rows of a CSV file, as `csv_rows` reads them."""
        return csv_rows(name, self.text(name), kind, known)


def _bytes(folder: Traversable, name: str) -> bytes:
    try:
        return folder.joinpath(name).read_bytes()
    except OSError as error:
        raise BadFile([Problem(name, 0, "", f"cannot be read ({error})")]) from error
