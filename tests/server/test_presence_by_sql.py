"""Around the code: raw SQL as the application's login, against what makes a check-in and a role mean something."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.visits.model import Modality
from tests.emr.clinic import Clinic, open_clinic

STATE = (
    "INSERT INTO check_in SELECT :id, v.id, v.patient_id, v.modality, v.prescriber_id, :site, :by, now(), now(), now()"
    " FROM visit v WHERE v.id = :visit"
)


@pytest.fixture
async def clinic(conn: AsyncConnection) -> Clinic:
    return await open_clinic(conn)


async def stated(clinic: Clinic, *, in_minutes: int = 0, by: UUID | None = None) -> Mapping[str, Any]:
    """What to write a check-in of Ada's visit in person from."""
    start = datetime.now(UTC) + timedelta(minutes=in_minutes)
    visit = await clinic.book(start=start, modality=Modality.IN_PERSON)
    return {"id": uuid4(), "visit": visit.id, "site": (await clinic.site()).id, "by": by or clinic.noa}


async def test_the_premise_a_check_in_is_written_by_hand_in_its_time(clinic: Clinic) -> None:
    await clinic.conn.execute(text(STATE), await stated(clinic, in_minutes=14))


async def test_a_check_in_is_not_stated_for_a_visit_to_come(clinic: Clinic) -> None:
    """It holds until the visit's booked end: stated for next year it would hold until then."""
    with pytest.raises(DBAPIError, match="opens 15 minutes before"):
        await clinic.conn.execute(text(STATE), await stated(clinic, in_minutes=16))


# Who holds a role


@pytest.mark.parametrize(
    "change",
    [
        "role = 'guest'",
        "granted_at = '2020-01-01'",
        "person_id = :other",
        "granted_by = :other",
        "id = gen_random_uuid()",
    ],
)
async def test_that_a_role_was_given_is_not_rewritten(clinic: Clinic, change: str) -> None:
    """Officers see each grant of the front desk: one that could be renamed afterwards would not be seen."""
    held = text(f"UPDATE role_grant SET {change} WHERE person_id = :noa")
    with pytest.raises(DBAPIError, match="may only be ended, once"):
        await clinic.conn.execute(held, {"noa": clinic.noa} | ({"other": clinic.sam} if ":other" in change else {}))


async def test_a_role_that_was_taken_is_given_anew_and_not_back(clinic: Clinic) -> None:
    ended = text("UPDATE role_grant SET revoked_at = :at WHERE person_id = :noa")
    await clinic.conn.execute(ended, {"noa": clinic.noa, "at": datetime.now(UTC)})
    with pytest.raises(DBAPIError, match="may only be ended, once"):
        await clinic.conn.execute(ended, {"noa": clinic.noa, "at": None})


# What others wrote meanwhile


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("table", ["attendance", "check_in"])
async def test_nothing_is_written_on_what_was_true_when_a_transaction_began(
    conn: AsyncConnection, table: str, level: str
) -> None:
    """By an old snapshot a check-in holds though a call was joined, and two roles given at once go together."""
    await conn.execute(text(f"SET TRANSACTION ISOLATION LEVEL {level}"))
    with pytest.raises(DBAPIError, match="read committed"):
        await conn.execute(text(f"INSERT INTO {table} DEFAULT VALUES"))


async def test_a_table_of_the_session_does_not_stand_in_for_one_of_the_schema(clinic: Clinic) -> None:
    """Even where a database lets everybody make temporary tables, which `deploy/postgres/roles.sql` takes away."""
    wanted = await stated(clinic, by=clinic.sam)
    nested = await clinic.conn.begin_nested()
    try:
        await clinic.conn.execute(text("CREATE TEMPORARY TABLE role_grant (LIKE public.role_grant)"))
        given = "INSERT INTO pg_temp.role_grant VALUES (gen_random_uuid(), :sam, 'front_desk', now())"
        await clinic.conn.execute(text(given), {"sam": clinic.sam})
    except DBAPIError:
        await nested.rollback()  # it may not even make one
    with pytest.raises(DBAPIError, match="only the front desk"):
        await clinic.conn.execute(text(STATE), wanted)


async def test_every_function_of_the_schema_looks_there_first(conn: AsyncConnection) -> None:
    asked = (
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND NOT coalesce(proconfig, '{}') @> ARRAY['search_path=pg_catalog, public, pg_temp']"
    )
    assert list((await conn.execute(text(asked))).scalars()) == []
