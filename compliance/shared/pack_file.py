"""Packs: TOML files of the release, validated by their types, and used only as the bytes that the manifest knows."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field

from compliance.shared.errors import BadPack
from emr.shared.validation import BadFile, NeededText, toml_value

DIRECTORY = Path(__file__).parents[1] / "packs"
MANIFEST = "manifest.toml"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Manifest:
    """SHA-256 of the files that are no policy, and of each policy pack by its id."""

    packs: dict[str, NeededText]
    access: str = ""
    purposes: str = ""
    worth_a_look: Annotated[str, Field(alias="worth-a-look")] = ""


def read_pack(content: bytes, kind: type[T]) -> T:
    """What a pack holds. Raises BadPack saying all that is wrong."""
    try:
        return toml_value("", content, kind)
    except BadFile as bad:
        raise BadPack("; ".join(map(str, bad.problems))) from None


def manifest_of(directory: Path) -> Manifest:
    """The manifest of a folder. Raises BadPack."""
    return read_pack((directory / MANIFEST).read_bytes(), Manifest)


def unchanged(path: Path, digest: str) -> bytes:
    """The bytes of a file. Raises BadPack when they are not those of the digest."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise BadPack(f"{path.name} is not the file whose digest is in the manifest")
    return content
