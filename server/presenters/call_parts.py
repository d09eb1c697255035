"""What a page needs to be in the call of a visit: the ticket, the TURN server, who is who."""

from dataclasses import replace

from emr.people.model import Person
from emr.shared.errors import Refused
from emr.shared.ids import PersonId
from emr.visits.model import Modality, ParticipantRole, Visit
from server.application.context import AppContext
from server.http.endpoint import Ask
from server.presenters.frames import short_name
from server.presenters.visit_parts import PART_WORDS, VisitPeople
from signaling import tickets
from signaling.sfu.ice import turn_credentials
from signaling.tickets import FULL_RIGHTS, SELF_TEST_RIGHTS, Right
from visit_ui.pages.visit.parts import CallPerson, CallSetup, TurnServer

TURN_TTL_S = 12 * 3600  # as long as a session lives at most


def call_setup(ask: Ask, visit_people: VisitPeople) -> CallSetup:
    """A fresh ticket for this person's part in the call. Names travel with the page, never on the call's channel.

    Raises ``Refused`` for a visit in person: it has no call.
    """
    made = _setup(
        ask, visit_people.visit, visit_people.visit.room, _wire_part(visit_people, ask.person_id), FULL_RIGHTS
    )
    everybody = tuple(call_person(one, visit_people.parts[one.id]) for one in visit_people.everybody)
    return replace(made, people=everybody, started_at=visit_people.visit.admitted_at)


def self_test_setup(ask: Ask, visit_people: VisitPeople) -> CallSetup:
    """A ticket for a room of one: the device check measures the line to the real media port."""
    room = f"check-{visit_people.visit.id}-{ask.person_id}"
    return _setup(ask, visit_people.visit, room, "device-check", SELF_TEST_RIGHTS)


def _setup(ask: Ask, visit: Visit, room: str, part: str, rights: frozenset[Right]) -> CallSetup:
    if not visit.remote:
        raise Refused("no_call", "This visit is in person: it has no call.")
    sound_only = visit.modality is Modality.AUDIO  # without pictures: its law is that of sound alone
    return CallSetup(
        socket_url=f"/visits/{visit.id}/call",
        room=room,
        ticket=_ticket(ask, visit, room, part, rights - {Right.PUBLISH_VIDEO} if sound_only else rights),
        participant=str(ask.person_id),
        people=(),
        started_at=None,
        minutes=visit.scheduled_minutes,
        turn=_turn(ask),
        sound_only=sound_only,
    )


def call_person(person: Person, part: str) -> CallPerson:
    """Someone as the call's tiles name them."""
    return CallPerson(str(person.id), person.name_words, short_name(person), person.initials, part)


def _turn(ask: Ask) -> TurnServer | None:
    """Credentials for the clinic's TURN server, for this person and about one clinic day."""
    settings = ask.app_context.settings
    if not settings.turn_url:
        return None
    user, password = turn_credentials(settings.turn_secret.encode(), str(ask.person_id), ask.now, TURN_TTL_S)
    return TurnServer(settings.turn_url, user, password)


def _ticket(ask: Ask, visit: Visit, room: str, part: str, rights: frozenset[tickets.Right]) -> str:
    app_context: AppContext = ask.app_context
    return tickets.mint(
        app_context.ticket_key,
        visit=str(visit.id),
        room=room,
        participant=str(ask.person_id),
        part=part,
        rights=rights,
        now=ask.now,
    )


def _wire_part(visit_people: VisitPeople, person_id: PersonId) -> str:
    if person_id == visit_people.visit.patient:
        return "patient"
    if person_id == visit_people.visit.prescriber or (
        visit_people.attending and person_id == visit_people.attending.id
    ):
        return "prescriber"
    return "supervisor" if visit_people.parts.get(person_id) == PART_WORDS[ParticipantRole.SUPERVISOR] else "guest"
