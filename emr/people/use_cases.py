"""Use cases about people: adding them, what is known of their allergies, and the relationships between them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from uuid import uuid4
from zoneinfo import available_timezones

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.people import repository as records
from emr.people import tables as t
from emr.people.events import (
    AllergiesAsked,
    AllergyRecorded,
    CareTeamJoined,
    CareTeamLeft,
    PatientAdded,
    PersonAdded,
    PrescriberAssigned,
    PrescriberReleased,
    SupervisionBegun,
    SupervisionEnded,
)
from emr.people.model import Allergies, Allergy, Patient, Person
from emr.shared import contact
from emr.shared import text as words
from emr.shared.clinic_time import typed
from emr.shared.clinic_time.days import day_of
from emr.shared.context import UseCaseContext
from emr.shared.errors import Invalid, NotFound
from emr.shared.ids import PersonId

# No 0/O, 1/I/L: the code is read aloud and typed.
_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """What is asked for when a person is added. Texts as typed; `zone` an IANA name."""

    given_name: str
    family_name: str
    zone: str
    prefix: str | None = None
    credential: str | None = None
    profession: str | None = None
    pronouns: str | None = None


async def add_person(context: UseCaseContext, new: NewPerson, *, id: PersonId | None = None) -> Person:
    """Someone the record knows from now on. Raises `Invalid` for an empty name or an unknown zone."""
    wrong: dict[str, str] = {}
    for name in ("given_name", "family_name"):
        if words.line(getattr(new, name), 100) is None:
            wrong[name] = "Enter a name of at most 100 characters."
    if new.zone not in available_timezones():
        wrong["zone"] = "Choose a time zone, for example America/New_York."
    if wrong:
        raise Invalid(wrong)
    person = Person(
        id=id or PersonId(uuid4()),
        given_name=new.given_name.strip(),
        family_name=new.family_name.strip(),
        prefix=words.optional("prefix", new.prefix, 100),
        credential=words.optional("credential", new.credential, 100),
        profession=words.optional("profession", new.profession, 100),
        pronouns=words.optional("pronouns", new.pronouns, 100),
        zone=new.zone,
    )
    await records.add_person(context.conn, person, context.now)
    context.events.append(PersonAdded(patient=None, visit=None, person=person.id))
    return person


async def add_patient(
    context: UseCaseContext, person_id: PersonId, birth_date: date, phone: str | None, *, code: str | None = None
) -> Patient:
    """Open a record for that person. `phone` is text as typed, or None; `code` only for fixed demo data.

    Raises `NotFound` for an unknown person, `Invalid` for a number or a birth date that cannot be.
    """
    person = (await records.people(context.conn, [person_id])).get(person_id)
    if person is None:
        raise NotFound
    wrong: dict[str, str] = {}
    number = contact.phone(phone) if phone else None
    if phone and number is None:
        wrong["phone"] = "Enter a U.S. phone number with area code, for example (813) 555-0142."
    if not date(1900, 1, 1) <= birth_date <= day_of(context.now, person.zone):
        wrong["birth_date"] = f"Enter the date of birth as {typed.shape()}. It must be in the past."
    if wrong:
        raise Invalid(wrong)
    for _ in range(_CODE_TRIES):
        given = code or "P-" + "".join(secrets.choice(_CODE_LETTERS) for _ in range(4))
        if await records.add_patient(context.conn, person_id, given, birth_date, number):
            context.events.append(PatientAdded(patient=person_id, visit=None))
            return Patient(person, given, birth_date, number)
        if code or await records.patients(context.conn, [person_id]):
            break
    raise Invalid({"person": "This person already has a patient record, or the code is taken."})


async def person(conn: AsyncConnection, person_id: PersonId) -> Person:
    """That person. Raises `NotFound`."""
    found = (await records.people(conn, [person_id])).get(person_id)
    if found is None:
        raise NotFound
    return found


async def patient(conn: AsyncConnection, patient_id: PersonId) -> Patient:
    """That patient. Raises `NotFound`, also for a person who is no patient."""
    found = (await records.patients(conn, [patient_id])).get(patient_id)
    if found is None:
        raise NotFound
    return found


async def search(conn: AsyncConnection, text: str, *, seen_by: PersonId | None, limit: int = 20) -> tuple[Patient, ...]:
    """Patients by parts of their names, code, or birth date as people write it here; every word must be found.

    `seen_by`: only patients of their own, of those they supervise, or whose care team they are on; None: everybody's.
    At most `limit`, by family name.
    """
    return await records.search(conn, _days_as_kept(text), seen_by, limit)


def _days_as_kept(text: str) -> str:
    """The words with each day among them as the record has it: "3/14/1992" and "Mar 14, 1992" are 1992-03-14."""
    parts = [text] if typed.day(text) else text.split()
    return " ".join(str(typed.day(part) or part) for part in parts)


async def allergies(conn: AsyncConnection, patient_id: PersonId) -> Allergies:
    """What is known of the patient's allergies, and whether anybody asked."""
    return await records.allergies_of(conn, patient_id)


async def record_allergy(
    context: UseCaseContext, patient_id: PersonId, substance: str, reaction: str | None
) -> Allergy:
    """The patient reacts to `substance`. Raises `Invalid` when it is empty; `NotFound` for no patient."""
    await patient(context.conn, patient_id)
    named = words.line(substance, 200)
    if named is None:
        raise Invalid({"substance": "Enter the medicine or substance, for example penicillin."})
    allergy = Allergy(named, words.optional("reaction", reaction, 200), context.now, context.actor)
    id = await records.add_allergy(context.conn, patient_id, allergy)
    inquiry = await records.add_inquiry(context.conn, patient_id, False, context.actor, context.now)
    context.events.append(AllergyRecorded(patient=patient_id, visit=None, allergy=id, inquiry=inquiry))
    return allergy


async def note_no_known_allergies(context: UseCaseContext, patient_id: PersonId) -> None:
    """Somebody asked, and the patient knows of no allergy (or of none beyond those listed)."""
    await patient(context.conn, patient_id)
    known = await records.allergies_of(context.conn, patient_id)
    inquiry = await records.add_inquiry(context.conn, patient_id, not known.listed, context.actor, context.now)
    context.events.append(AllergiesAsked(patient=patient_id, visit=None, inquiry=inquiry))


async def assign_prescriber(context: UseCaseContext, patient_id: PersonId, prescriber_id: PersonId) -> None:
    """From now on the patient is this prescriber's own. A patient may have several."""
    await records.open_relationship(
        context.conn, t.patient_prescriber, context.now, patient_id=patient_id, prescriber_id=prescriber_id
    )
    context.events.append(PrescriberAssigned(patient=patient_id, visit=None, person=prescriber_id))


async def release_prescriber(context: UseCaseContext, patient_id: PersonId, prescriber_id: PersonId) -> None:
    """The patient is no longer this prescriber's own. Raises `NotFound` when they were not."""
    if not await records.end_relationship(
        context.conn, t.patient_prescriber, context.now, patient_id=patient_id, prescriber_id=prescriber_id
    ):
        raise NotFound
    context.events.append(PrescriberReleased(patient=patient_id, visit=None, person=prescriber_id))


async def supervise(context: UseCaseContext, supervisee_id: PersonId, supervisor_id: PersonId) -> None:
    """From now on `supervisor_id` answers for what `supervisee_id` does. Raises `Invalid` for oneself."""
    if supervisee_id == supervisor_id:
        raise Invalid({"supervisor": "Choose another person. Nobody can supervise themselves."})
    await records.open_relationship(
        context.conn, t.supervision, context.now, supervisee_id=supervisee_id, supervisor_id=supervisor_id
    )
    context.events.append(
        SupervisionBegun(patient=None, visit=None, supervisee=supervisee_id, supervisor=supervisor_id)
    )


async def end_supervision(context: UseCaseContext, supervisee_id: PersonId, supervisor_id: PersonId) -> None:
    """That supervision is over. Raises `NotFound` when there was none."""
    if not await records.end_relationship(
        context.conn, t.supervision, context.now, supervisee_id=supervisee_id, supervisor_id=supervisor_id
    ):
        raise NotFound
    context.events.append(
        SupervisionEnded(patient=None, visit=None, supervisee=supervisee_id, supervisor=supervisor_id)
    )


async def join_care_team(context: UseCaseContext, patient_id: PersonId, person_id: PersonId) -> None:
    """From now on that person (a therapist, a primary care physician) is in the patient's care team."""
    await records.open_relationship(
        context.conn, t.care_team_member, context.now, patient_id=patient_id, person_id=person_id
    )
    context.events.append(CareTeamJoined(patient=patient_id, visit=None, person=person_id))


async def leave_care_team(context: UseCaseContext, patient_id: PersonId, person_id: PersonId) -> None:
    """That person is no longer in the care team. Raises `NotFound` when they were not."""
    if not await records.end_relationship(
        context.conn, t.care_team_member, context.now, patient_id=patient_id, person_id=person_id
    ):
        raise NotFound
    context.events.append(CareTeamLeft(patient=patient_id, visit=None, person=person_id))


async def supervisors(conn: AsyncConnection, person_id: PersonId) -> tuple[PersonId, ...]:
    """Who supervises that person now, longest first; empty: nobody."""
    return await records.supervisors_of(conn, person_id)


async def prescribers(conn: AsyncConnection, patient_id: PersonId) -> tuple[PersonId, ...]:
    """Whose own patient that is now, longest first; empty: nobody's."""
    return await records.prescribers_of(conn, patient_id)
