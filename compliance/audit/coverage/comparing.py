"""Comparing the record with what entries say of it: each digest with its row, and each row with the entries.

The rows of a page of entries are read by one statement for each format. What cannot be read is a finding, not raised.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.coverage import spoken_of
from compliance.audit.coverage.digest import digest, read_claims
from compliance.audit.coverage.reader import RecordReader
from compliance.audit.coverage.values import CONTENT_MEMBER, Coverage, Row, kind_of
from compliance.audit.findings import MOST_FINDINGS, FindingCode, Findings
from compliance.audit.pages import is_damage
from compliance.audit.verification.rows import Sealed

PAGE_ROWS: Final = 1_000
_MEMBER: Final = f'"{CONTENT_MEMBER}"'


class _Claim(NamedTuple):
    """What an entry says of a row, whose format is known by where this stands."""

    entry_id: int | None
    salt: bytes
    id: str
    digest: str


@dataclass(frozen=True, slots=True)
class RecordComparison:
    """Looks at each page of entries, and in the end of a whole pass at each row. Keeps nothing itself."""

    reader: RecordReader

    async def page(self, conn: AsyncConnection, rows: Sequence[Sealed], found: Findings) -> Mapping[str, int]:
        """Compare what these entries say of rows with the rows."""
        by_form: dict[str, list[_Claim]] = defaultdict(list)
        for entry in rows:
            _read_claims(entry, by_form, found)
        compared = 0
        for form, claims in by_form.items():
            if form not in self.reader.forms:
                for claim in claims:
                    _add(found, FindingCode.ROW_UNREADABLE, claim, " covers a row in a format that is not known here.")
                continue
            async with _careful(conn, kind_of(form), found):
                _compare(form, claims, await self.reader.read(conn, form, {claim.id for claim in claims}), found)
                compared += len(claims)
        return Coverage(compared=compared).counts

    async def end(self, conn: AsyncConnection, found: Findings, *, whole: bool) -> Mapping[str, int]:
        """Compare the rows with the entries: each is spoken of, or was there before; and none contradicts another.

        Only in the end of a whole pass: who goes on from an earlier one looks at new entries alone.
        """
        if not whole:
            return {}
        before = await spoken_of.beginning(conn)
        purged = await spoken_of.purged(conn)
        rows = alone = erased = 0
        for kind in self.reader.kinds:
            async with _careful(conn, kind, found):
                one = await self._rows_of(conn, kind, purged)
                _say_added(kind, one, before, found)
                rows, erased = rows + one.rows, erased + one.purged
                alone += one.alone if before is None else min(one.alone, before.rows.get(kind, 0))
        async with _careful(conn, "visit", found):
            async for _, id, sentence in self.reader.contradictions(conn):
                found.add(FindingCode.RECORD_CONTRADICTS, sentence.format(id=id))
        entries = await spoken_of.entries_before(conn, before)
        return Coverage(rows=rows, entries_before=entries, rows_before=alone, rows_purged=erased).counts

    async def _rows_of(self, conn: AsyncConnection, kind: str, purged: frozenset[str]) -> "_Rows":
        after: str | None = None
        seen = _Rows([])
        while keys := await self.reader.keys(conn, kind, after, PAGE_ROWS):
            after = keys[-1][0]
            patients = dict(keys)
            alone = await spoken_of.nowhere(conn, kind, list(patients))
            erased = sum(patients[id] in purged for id in alone)
            named = [id for id in alone if patients[id] not in purged][: MOST_FINDINGS - len(seen.named)]
            seen = _Rows(
                [*seen.named, *named],
                seen.rows + len(keys),
                seen.alone + len(alone) - erased,
                seen.purged + erased,
            )
        return seen


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a kind: `alone` counts those that no entry speaks of, `named` are the first of them."""

    named: Sequence[str]
    rows: int = 0
    alone: int = 0
    purged: int = 0


def _say_added(kind: str, seen: _Rows, before: spoken_of.Beginning | None, found: Findings) -> None:
    """Before coverage has begun nobody can say; since then, what is more than was counted was added."""
    counted = seen.alone if before is None else before.rows.get(kind, 0)
    if seen.alone <= counted:
        return
    if counted == 0:
        for id in seen.named:
            found.add(FindingCode.RECORD_ADDED, f"No entry speaks of {_words(kind)} {id}.")
        return
    found.add(
        FindingCode.RECORD_ADDED,
        f"No entry speaks of {seen.alone} rows of {_words(kind)}, and {counted} were there before entries spoke of "
        f"rows: {seen.alone - counted} were added.",
    )


def _read_claims(entry: Sealed, by_form: Mapping[str, list[_Claim]], found: Findings) -> None:
    """Put what an entry says of rows under their formats. That its content is gone or damaged the verifier says."""
    if entry.content is None or entry.salt is None or _MEMBER not in entry.content:
        return
    try:
        content = json.loads(entry.content)
        said = read_claims(content[CONTENT_MEMBER]) if CONTENT_MEMBER in content else []
    except (ValueError, RecursionError, TypeError):
        sentence = f"What entry {entry.entry_id} says of rows cannot be read."
        found.add(FindingCode.ROW_UNREADABLE, sentence, entry_id=entry.entry_id)
        return
    for form, id, digest_said in said:
        by_form[form].append(_Claim(entry.entry_id, entry.salt, id, digest_said))


def _compare(form: str, claims: Iterable[_Claim], rows: Mapping[str, Row], found: Findings) -> None:
    for claim in claims:
        row = rows.get(claim.id)
        if row is None:
            _add(found, FindingCode.RECORD_MISSING, claim, f" records a {_words(kind_of(form))} that is gone.")
        elif digest(claim.salt, form, claim.id, row) != claim.digest:
            said = f": the {_words(kind_of(form))} that it records is not the one that was written."
            _add(found, FindingCode.RECORD_ALTERED, claim, said)


def _add(found: Findings, code: FindingCode, claim: _Claim, said: str) -> None:
    found.add(code, f"Entry {claim.entry_id}{said}", entry_id=claim.entry_id)


@asynccontextmanager
async def _careful(conn: AsyncConnection, kind: str, found: Findings) -> AsyncIterator[None]:
    """What is read within and is damaged becomes a finding, once for each kind."""
    try:
        async with conn.begin_nested():
            yield
        return
    except DBAPIError as error:
        if not is_damage(error):
            raise
    except (ValueError, OverflowError):  # the driver could not turn a damaged value into Python
        pass
    sentence = f"The record's rows of {_words(kind)} cannot be read."
    if all(one.sentence != sentence for one in found.listed):
        found.add(FindingCode.TABLE_UNREADABLE, sentence)


def _words(kind: str) -> str:
    return kind.replace("_", " ")
