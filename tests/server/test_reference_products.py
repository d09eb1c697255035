"""The release's products in the database: what is in the table, who writes it, and what the log says of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Schedule
from compliance.substances.resolver import FEDERAL_ONLY
from emr.dosing import proposal as dose_proposal
from emr.formulary.model import Formulary
from server.application import reference_products, references
from server.platform import database as databases
from tests.conftest import Database, Engines
from tests.server.prescription_rows import complaint
from tests.server.program import a_database, as_owner

KNOWN = references.load()
ANOTHER = replace(KNOWN.substances, sha256="0" * 64)
"""Other reference data that reads every name as before."""
NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
PRODUCTS = frozenset(
    product
    for medicine in KNOWN.formulary.contents.medicines.values()
    for product in dose_proposal.product_texts(KNOWN.formulary, medicine.id)
)


async def test_every_product_that_policy_knows_is_there_with_the_schedule_that_policy_says(
    conn: AsyncConnection,
) -> None:
    """Names without a strength too; asked today, and about each day on which a schedule changes."""
    rows: dict[str, dict[date, Row[*tuple[Any, ...]]]] = defaultdict(dict)
    for row in await conn.execute(text("SELECT * FROM reference_product")):
        rows[row.product][row.effective_from] = row
    today = datetime.now(UTC).date()
    days = {today, *(day + timedelta(days=by) for day in KNOWN.substances.changes_after(today) for by in (-1, 0, 1))}
    assert len(PRODUCTS) > 1000
    left_out = set()
    for product in PRODUCTS:
        for on in days:
            read = KNOWN.substances.resolve(product, on=on, state=FEDERAL_ONLY)
            if read.schedule is None:
                left_out.add(product)
                continue
            row = rows[product][max(since for since in rows[product] if since <= on)]
            assert (row.schedule, row.ingredients) == (read.schedule.value, " + ".join(read.ingredients)), product
    assert rows.keys() == PRODUCTS - left_out
    assert len(left_out) < len(PRODUCTS) / 20


async def test_a_controlled_product_is_under_each_name_that_the_form_writes(conn: AsyncConnection) -> None:
    asked = text("SELECT product, schedule FROM reference_product WHERE order_name = 'alprazolam'")
    found = {row.product: row.schedule for row in await conn.execute(asked)}
    assert {"alprazolam 0.5 MG Oral Tablet", "alprazolam Oral Tablet"} <= found.keys()
    assert set(found.values()) == {Schedule.IV.value}


def test_a_product_begins_anew_only_on_a_day_that_changes_its_schedule() -> None:
    """Daridorexant was put in schedule IV on 7 April 2022."""
    rows = reference_products.of_release(KNOWN.formulary, KNOWN.substances, date(2022, 1, 1))
    found = [(row.effective_from, row.schedule) for row in rows if row.product == "daridorexant 25 MG Oral Tablet"]
    assert found == [(reference_products.ALWAYS, "none"), (date(2022, 4, 7), "IV")]
    for before, after in pairwise(rows):
        if before.product == after.product:
            assert before.effective_from < after.effective_from
            assert before.schedule != after.schedule


@pytest.mark.parametrize("table", ["reference_product", "reference_release"])
async def test_the_application_reads_the_products_and_never_writes_them(conn: AsyncConnection, table: str) -> None:
    assert (await conn.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() > 0
    column = {"reference_product": "schedule", "reference_release": "sha256"}[table]
    for statement in (
        f"UPDATE {table} SET {column} = 'none'",
        f"DELETE FROM {table}",
        f"INSERT INTO {table} ({column}) VALUES ('none')",
        f"TRUNCATE {table}",
    ):
        assert "permission denied" in await complaint(conn, statement)


def _another(field: str) -> Any:
    return {field: "another"}


def test_the_digest_covers_every_value_of_every_row() -> None:
    rows = reference_products.of_release(KNOWN.formulary, KNOWN.substances, NOW.date())[:3]
    digests = {reference_products.digest(rows), reference_products.digest(rows[:2])}
    for change in ("product", "ingredients", "order_ingredients", "order_name", "schedule"):
        digests.add(reference_products.digest((replace(rows[0], **_another(change)), *rows[1:])))
    digests.add(reference_products.digest((replace(rows[0], effective_from=date(2027, 1, 1)), *rows[1:])))
    assert len(digests) == 8


async def entries(there: Database) -> list[tuple[str, str]]:
    """What the log says of fillings: subject and digest of each."""
    engine = databases.one_shot_engine(there.app_url)
    async with engine.connect() as conn:
        asked = "SELECT subject_id, digest FROM audit_entry WHERE action = 'reference.fill' ORDER BY id"
        found = [(row.subject_id, row.digest) for row in await conn.execute(text(asked))]
    await engine.dispose()
    return found


async def test_filling_is_said_in_the_log_once_for_a_release(engines: Engines) -> None:
    rows = reference_products.of_release(KNOWN.formulary, KNOWN.substances, NOW.date())
    sha256 = reference_products.digest(rows)
    async with a_database(engines) as there:
        await databases.migrate(there.owner_url)
        for _ in range(2):
            await reference_products.fill(there.owner_url, KNOWN.formulary, KNOWN.substances, NOW)
        assert await entries(there) == [(sha256, sha256)]
        await reference_products.fill(there.owner_url, KNOWN.formulary, ANOTHER, NOW)
        assert len(await entries(there)) == 2


async def test_a_release_that_reads_the_same_files_otherwise_fills_anew(engines: Engines) -> None:
    """As if the release before had read one name less strictly; the files are the same."""
    async with a_database(engines) as there:
        await databases.migrate(there.owner_url)
        await reference_products.fill(there.owner_url, KNOWN.formulary, KNOWN.substances, NOW)
        async with as_owner(there) as owner:
            await owner.execute(text("UPDATE reference_product SET schedule = 'none' WHERE schedule = 'IV'"))
            await owner.execute(text("UPDATE reference_release SET sha256 = repeat('0', 64)"))
        await reference_products.fill(there.owner_url, KNOWN.formulary, KNOWN.substances, NOW)
        assert len(await entries(there)) == 2
        async with as_owner(there) as owner:
            asked = "SELECT count(*) FROM reference_product WHERE schedule = 'IV'"
            assert (await owner.execute(text(asked))).scalar_one() > 0


async def test_a_house_does_not_open_over_another_releases_products(conn: AsyncConnection) -> None:
    await reference_products.require_filled(conn, KNOWN.formulary, KNOWN.substances)
    formulary = Formulary(KNOWN.formulary.contents, KNOWN.formulary.version, "0" * 64)
    for other in ((formulary, KNOWN.substances), (KNOWN.formulary, ANOTHER)):
        with pytest.raises(databases.DatabaseError, match="run titrate migrate"):
            await reference_products.require_filled(conn, *other)
