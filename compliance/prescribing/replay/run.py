"""Replaying the decisions of a database by short pages; packs and reference files come from the archive, by digest."""

from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.archive import sources, store
from compliance.audit.archive.sources import ArchivedSource, NotInArchive
from compliance.audit.pages import AnyRow, AnySelect, UnreadableRow, UnreadableTable, pages
from compliance.audit.typed_text.texts import PRODUCT, UNRECOGNIZED, TypedText, key
from compliance.prescribing.decision_row import DECISION_FORMAT, decision_of
from compliance.prescribing.policy_packs import REFUSE_EVERYTHING, Pack
from compliance.prescribing.replay.deciding import Replayed, replay
from compliance.shared.errors import BadPack, BadReference, UnusableInput
from compliance.shared.tables import audit_content, audit_text, decision
from compliance.substances.resolver import Substances

T = TypeVar("T")

PAGE_ROWS: Final = 500
_MOST_SOURCES: Final = 8
_BAD_ROW: Final = (KeyError, TypeError, ValueError, AttributeError, UnusableInput)

EARLIER_FORMAT: Final = "of an earlier format"
NO_PACK: Final = "its policy pack is not in the archive"
NO_REFERENCE: Final = "its reference files are not in the archive"
NOT_READABLE: Final = "it cannot be read"
NO_TABLE: Final = "the table cannot be read"


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision whose replay gives another answer."""

    entry_id: int
    both: Replayed


@dataclass(slots=True)
class ReplayOutcome:
    """What was counted: decisions `replayed`, those `by_reading` alone, those `differing`, and why others were not."""

    replayed: int = 0
    by_reading: int = 0
    differing: int = 0
    not_replayed: Counter[str] = field(default_factory=Counter)


class _Sources(Generic[T]):
    """Sources as they are read from the archive, the last few of them kept. None: cannot be used."""

    def __init__(self, conn: AsyncConnection, read: Callable[[ArchivedSource], T]) -> None:
        self._conn, self._read = conn, read
        self._kept: OrderedDict[str, T | None] = OrderedDict()

    async def get(self, sha256: str) -> T | None:
        if sha256 not in self._kept:
            self._kept[sha256] = await self._find(sha256)
            if len(self._kept) > _MOST_SOURCES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(sha256)
        return self._kept[sha256]

    async def _find(self, sha256: str) -> T | None:
        try:
            return self._read(await store.find(self._conn, sha256))
        except (NotInArchive, BadPack, BadReference):
            return None


async def replay_log(
    conn: AsyncConnection,
    tell: Callable[[Difference], Awaitable[None]],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> ReplayOutcome:
    """Decide every decision of the period again (`since` inclusive, `until` exclusive), in the order of their entries.

    `tell` is given each that differs. Raises ``DBAPIError`` for circumstances only.
    """
    packs, references = _Sources(conn, sources.pack_of), _Sources(conn, sources.substances_of)
    done = ReplayOutcome()
    async for row in _rows(conn, done, since, until):
        if row.format != DECISION_FORMAT:
            done.not_replayed[EARLIER_FORMAT] += 1
            continue
        refusing = row.pack_sha256 == REFUSE_EVERYTHING.sha256
        pack = REFUSE_EVERYTHING if refusing else await packs.get(row.pack_sha256)
        substances = await references.get(row.reference_sha256)
        if pack is None or substances is None:
            done.not_replayed[NO_PACK if pack is None else NO_REFERENCE] += 1
            continue
        both = _replay(row, pack, substances)
        if both is None:
            done.not_replayed[NOT_READABLE] += 1
            continue
        done.replayed += 1
        done.by_reading += both.by_reading
        if both.differs:
            done.differing += 1
            await tell(Difference(row.entry_id, both))
    return done


def _replay(row: AnyRow, pack: Pack, substances: Substances) -> Replayed | None:
    try:
        made = decision_of(dict(row._mapping))
        return replay(made, _name(row, made.ingredients), pack, substances)
    except _BAD_ROW:
        return None


def _name(row: AnyRow, ingredients: tuple[str, ...]) -> str | None:
    """The name to be read again: as typed, if that is still there and what was typed; else a product of the release.

    Substances joined, or how many, say less than what was typed: a strength, a form. Then None.
    """
    if row.typed is not None and TypedText(row.salt, row.typed).digest == row.typed_digest:
        return str(row.typed)
    canonical = row.product in {UNRECOGNIZED, " + ".join(ingredients), f"{len(ingredients)} substances"}
    return None if canonical else str(row.product)


async def _rows(
    conn: AsyncConnection, done: ReplayOutcome, since: datetime | None, until: datetime | None
) -> AsyncIterator[AnyRow]:
    statement = _select(since, until)
    async for page in pages(conn, decision.c.audit_entry_id, statement, page_rows=PAGE_ROWS):
        for one in page:
            match one:
                case UnreadableTable():
                    done.not_replayed[NO_TABLE] += 1
                case UnreadableRow():
                    done.not_replayed[NOT_READABLE] += 1
                case _:
                    yield one


def _select(since: datetime | None, until: datetime | None) -> AnySelect:
    typed = and_(audit_text.c.entry_id == decision.c.audit_entry_id, audit_text.c.name == PRODUCT)
    rows: AnySelect = select(
        decision,
        decision.c.audit_entry_id.label("entry_id"),
        audit_text.c.salt,
        audit_text.c.content.label("typed"),
        audit_content.c.content[key(PRODUCT)].astext.label("typed_digest"),
    )
    rows = rows.outerjoin(audit_text, typed).outerjoin(
        audit_content, audit_content.c.entry_id == decision.c.audit_entry_id
    )
    wanted: list[Any] = []
    if since is not None:
        wanted.append(decision.c.decided_at >= since)
    if until is not None:
        wanted.append(decision.c.decided_at < until)
    return rows.where(*wanted)
