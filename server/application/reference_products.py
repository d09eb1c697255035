"""The release's products in the database: what an allowing decision may name, and the least it may say of them.

`titrate migrate` writes them as the tables' owner; the application's login can only read them, so that no statement of
its own can call a controlled product uncontrolled. Their digest stands in the log.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import canonical as leaf
from compliance.audit import entries as audit
from compliance.audit.entries import AuditEntry, EntryOutcome
from compliance.shared.vocabulary import SystemEvent
from compliance.substances.resolver import FEDERAL_ONLY, Substances
from emr.dosing import proposal as dose_proposal
from emr.formulary.model import Formulary
from server.platform import database
from server.platform.tables import reference_product, reference_release

ALWAYS = date(1, 1, 1)


@dataclass(frozen=True, slots=True, order=True)
class ReferenceProduct:
    """One product from a day on: `ingredients` and federal `schedule` as policy reads it, the rest as an order says."""

    product: str
    effective_from: date
    ingredients: str
    order_ingredients: str
    order_name: str
    schedule: str


def of_release(formulary: Formulary, substances: Substances, today: date) -> tuple[ReferenceProduct, ...]:
    """Every product that can be prescribed, sorted: as scheduled today, and anew from each day on which that changes.

    A product that policy does not know for sure is left out: it is never allowed.
    """
    found: dict[tuple[str, date], ReferenceProduct] = {}
    days = ((ALWAYS, today), *((day, day) for day in substances.changes_after(today)))
    for medicine in formulary.contents.medicines.values():
        parts = " + ".join(sorted(each.name for each in medicine.ingredients))
        for product in dose_proposal.product_texts(formulary, medicine.id):
            for since, on in days:
                read = substances.resolve(product, on=on, state=FEDERAL_ONLY)
                if read.schedule is not None:
                    row = ReferenceProduct(
                        product, since, " + ".join(read.ingredients), parts, medicine.plain_name, read.schedule.value
                    )
                    found[product, since] = row
    return tuple(_changes(sorted(found.values())))


def _changes(rows: list[ReferenceProduct]) -> Iterator[ReferenceProduct]:
    """Without the rows that say the same as the one before."""
    last: ReferenceProduct | None = None
    for row in rows:
        if last is None or last.product != row.product or last.schedule != row.schedule:
            yield row
        last = row


def digest(rows: tuple[ReferenceProduct, ...]) -> str:
    """SHA-256 over the rows' canonical form, in hexadecimal."""
    return leaf.digest_hex(
        [
            [
                row.product,
                row.effective_from.isoformat(),
                row.ingredients,
                row.order_ingredients,
                row.order_name,
                row.schedule,
            ]
            for row in rows
        ]
    )


async def fill(owner_url: str, formulary: Formulary, substances: Substances, now: datetime) -> None:
    """Write the release's products, as the owner, and say so in the log; nothing when they are there already.

    They are compared themselves: a release may read the same reference files otherwise than the one before.
    """
    rows = of_release(formulary, substances, now.astimezone(UTC).date())
    store = database.one_shot_engine(owner_url)
    try:
        async with store.begin() as conn:
            await database.assume_owner(conn)
            newest = await conn.scalar(select(reference_release.c.sha256).order_by(reference_release.c.id.desc()))
            if newest != digest(rows) or not await is_filled(conn, formulary, substances):
                await _log(conn, await write(conn, formulary, substances, now), now)
    finally:
        await store.dispose()


async def write(conn: AsyncConnection, formulary: Formulary, substances: Substances, now: datetime) -> str:
    """Put the release's products in the place of those that are there; gives their digest."""
    rows = of_release(formulary, substances, now.astimezone(UTC).date())
    await conn.execute(delete(reference_product))
    await conn.execute(
        insert(reference_product), [{name: getattr(row, name) for name in ReferenceProduct.__slots__} for row in rows]
    )
    sha256 = digest(rows)
    await conn.execute(
        insert(reference_release).values(
            sha256=sha256, formulary_sha256=formulary.sha256, substances_sha256=substances.sha256, filled_at=now
        )
    )
    return sha256


async def is_filled(conn: AsyncConnection, formulary: Formulary, substances: Substances) -> bool:
    """Whether the products in the database are those of this release."""
    newest = select(reference_release).order_by(reference_release.c.id.desc()).limit(1)
    row = (await conn.execute(newest)).first()
    return row is not None and (row.formulary_sha256, row.substances_sha256) == (formulary.sha256, substances.sha256)


async def require_filled(conn: AsyncConnection, formulary: Formulary, substances: Substances) -> None:
    """Raise ``DatabaseError`` when the products in the database are not this release's."""
    if not await is_filled(conn, formulary, substances):
        raise database.DatabaseError("The products in the database are not this release's: run titrate migrate.")


async def _log(conn: AsyncConnection, sha256: str, now: datetime) -> None:
    await audit.append(
        conn,
        AuditEntry(
            actor_id=None,
            actor_role="operator",
            action=SystemEvent.REFERENCE_FILL.value,
            outcome=EntryOutcome.ALLOWED,
            rule="command.migrate",
            subject_type="reference_product",
            subject_id=sha256,
            patient_id=None,
            visit_id=None,
            occurred_at=now,
            digest=sha256,
        ),
    )
