"""The digest of a row in an entry's content. Pure; the format is `docs/log.md`."""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

from compliance import leaf
from compliance.coverage.values import CoveredRecord, RecordRef, Row, kind_of

_KEY: Final = re.compile(r"[a-z][a-z_]{0,59}/[0-9a-f-]{1,36}")
_CLAIM: Final = re.compile(r"(?P<form>[a-z][a-z_.]{0,79}/[0-9]{1,4}) (?P<digest>[0-9a-f]{64})")


def digest(salt: bytes, ref: RecordRef, row: Row) -> str:
    """SHA-256(salt || canonical object of format, id and row), in hexadecimal; `salt` is that of the entry's content.

    Without the salt nobody finds out by guessing what a row held whose entry's content was erased.
    """
    return sha256(salt + leaf.canonical({"format": ref.form, "id": ref.id, "row": dict(row)})).hexdigest()


def claims(salt: bytes, records: Iterable[CoveredRecord]) -> dict[str, str]:
    """The member ``records`` of a content: ``<kind>/<id>`` -> ``<format> <digest>``."""
    return {one.ref.key: f"{one.ref.form} {digest(salt, one.ref, one.row)}" for one in records}


def read_claims(member: object) -> dict[RecordRef, str]:
    """The digests of such a member by what they are about. Raises ``ValueError`` when it is not one."""
    if not isinstance(member, Mapping):
        raise ValueError("records are no object")
    found: dict[RecordRef, str] = {}
    for key, claim in member.items():
        said = _CLAIM.fullmatch(claim) if isinstance(claim, str) else None
        if said is None or not isinstance(key, str) or not _KEY.fullmatch(key):
            raise ValueError("a record's digest is not written as one")
        kind, _, id = key.partition("/")
        if kind_of(said["form"]) != kind:
            raise ValueError("a record's format is not of its kind")
        found[RecordRef(said["form"], id)] = said["digest"]
    return found
