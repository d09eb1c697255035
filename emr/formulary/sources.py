"""The files that the formulary is made of: what is read is what is hashed. Pure once read."""

from __future__ import annotations

import hashlib
from importlib.resources.abc import Traversable

from emr.shared.reference_files import BadReference

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
    """The files of one folder, each read once, when this is made. Raises `BadReference` for one that cannot be read."""

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
        """A file as text. `BadReference` for one that is not UTF-8, or that the hash does not cover."""
        if name not in self._files:
            raise BadReference(f"{name} is not among the files that are hashed (`emr.formulary.sources.FILES`)")
        try:
            return self._files[name].decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadReference(f"{name} cannot be read: {error}") from error


def _bytes(folder: Traversable, name: str) -> bytes:
    try:
        return folder.joinpath(name).read_bytes()
    except OSError as error:
        raise BadReference(f"{name} cannot be read: {error}") from error
