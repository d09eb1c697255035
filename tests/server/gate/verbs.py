"""What people do in the clinic, each as the pages or the use cases make it. Refusals are answers, not errors."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
import websockets
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from emr.medications.model import OrderOrigin
from emr.prescribing import list_use_cases as medicating
from emr.prescribing.list_use_cases import ReportedMedication
from emr.presence import checking_in
from emr.presence import repository as presence_records
from emr.shared.context import UseCaseContext
from emr.shared.errors import Invalid, RecordError
from emr.shared.ids import OrderId, PersonId, SiteId, VisitId
from emr.visits.model import Modality
from server.application import references
from server.auth import accounts
from tests.server.gate.world import BORN, PRESCRIBERS, World
from tests.server.presence import ALPRAZOLAM, LISDEXAMFETAMINE
from tests.server.row_cases import DOSE, WHERE
from tests.server.test_call_socket import opened
from tests.server.web_process import ZONE, sign_end, signing

SERTRALINE = {**DOSE, "refills": "0"}
HYDROXYZINE = {**SERTRALINE, "product": "hydroxyzine", "name": "hydroxyzine", "indication": "anxiety"}
FORMS: Mapping[str, Mapping[str, str]] = {
    "sertraline": SERTRALINE,
    "hydroxyzine": HYDROXYZINE,
    "alprazolam": {**ALPRAZOLAM, "indication": "anxiety"},
    "lisdexamfetamine": {**LISDEXAMFETAMINE, "indication": "attention"},
}
SIGNED = "Signed."
ANSWERED = "Looked at together"


def book(world: World, patient: str, prescriber: str, modality: Modality) -> VisitId | None:
    """A visit for now, by the prescriber's form; None: refused."""
    now = datetime.now(ZoneInfo(ZONE))
    fields = {"date": f"{now:%Y-%m-%d}", "time": f"{now:%H:%M}", "minutes": "30", "kind": "follow_up", "place": ""}
    answer = world.post(prescriber, "/visits/new", world.id(patient), modality=modality.value, **fields)
    if answer.status_code != 303:
        return None
    return VisitId(UUID(answer.headers["location"].rpartition("of=")[2]))


def arrive(world: World, patient: str, visit: VisitId) -> int:
    """The patient comes to the waiting room of a remote visit."""
    return world.post(patient, f"/visits/{visit}/arrive", world.id(patient), **WHERE).status_code


def admit(world: World, who: str, patient: str, visit: VisitId) -> int:
    return world.post(who, f"/visits/{visit}/admit", world.id(patient)).status_code


def take_over(world: World, who: str, patient: str, visit: VisitId) -> int:
    return world.post(who, f"/visits/{visit}/take-over", world.id(patient)).status_code


def end(world: World, who: str, patient: str, visit: VisitId) -> int:
    return world.post(who, f"/visits/{visit}/end", world.id(patient)).status_code


def state(world: World, patient: str, visit: VisitId, *, by: str = "noa") -> bool:
    """Somebody, as the front desk does, states that patient and prescriber are at the site."""

    async def stating(conn: AsyncConnection) -> None:
        context, whom = UseCaseContext(conn, world.id(by), datetime.now(UTC)), world.id(patient)
        known = {whom, *(world.id(name) for name in PRESCRIBERS)}
        site = SiteId(UUID(str(world.desks.site)))
        await checking_in.state(context, visit, whom, site_id=site, here=frozenset(known))

    return _done(world, stating)


def confirm(world: World, patient: str, visit: VisitId, *, name: str | None = None) -> bool:
    """The patient says on the desk's device who they are and that they are here."""

    async def confirming(conn: AsyncConnection) -> None:
        context = UseCaseContext(conn, world.id("noa"), datetime.now(UTC))
        await checking_in.confirm(context, visit, world.id(patient), name or f"{patient} cast", BORN)

    return _done(world, confirming)


def check_in(world: World, patient: str, visit: VisitId) -> bool:
    return state(world, patient, visit) and confirm(world, patient, visit)


def join(world: World, who: str, visit: VisitId) -> bool:
    """Somebody joins the visit's call, as the socket keeps it."""

    async def joining(conn: AsyncConnection) -> None:
        await presence_records.add_call_join(conn, visit, world.id(who), datetime.now(UTC))

    return _done(world, joining)


def open_call(world: World, who: str, visit: VisitId) -> bool:
    """Somebody opens the visit's call socket; whether the door lets them in."""

    async def opening() -> bool:
        try:
            async with opened(world.running, await world.client(who), visit):
                return True
        except websockets.InvalidStatus as refused:
            world.told.append(f"handshake {refused.response.status_code}")
            return False

    if world.wait(opening()):
        world.calls_opened.append(visit)
        return True
    return False


def grant(world: World, who: str, role: Role) -> bool:
    async def granting(conn: AsyncConnection) -> None:
        await accounts.grant(conn, world.id(who), (role,), now=datetime.now(UTC), by=world.id("carla"))

    return _done(world, granting)


def revoke(world: World, who: str, role: Role) -> bool:
    async def revoking(conn: AsyncConnection) -> None:
        await accounts.revoke(conn, world.id(who), role, now=datetime.now(UTC))

    return _done(world, revoking)


def answered(world: World, who: str, patient: UUID, path: str, form: Mapping[str, str]) -> dict[str, str]:
    """The form as the check at `path` reads it back, with an answer to each finding that it asks about."""
    checked = world.post(who, path, patient, **form)
    return {**form, **signing(checked.text, ANSWERED)}


def start(world: World, who: str, patient: str, visit: VisitId, form: Mapping[str, str]) -> httpx2.Response:
    """A medicine is started: the form checked, answered and signed."""
    base = f"/visits/{visit}/medicines/start"
    filled = answered(world, who, world.id(patient), f"{base}/check", form)
    return world.post(who, base, world.id(patient), **filled)


def revise(
    world: World, who: str, patient: str, visit: VisitId, order: UUID, form: Mapping[str, str]
) -> httpx2.Response:
    """A dose is changed, or a hold ended: the form checked, answered and signed."""
    base = f"/visits/{visit}/medicines/{order}"
    filled = answered(world, who, world.id(patient), f"{base}/check", form)
    return world.post(who, f"{base}/revise", world.id(patient), **filled)


def hold(world: World, who: str, patient: str, visit: VisitId, order: UUID) -> int:
    return _end(world, who, patient, f"/visits/{visit}/medicines/{order}/hold", "Nausea")


def stop(world: World, who: str, patient: str, visit: VisitId, order: UUID) -> int:
    return _end(world, who, patient, f"/visits/{visit}/medicines/{order}/stop", "No longer needed")


def _end(world: World, who: str, patient: str, path: str, reason: str) -> int:
    async def ending() -> int:
        answer = await sign_end(await world.client(who), path, world.id(patient), reason)
        world.told.append(answer.text)
        return answer.status_code

    return world.wait(ending())


def report(world: World, who: str, patient: str, visit: VisitId, name: str) -> int:
    fields = {"name": name, "sentence": "at night", "source": "self_reported", "since": ""}
    return world.post(who, f"/visits/{visit}/medicines/report", world.id(patient), **fields).status_code


def rename(world: World, who: str, patient: PersonId, order: OrderId, name: str) -> bool:
    """A medicine of the list is reported anew, under that name, in the place of an order."""

    async def renaming(conn: AsyncConnection) -> None:
        now = datetime.now(UTC)
        told = ReportedMedication(
            name=name, kind=OrderOrigin.SELF_REPORTED, sentence="at night", since=now.date().replace(day=1)
        )
        await medicating.report(
            UseCaseContext(conn, world.id(who), now),
            formulary=references.load().formulary,
            patient_id=patient,
            told=told,
            replaces=order,
        )

    return _done(world, renaming)


def at_once(world: World, *posts: tuple[str, str, UUID, Mapping[str, str]]) -> list[int]:
    """Forms sent at the same moment: who, path, patient, fields; the statuses they are answered with."""

    async def sending() -> list[httpx2.Response]:
        return await asyncio.gather(*(world.posted(who, path, whom, **form) for who, path, whom, form in posts))

    return [answer.status_code for answer in world.wait(sending())]


def current_orders(world: World, patient: str) -> tuple[tuple[OrderId, str], ...]:
    """The patient's list: each current order with its medicine ("" when it is not known)."""

    async def reading(conn: AsyncConnection) -> tuple[tuple[OrderId, str], ...]:
        found = await conn.execute(text(CURRENT), {"patient": world.id(patient)})
        return tuple((OrderId(row.id), row.medicine or "") for row in found)

    return world.act(reading)


CURRENT = (
    "SELECT o.id, o.medicine FROM medication_current c JOIN medication_order o ON o.id = c.order_id"
    " WHERE c.patient_id = :patient ORDER BY o.written_at, o.id"
)


def _done(world: World, act: Callable[[AsyncConnection], Awaitable[object]]) -> bool:
    """Whether it was done; a refusal of the use case or the database is kept in `told`."""
    try:
        world.act(act)
    except DBAPIError as refused:
        world.told.append(str(refused.orig))
        return False
    except RecordError as refused:
        fields = refused.fields.values() if isinstance(refused, Invalid) else ()
        world.told.append(" ".join((str(refused), *fields)))
        return False
    return True
