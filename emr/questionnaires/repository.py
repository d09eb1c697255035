"""Requests, answers, responses and safety alerts as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from emr.questionnaires import tables as t
from emr.questionnaires.alert import Acknowledgment, Alert
from emr.questionnaires.model import load
from emr.questionnaires.response import Response, ScaleRequest
from emr.questionnaires.scales_file import Urgency
from emr.shared.ids import AlertId, PersonId, ResponseId, VisitId
from emr.shared.together import any_of, together
from emr.visits import tables as v


async def add_request(
    conn: AsyncConnection, visit: VisitId, patient: PersonId, scale: str, by: PersonId, now: datetime
) -> ScaleRequest:
    asked = ScaleRequest(uuid4(), patient, visit, scale, now, by, {}, None)
    await conn.execute(
        insert(t.scale_request).values(
            id=asked.request,
            patient_id=patient,
            visit_id=visit,
            scale=scale,
            requested_at=now,
            requested_by=by,
        )
    )
    return asked


async def asked(conn: AsyncConnection, visit_ids: Collection[UUID]) -> Mapping[VisitId, tuple[ScaleRequest, ...]]:
    """What was asked in each visit, in the order asked, with the answers so far."""
    unordered = (await conn.execute(select(t.scale_request).where(any_of(t.scale_request.c.visit_id, visit_ids)))).all()
    # What was asked at one stroke comes in the order of the reference file.
    order = list(load().askable)
    rows = sorted(unordered, key=lambda row: (row.requested_at, order.index(row.scale) if row.scale in order else -1))
    requests = [row.id for row in rows]
    given, responses = await together(
        conn, _answers(conn, requests), _responses(conn, any_of(t.scale_response.c.request_id, requests))
    )
    finished = {one.request: one for one in responses}
    found: dict[VisitId, tuple[ScaleRequest, ...]] = {}
    for row in rows:
        visit = VisitId(row.visit_id)
        one = ScaleRequest(
            request=row.id,
            patient=PersonId(row.patient_id),
            visit=visit,
            scale=row.scale,
            at=row.requested_at,
            by=PersonId(row.requested_by),
            answers=given.get(row.id, {}),
            response=finished.get(row.id),
        )
        found[visit] = (*found.get(visit, ()), one)
    return found


async def _answers(conn: AsyncConnection, requests: Collection[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    rows = await conn.execute(
        select(t.scale_answer).where(t.scale_answer.c.request_id.in_(requests)).order_by(t.scale_answer.c.id)
    )
    latest: dict[UUID, dict[str, int]] = {}
    for row in rows:
        latest.setdefault(row.request_id, {})[row.item] = row.value
    return latest


async def add_answers(
    conn: AsyncConnection, request: UUID, answers: Mapping[str, int], by: PersonId, now: datetime
) -> Mapping[str, int]:
    """The number of each answer, by its item."""
    rows = [
        {"request_id": request, "item": item, "value": value, "answered_at": now, "answered_by": by}
        for item, value in answers.items()
    ]
    if not rows:
        return {}
    added = insert(t.scale_answer).returning(t.scale_answer.c.id, sort_by_parameter_order=True)
    return dict(zip(answers, (await conn.execute(added, rows)).scalars(), strict=True))


async def add_response(conn: AsyncConnection, response: Response) -> bool:
    """False when the request is answered already; nothing is written then."""
    added = await conn.execute(
        pg_insert(t.scale_response)
        .values(
            id=response.id,
            request_id=response.request,
            patient_id=response.patient,
            visit_id=response.visit,
            scale=response.scale,
            reference_version=response.reference_version,
            answers=dict(response.answers),
            total=response.total,
            severity=response.severity,
            prorated=response.prorated,
            answered_at=response.answered_at,
            answered_by=response.answered_by,
        )
        .on_conflict_do_nothing()
        .returning(t.scale_response.c.id)
    )
    return added.first() is not None


async def _responses(conn: AsyncConnection, where: ColumnElement[bool]) -> tuple[Response, ...]:
    rows = await conn.execute(
        select(t.scale_response).where(where).order_by(t.scale_response.c.answered_at, t.scale_response.c.id)
    )
    return tuple(
        Response(
            id=ResponseId(row.id),
            request=row.request_id,
            patient=PersonId(row.patient_id),
            visit=VisitId(row.visit_id),
            scale=row.scale,
            reference_version=row.reference_version,
            answers=row.answers,
            total=row.total,
            severity=row.severity,
            prorated=row.prorated,
            answered_at=row.answered_at,
            answered_by=PersonId(row.answered_by),
        )
        for row in rows
    )


async def history(conn: AsyncConnection, patient: PersonId, scale: str | None) -> tuple[Response, ...]:
    """Oldest first; `scale` None: of every scale."""
    where = t.scale_response.c.patient_id == patient
    return await _responses(conn, where if scale is None else where & (t.scale_response.c.scale == scale))


async def recent_totals(
    conn: AsyncConnection, patients: Collection[UUID], scale: str, most: int
) -> Mapping[PersonId, tuple[int, ...]]:
    """Each patient's last totals of that scale, oldest first, at most `most`."""
    place = func.row_number().over(
        partition_by=t.scale_response.c.patient_id, order_by=t.scale_response.c.answered_at.desc()
    )
    ranked = (
        select(t.scale_response.c.patient_id, t.scale_response.c.total, place.label("place"))
        .where(any_of(t.scale_response.c.patient_id, patients), t.scale_response.c.scale == scale)
        .subquery()
    )
    rows = await conn.execute(select(ranked).where(ranked.c.place <= most).order_by(ranked.c.place.desc()))
    found: dict[PersonId, tuple[int, ...]] = {}
    for row in rows:
        found[PersonId(row.patient_id)] = (*found.get(PersonId(row.patient_id), ()), row.total)
    return found


async def raise_alert(conn: AsyncConnection, alert: Alert, request: UUID) -> bool:
    """False when that very answer has raised its alert before; nothing is written then."""
    added = await conn.execute(
        pg_insert(t.safety_alert)
        .values(
            id=alert.id,
            patient_id=alert.patient,
            visit_id=alert.visit,
            request_id=request,
            scale=alert.scale,
            item=alert.item,
            value=alert.value,
            severity=alert.urgency.value,
            raised_at=alert.raised_at,
        )
        .on_conflict_do_nothing()
        .returning(t.safety_alert.c.id)
    )
    return added.first() is not None


def _alert_of(row: Row[*tuple[object, ...]]) -> Alert:
    taken = None
    if row.acknowledged_at is not None:
        taken = Acknowledgment(PersonId(row.acknowledged_by), row.acknowledged_at, row.what_was_done)
    return Alert(
        id=AlertId(row.id),
        patient=PersonId(row.patient_id),
        visit=VisitId(row.visit_id),
        scale=row.scale,
        item=row.item,
        value=row.value,
        urgency=Urgency(row.severity),
        raised_at=row.raised_at,
        acknowledged=taken,
    )


async def _alerts(conn: AsyncConnection, where: ColumnElement[bool]) -> tuple[Alert, ...]:
    done = t.alert_acknowledgement
    rows = await conn.execute(
        select(t.safety_alert, done.c.acknowledged_at, done.c.acknowledged_by, done.c.what_was_done)
        .join_from(t.safety_alert, done, isouter=True)
        .where(where)
        .order_by(t.safety_alert.c.raised_at, t.safety_alert.c.value)
    )
    return tuple(_alert_of(row) for row in rows)


async def alerts_of_visits(conn: AsyncConnection, visit_ids: Collection[UUID]) -> Mapping[VisitId, tuple[Alert, ...]]:
    """The alerts of each visit that has any, oldest first, acknowledged or not."""
    found: dict[VisitId, tuple[Alert, ...]] = {}
    for alert in await _alerts(conn, any_of(t.safety_alert.c.visit_id, visit_ids)):
        found[alert.visit] = (*found.get(alert.visit, ()), alert)
    return found


async def alerts_of_patient(conn: AsyncConnection, patient: PersonId) -> tuple[Alert, ...]:
    """Oldest first, acknowledged or not."""
    return await _alerts(conn, t.safety_alert.c.patient_id == patient)


async def open_alerts(conn: AsyncConnection, prescriber: PersonId) -> tuple[Alert, ...]:
    """What nobody has acknowledged in the prescriber's visits, oldest first."""
    theirs = select(v.visit.c.id).where(v.visit.c.prescriber_id == prescriber)
    nobody = t.alert_acknowledgement.c.acknowledged_at.is_(None)
    return await _alerts(conn, t.safety_alert.c.visit_id.in_(theirs) & nobody)


async def alert(conn: AsyncConnection, id: AlertId) -> Alert | None:
    return next(iter(await _alerts(conn, t.safety_alert.c.id == id)), None)


async def acknowledge(conn: AsyncConnection, id: AlertId, taken: Acknowledgment) -> bool:
    """False when somebody has taken it up before; nothing is written then."""
    added = await conn.execute(
        pg_insert(t.alert_acknowledgement)
        .values(alert_id=id, acknowledged_at=taken.at, acknowledged_by=taken.by, what_was_done=taken.what_was_done)
        .on_conflict_do_nothing()
        .returning(t.alert_acknowledgement.c.alert_id)
    )
    return added.first() is not None
