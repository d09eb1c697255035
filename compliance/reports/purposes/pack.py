"""The purposes that may be stated (`packs/purposes.toml`), each with where the law speaks of it. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from compliance.prescribing.policy_packs import DIRECTORY, MANIFEST
from compliance.shared.errors import BadPack
from compliance.shared.toml_table import Table, parsed

FILE = "purposes.toml"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose: its code in the log, its words on the page, and its source."""

    id: str
    words: str
    source: str
    url: str


def load(directory: Path = DIRECTORY) -> Mapping[str, Purpose]:
    """The purposes of the release by code, in the order of the file. Raises BadPack when it is not the manifest's."""
    content = (directory / FILE).read_bytes()
    manifest = Table(parsed((directory / MANIFEST).read_bytes()), "manifest")
    if manifest.text("purposes") != hashlib.sha256(content).hexdigest():
        raise BadPack(f"{FILE} is not the file whose digest is in the manifest")
    return read(content)


def read(content: bytes) -> Mapping[str, Purpose]:
    """Purposes from a file's bytes. Raises BadPack."""
    top = Table(parsed(content), "purposes")
    top.text("id")
    top.text("version")
    found: dict[str, Purpose] = {}
    for one in top.tables("purposes"):
        purpose = Purpose(one.text("id"), one.text("words"), one.text("source"), one.text("url"))
        one.nothing_else()
        if purpose.id in found:
            raise BadPack(f"the purpose '{purpose.id}' stands there twice")
        found[purpose.id] = purpose
    top.nothing_else()
    if not found:
        raise BadPack("there is no purpose to choose")
    return found
