"""One archived source as bytes, and the pack or reference read from it again. Pure; believes no byte that its digest
does not name.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from compliance.audit import canonical as leaf
from compliance.prescribing import policy_packs
from compliance.prescribing.policy_packs import Pack
from compliance.shared.errors import ComplianceError
from compliance.substances import resolver as substances
from compliance.substances.reference import DIRECTORY, digest_of_files
from compliance.substances.resolver import Substances

_BAD_BYTES: Final = (ValueError, TypeError, RecursionError)


class SourceKind(StrEnum):
    """What an archived source is."""

    PACK = "pack"
    REFERENCE = "reference"


class NotInArchive(ComplianceError):
    """A pack or reference that the archive does not hold, or not as its digest says: nothing can be decided by it."""

    code = "not_in_archive"


@dataclass(frozen=True, slots=True)
class ArchivedSource:
    """One source. `sha256` is the digest that decisions name; `content` is a pack's file as it is, or the reference
    files in one: canonical JSON of file name -> base64 of its bytes.
    """

    sha256: str
    kind: SourceKind
    name: str
    version: str
    content: bytes


def of_pack(content: bytes) -> ArchivedSource:
    """A pack's file as a source. Raises ``BadPack``."""
    pack = policy_packs.read(content)
    return ArchivedSource(pack.sha256, SourceKind.PACK, pack.id, pack.version, content)


def of_reference(version: str, directory: Path = DIRECTORY) -> ArchivedSource:
    """The reference files of a folder as a source; they carry no version of their own. Raises ``BadReference``."""
    files = {path.name: path.read_bytes() for path in sorted(directory.glob("*.csv"))}
    content = leaf.canonical({name: base64.b64encode(each).decode("ascii") for name, each in files.items()})
    sha256 = substances.load(files).sha256
    return ArchivedSource(sha256, SourceKind.REFERENCE, "substances", version, content)


def pack_of(source: ArchivedSource) -> Pack:
    """The pack again. Raises ``NotInArchive`` when the bytes are not those of the digest, ``BadPack`` when they are and
    this release cannot read them.
    """
    if source.kind is not SourceKind.PACK or hashlib.sha256(source.content).hexdigest() != source.sha256:
        raise NotInArchive("The archived pack is not the one that its digest names.")
    return policy_packs.read(source.content)


def substances_of(source: ArchivedSource) -> Substances:
    """The reference again. Raises ``NotInArchive`` when the files are not those of the digest, ``BadReference`` when
    they are and this release cannot read them.
    """
    files = _files(source.content) if source.kind is SourceKind.REFERENCE else {}
    digests = {name: hashlib.sha256(each).hexdigest() for name, each in files.items()}
    if digest_of_files(digests) != source.sha256:
        raise NotInArchive("The archived reference files are not those that their digest names.")
    return substances.load(files)


def _files(content: bytes) -> Mapping[str, bytes]:
    try:
        held = json.loads(content)
        return {str(name): base64.b64decode(each, validate=True) for name, each in held.items()}
    except (*_BAD_BYTES, AttributeError):
        return {}
