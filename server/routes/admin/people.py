"""The administrator's page: who can sign in, and as what; onboarding a person."""

from collections.abc import Mapping

from compliance.shared.vocabulary import Action, Role
from emr.people import queries as people_records
from emr.shared.clinic_time import typed
from emr.shared.errors import Invalid
from emr.shared.ids import PersonId
from server.application.unit_of_work import UnitOfWork
from server.auth import accounts, onboarding
from server.auth.onboarding import OnboardingRequest, optional
from server.http.endpoint import Answer, Ask, PageWithStatus, Redirect, RouteSpec, uuid_of
from server.presenters.frames import ROLE_WORDS, frame
from visit_ui.pages.admin.people import People, PersonRow, PersonValues
from visit_ui.pages.shell.parts import FieldError, Option


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: the list, the form, and who was added just now."""
    return await _page(ask, work, PersonValues(issuer=ask.app_context.settings.oidc_issuer), {})


async def add(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: onboard a person."""
    values = _values(ask)
    try:
        added = await onboarding.onboard(work.context, _newcomer(ask, values), by=ask.person_id)
    except Invalid as error:
        return PageWithStatus(await _page(ask, work, values, dict(error.fields)), 422)
    await ask.app_context.sessions.end_person(added)  # their roles count from their next sign-in on
    return Redirect(f"/people?added={added}")


async def add_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and what does not fit. Nobody is let in."""
    return PageWithStatus(await _page(ask, work, _values(ask), dict(wrong)), 422)


def _values(ask: Ask) -> PersonValues:
    typed = ask.form
    return PersonValues(
        issuer=typed.text("issuer"),
        subject=typed.text("subject"),
        roles=tuple(typed.all("role")),
        person=typed.text("person"),
        given_name=typed.text("given_name"),
        family_name=typed.text("family_name"),
        prefix=typed.text("prefix"),
        credential=typed.text("credential"),
        pronouns=typed.text("pronouns"),
        born=typed.text("born"),
        phone=typed.text("phone"),
    )


def _newcomer(ask: Ask, values: PersonValues) -> OnboardingRequest:
    known = {role.value for role in Role}
    if not set(values.roles) <= known:
        raise Invalid({"role": "Choose from the roles offered."})
    born = typed.day(values.born) if values.born else None
    if values.born and born is None:
        raise Invalid({"born": typed.day_remedy()})
    return OnboardingRequest(
        issuer=values.issuer,
        subject=values.subject,
        roles=frozenset(Role(role) for role in values.roles),
        zone=ask.app_context.settings.clinic_zone,
        person=PersonId(uuid_of(values.person)) if values.person else None,
        given_name=values.given_name,
        family_name=values.family_name,
        prefix=optional(ask.form.typed, "prefix"),
        credential=optional(ask.form.typed, "credential"),
        pronouns=optional(ask.form.typed, "pronouns"),
        born=born,
        phone=optional(ask.form.typed, "phone"),
    )


async def _page(ask: Ask, work: UnitOfWork, values: PersonValues, errors: dict[str, str]) -> People:
    known = await accounts.accounts(work.conn)
    everybody = await people_records.everybody(work.conn)
    records = await people_records.patients(work.conn, list(everybody))
    rows = []
    for account in known:
        person = everybody[account.person_id]
        words = ", ".join(ROLE_WORDS[role] for role in ROLE_WORDS if role in account.roles)
        code = records[person.id].code if person.id in records else None
        for issuer, subject, since in account.subjects:
            rows.append(PersonRow(person.name_words, words or "no role", issuer, subject, since, code))
    without = everybody.keys() - {account.person_id for account in known if account.subjects}
    added = ask.query("added")
    return People(
        frame=await frame(ask, work, "People"),
        people=tuple(sorted(rows, key=lambda row: row.name)),
        values=values,
        errors=tuple(FieldError(name, remedy) for name, remedy in errors.items()),
        roles=tuple(Option(role.value, words) for role, words in ROLE_WORDS.items()),
        records=tuple(Option(str(one), everybody[one].name) for one in sorted(without, key=str)),
        added=everybody[PersonId(uuid_of(added))].name_words if added and uuid_of(added) in everybody else None,
    )


ROUTES = (
    RouteSpec("GET", "/people", show, Action.PERSON_READ),
    RouteSpec("POST", "/people", add, Action.PERSON_ADD, form="person", again=add_too_long),
)
