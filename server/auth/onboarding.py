"""Onboarding a person: who they are, their record if they are a patient, their sign-in, their roles.

Both the administrator's page and ``titrate person add`` use it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from compliance.shared.vocabulary import Role
from emr.people import use_cases as people
from emr.shared.clinic_time import typed
from emr.shared.context import UseCaseContext
from emr.shared.errors import Invalid
from emr.shared.ids import PersonId
from server.auth import accounts, roles
from server.auth.events import SubjectLinked


@dataclass(frozen=True, slots=True, kw_only=True)
class OnboardingRequest:
    """What was said of a new person; ``person`` when they are on record already. Texts as typed."""

    issuer: str
    subject: str
    roles: frozenset[Role]
    zone: str
    person: PersonId | None = None
    given_name: str = ""
    family_name: str = ""
    prefix: str | None = None
    credential: str | None = None
    profession: str | None = None
    pronouns: str | None = None
    born: date | None = None
    phone: str | None = None


async def onboard(context: UseCaseContext, new: OnboardingRequest, *, by: PersonId | None) -> PersonId:
    """Add and link. Raises ``Invalid`` with a remedy for each field that cannot be used; nothing is kept then."""
    _check(new)
    before = len(context.events)
    try:
        async with context.conn.begin_nested():
            return await _onboard(context, new, by)
    except Invalid:
        del context.events[before:]
        raise


async def _onboard(context: UseCaseContext, new: OnboardingRequest, by: PersonId | None) -> PersonId:
    person_id = new.person or await _add(context, new)
    if new.person is not None:
        await people.person(context.conn, new.person)
    await accounts.link(context.conn, person_id, new.issuer.rstrip("/"), new.subject, now=context.now, by=by)
    context.events.append(SubjectLinked(patient=None, visit=None, person=person_id))
    await roles.give(context, person_id, new.roles, by=by)
    return person_id


async def _add(context: UseCaseContext, new: OnboardingRequest) -> PersonId:
    person = await people.add_person(
        context,
        people.NewPerson(
            given_name=new.given_name,
            family_name=new.family_name,
            zone=new.zone,
            prefix=new.prefix,
            credential=new.credential,
            profession=new.profession,
            pronouns=new.pronouns,
        ),
    )
    if Role.PATIENT in new.roles and new.born is not None:
        await people.add_patient(context, person.id, new.born, new.phone)
    return person.id


def _check(new: OnboardingRequest) -> None:
    wrong: dict[str, str] = {}
    if not new.issuer.startswith(("https://", "http://localhost", "http://127.0.0.1")):
        wrong["issuer"] = "Enter the provider's issuer URL, starting with https://."
    if not new.subject or len(new.subject) > 255:
        wrong["subject"] = "Enter the subject (sub) the provider uses for this person."
    if not new.roles:
        wrong["role"] = "Choose at least one role."
    if Role.PATIENT in new.roles and new.person is None and new.born is None:
        wrong["born"] = "A patient's record needs a date of birth. " + typed.day_remedy()
    if wrong:
        raise Invalid(wrong)


def optional(typed: Mapping[str, str], name: str) -> str | None:
    """A text, or None when nothing was typed."""
    return typed.get(name, "").strip() or None
