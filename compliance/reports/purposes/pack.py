"""The purposes that may be stated (`packs/purposes.toml`), each with where the law speaks of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from compliance.shared.errors import BadPack
from compliance.shared.pack_file import DIRECTORY, manifest_of, read_pack, unchanged
from emr.shared.validation import NeededText, exactly

FILE = "purposes.toml"


@exactly
@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose: its code in the log, its words on the page, and its source."""

    id: NeededText
    words: NeededText
    source: NeededText
    url: NeededText


@exactly
@dataclass(frozen=True, slots=True)
class _PurposesFile:
    """The file."""

    id: NeededText
    version: NeededText
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]


def load(directory: Path = DIRECTORY) -> Mapping[str, Purpose]:
    """The purposes of the release by code, in the order of the file. Raises BadPack when it is not the manifest's."""
    return read(unchanged(directory / FILE, manifest_of(directory).purposes))


def read(content: bytes) -> Mapping[str, Purpose]:
    """Purposes from a file's bytes. Raises BadPack."""
    purposes = read_pack(content, _PurposesFile).purposes
    found = {one.id: one for one in purposes}
    if len(found) != len(purposes):
        raise BadPack("a purpose stands there twice")
    return found
