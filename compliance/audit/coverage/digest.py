"""The digest of a row in an entry's content. Pure; the format is `docs/log.md`."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from compliance.audit.coverage.values import CoveredRecord, Row, kind_of


def digest(salt: bytes, form: str, id: str, row: Row) -> str:
    """SHA-256(salt || canonical object of format, id and row), in hexadecimal; `salt` is that of the entry's content.

    Without the salt nobody finds out by guessing what a row held whose entry's content was erased.
    """
    return sha256(salt + f'{{"format":"{form}","id":"{id}","row":{row}}}'.encode()).hexdigest()


def claims(salt: bytes, records: Iterable[CoveredRecord]) -> dict[str, str]:
    """The member ``records`` of a content: ``<kind>/<id>`` -> ``<format> <digest>``."""
    return {one.ref.key: f"{one.ref.form} {digest(salt, one.ref.form, one.ref.id, one.row)}" for one in records}


def read_claims(member: object) -> list[tuple[str, str, str]]:
    """The format, id and digest of each. Raises ``ValueError`` when it is no such member."""
    if not isinstance(member, Mapping):
        raise ValueError("records are no object")
    found = []
    for key, claim in member.items():
        form, gap, said = claim.partition(" ") if isinstance(claim, str) else ("", "", "")
        kind, slash, id = key.partition("/")
        if not (gap and slash and said and id) or kind_of(form) != kind:
            raise ValueError("a row or its digest is not written as one")
        found.append((form, id, said))
    return found
