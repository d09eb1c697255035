"""Use case of the call: that somebody joins it is kept before anybody hears of them, for it ends their check-ins."""

from __future__ import annotations

from emr.desk import Desk
from emr.presence.facts import CallJoined
from emr.records import presence as records
from emr.visit import Visit


async def join_call(desk: Desk, visit: Visit) -> None:
    """The actor joins the visit's call. The database refuses a visit in person."""
    number = await records.add_call_join(desk.conn, visit.id, desk.actor, desk.now)
    desk.facts.append(CallJoined(patient=visit.patient, visit=visit.id, person=desk.actor, join=number))
