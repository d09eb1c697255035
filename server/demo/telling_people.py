"""The clinic opens: an operator onboards the administrator, who onboards everybody else and relates them."""

from datetime import datetime, timedelta
from uuid import uuid4

from compliance.shared.vocabulary import Action, Role
from emr.people import use_cases as people
from emr.people.use_cases import NewPerson
from emr.presence import queries as presence_records
from emr.presence import sites
from emr.shared.context import UseCaseContext
from emr.shared.ids import PersonId
from server.auth import accounts, onboarding
from server.auth.onboarding import OnboardingRequest
from server.demo import cast
from server.demo.cast import CastMember
from server.demo.story import PatientStory
from server.demo.telling import Teller

ADMINISTRATOR = "carla"
FRONT_DESK = "noa"
# As `titrate person add` writes it, by which the first administrator of any clinic comes in.
OPERATOR, COMMAND = "operator", "command.person_add"
ONBOARDING_S = 90


async def open_clinic(teller: Teller, now: datetime) -> None:
    """Everybody of the cast who is no patient, one after the other from ``now`` on."""
    first = cast.BY_SLUG[ADMINISTRATOR]
    context = UseCaseContext(teller.conn, PersonId(uuid4()), now)
    await _add(teller, context, first, by=None)
    teller.keep(context, role=OPERATOR, rule=COMMAND, by_program=True)
    staff = (*cast.PRESCRIBERS, *(one for one in cast.CLINIC if one is not first))
    for place, member in enumerate(staff, start=1):
        await _onboard(teller, member, now + timedelta(seconds=ONBOARDING_S * place))
    for supervised, supervisor in cast.SUPERVISORS.items():
        later = now + timedelta(seconds=ONBOARDING_S * (len(staff) + 1))
        async with teller.acting(ADMINISTRATOR, Action.ROLE_GRANT, later) as work:
            await people.supervise(work.context, cast.person_id(supervised), cast.person_id(supervisor))
    await open_desk(teller, now + timedelta(seconds=ONBOARDING_S * (len(staff) + 2)))


async def open_desk(teller: Teller, now: datetime) -> None:
    """The site and who is at its front desk: also in a clinic whose story was told before there was one."""
    issuer = teller.app_context.settings.oidc_issuer
    if await accounts.person_of(teller.conn, issuer.rstrip("/"), FRONT_DESK) is None:
        await _onboard(teller, cast.BY_SLUG[FRONT_DESK], now)
    if await presence_records.site(teller.conn, cast.SITE_ID) is None:
        async with teller.acting(ADMINISTRATOR, Action.SITE_CHANGE, now) as work:
            await sites.add_site(work.context, cast.SITE, id=cast.SITE_ID)


async def welcome(teller: Teller, story: PatientStory, now: datetime) -> None:
    """A patient comes to the clinic, with those who treat them, their care team and their guests."""
    member = cast.BY_SLUG[story.slug]
    await _onboard(teller, member, now)
    guests = [one for one in cast.GUESTS if one.family == member.family]
    for guest in guests:
        await _onboard(teller, guest, now)
    async with teller.acting(ADMINISTRATOR, Action.ROLE_GRANT, now) as work:
        for slug in story.prescribers:
            await people.assign_prescriber(work.context, member.id, cast.person_id(slug))
        for slug in story.care_team:
            await people.join_care_team(work.context, member.id, cast.person_id(slug))


async def _onboard(teller: Teller, member: CastMember, now: datetime) -> None:
    async with teller.acting(ADMINISTRATOR, Action.PERSON_ADD, now) as work:
        await _add(teller, work.context, member, by=cast.person_id(ADMINISTRATOR))


async def _add(teller: Teller, context: UseCaseContext, member: CastMember, *, by: PersonId | None) -> None:
    """The person under their fixed id, a record if they are a patient, their sign-in and their roles."""
    settings = teller.app_context.settings
    new = NewPerson(
        given_name=member.given,
        family_name=member.family,
        zone=settings.clinic_zone,
        prefix=member.prefix,
        credential=member.credential,
        profession=member.profession,
        pronouns=member.pronouns,
    )
    await people.add_person(context, new, id=member.id)
    if Role.PATIENT in member.roles:
        assert member.born is not None
        await people.add_patient(context, member.id, member.born, member.phone, code=member.code)
    known = OnboardingRequest(
        issuer=settings.oidc_issuer,
        subject=member.slug,
        roles=member.roles,
        zone=settings.clinic_zone,
        person=member.id,
    )
    await onboarding.onboard(context, known, by=by)
