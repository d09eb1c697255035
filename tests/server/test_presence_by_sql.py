"""Around the code: raw SQL as the application's login, against what makes a check-in and a role mean something."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.visit import Modality
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
