"""What the chart reads of other areas' tables by statements of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.chart.model import Measured
from emr.diary.tables import observation
from emr.shared.ids import PersonId
from emr.shared.together import any_named

_NEWEST = (
    select(observation)
    .ext(distinct_on(observation.c.code))
    .where(
        observation.c.patient_id == bindparam("patient_measured"),
        any_named(observation.c.code, "codes_measured"),
        observation.c.observed_at <= bindparam("measured_until"),
    )
    .order_by(observation.c.code, observation.c.observed_at.desc())
)


async def measures(
    conn: AsyncConnection, patient: PersonId, codes: Sequence[str], until: datetime
) -> Mapping[str, Measured]:
    """The newest value of each LOINC code up to a moment, by code."""
    values = {"patient_measured": patient, "codes_measured": list(codes), "measured_until": until}
    return {
        row.code: Measured(row.code, row.name, row.value, row.unit, row.observed_at)
        for row in await conn.execute(_NEWEST, values)
    }
