"""People, allergies and ties."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr.people import repository as records
from emr.people import use_cases as people
from emr.people.model import AllergyStatus, age_on
from emr.people.use_cases import NewPerson
from emr.relations.use_cases import relations
from emr.shared import contact
from emr.shared.errors import Invalid, NotFound
from emr.shared.ids import PersonId
from emr.visits import booking
from emr.visits.model import ParticipantRole
from tests.emr.clinic import NOW, ZONE, Clinic


async def test_a_patient_is_found_by_parts_of_the_name_the_code_and_the_birth_date(clinic: Clinic) -> None:
    ada = await people.patient(clinic.conn, clinic.ada)
    for text in ("lind", "ada lindq", ada.code.lower(), "1992-03-14", "ada 3/14/1992", "Mar 14, 1992"):
        assert [one.id for one in await people.search(clinic.conn, text, seen_by=None)] == [clinic.ada]
    assert await people.search(clinic.conn, "%", seen_by=None) == ()


async def test_a_prescriber_finds_only_own_and_supervised_patients(clinic: Clinic) -> None:
    assert len(await people.search(clinic.conn, "", seen_by=clinic.drew)) == 2
    assert await people.search(clinic.conn, "", seen_by=clinic.tomas) == ()
    await people.assign_prescriber(clinic.context(clinic.carla), clinic.ada, clinic.jonah)
    assert [one.id for one in await people.search(clinic.conn, "", seen_by=clinic.tomas)] == [clinic.ada]


async def test_names_and_ages_read_as_they_are_said(clinic: Clinic) -> None:
    ada, drew = await people.patient(clinic.conn, clinic.ada), await people.person(clinic.conn, clinic.drew)
    assert (ada.person.name_words, ada.age(NOW), ada.phone) == ("Ada Lindqvist", 34, "+18135550142")
    assert (drew.name_words, drew.signature, drew.initials) == ("Dr. Drew Marsh", "Drew Marsh, MD", "DM")


def test_an_age_changes_on_the_birthday() -> None:
    assert [age_on(date(1992, 3, 14), date(2026, 3, day)) for day in (13, 14)] == [33, 34]
    assert [age_on(date(2000, 2, 29), day) for day in (date(2025, 2, 28), date(2025, 3, 1))] == [24, 25]


async def test_no_allergies_asked_is_not_no_allergies_known(clinic: Clinic) -> None:
    assert (await people.allergies(clinic.conn, clinic.ada)).status is AllergyStatus.NOT_ASKED
    context = clinic.context(clinic.drew)
    await people.note_no_known_allergies(context, clinic.ada)
    assert (await people.allergies(clinic.conn, clinic.ada)).status is AllergyStatus.NONE_KNOWN
    await people.record_allergy(context, clinic.ada, " Penicillin ", "rash")
    known = await people.allergies(clinic.conn, clinic.ada)
    assert known.status is AllergyStatus.LISTED
    assert [(one.substance, one.reaction) for one in known.listed] == [("Penicillin", "rash")]
    assert known.asked_at == NOW


async def test_what_cannot_be_used_comes_back_with_a_remedy_for_each_field(clinic: Clinic) -> None:
    context = clinic.context(clinic.carla)
    with pytest.raises(Invalid) as refused:
        await people.add_person(context, NewPerson(given_name=" ", family_name="x\x00y", zone="Mars/Olympus"))
    assert set(refused.value.fields) == {"given_name", "family_name", "zone"}
    with pytest.raises(Invalid) as refused:
        await people.add_patient(context, clinic.sam, date(2036, 1, 1), "12")
    assert set(refused.value.fields) == {"phone", "birth_date"}
    with pytest.raises(Invalid) as refused:
        await people.record_allergy(clinic.context(clinic.drew), clinic.ada, "Penicillin", "x" * 201)
    assert set(refused.value.fields) == {"reaction"}
    with pytest.raises(Invalid):
        await people.add_patient(context, clinic.ada, date(1992, 3, 14), None)
    with pytest.raises(NotFound):
        await people.patient(clinic.conn, clinic.drew)
    assert context.events == []


async def test_each_tie_is_named_and_a_stranger_has_none(clinic: Clinic) -> None:
    context = clinic.context(clinic.carla)
    await people.assign_prescriber(context, clinic.ada, clinic.jonah)
    await people.join_care_team(context, clinic.ada, clinic.sofia)

    async def relationships(person: PersonId) -> set[str]:
        return set(await relations(clinic.conn, person, clinic.ada, None))

    assert await relationships(clinic.ada) == {"self"}
    assert await relationships(clinic.drew) == {"own_patient"}
    assert await relationships(clinic.tomas) == {"supervised"}
    assert await relationships(clinic.sofia) == {"care_team"}
    assert await relationships(clinic.sam) == set()
    assert await relations(clinic.conn, clinic.drew, None, None) == frozenset()


async def test_a_tie_that_ended_gives_no_right_and_may_begin_again(clinic: Clinic) -> None:
    context = clinic.context(clinic.carla)
    for _ in range(2):
        await people.join_care_team(context, clinic.ada, clinic.sofia)
        assert await relations(clinic.conn, clinic.sofia, clinic.ada, None) == {"care_team"}
        await people.leave_care_team(context, clinic.ada, clinic.sofia)
        assert await relations(clinic.conn, clinic.sofia, clinic.ada, None) == frozenset()
    with pytest.raises(NotFound):
        await people.leave_care_team(context, clinic.ada, clinic.sofia)
    await people.end_supervision(context, clinic.jonah, clinic.tomas)
    assert await people.supervisors(clinic.conn, clinic.jonah) == ()


async def test_who_takes_part_in_a_visit_is_its_participant_while_invited(clinic: Clinic) -> None:
    visit = await clinic.book()

    async def relationships(person: PersonId, patient: PersonId | None = None) -> frozenset[str]:
        return await relations(clinic.conn, person, patient, visit.id)

    assert await relationships(clinic.ada) == {"self", "participant"}
    assert await relationships(clinic.drew) == {"own_patient", "participant"}
    assert await relationships(clinic.ilse) == frozenset()
    context = clinic.context(clinic.drew)
    await booking.invite(context, visit.id, clinic.ada, clinic.ilse, ParticipantRole.FAMILY)
    assert await relationships(clinic.ilse) == {"participant"}
    # The visit is not Marcus's: for his record nobody takes part in it.
    assert await relationships(clinic.ilse, clinic.marcus) == frozenset()
    assert await relationships(clinic.ada, clinic.marcus) == frozenset()
    await booking.uninvite(context, visit.id, clinic.ada, clinic.ilse)
    assert await relationships(clinic.ilse) == frozenset()


async def test_a_supervisor_stands_in_for_the_visits_of_those_they_supervise(clinic: Clinic) -> None:
    visit = await clinic.book(prescriber=clinic.jonah)
    assert await relations(clinic.conn, clinic.tomas, None, visit.id) == {"supervised"}
    assert await relations(clinic.conn, clinic.tomas, clinic.marcus, visit.id) == frozenset()
    assert await relations(clinic.conn, clinic.tomas, clinic.ada, None) == frozenset()


@pytest.mark.parametrize("text", ["(813) 555-0142", "813.555.0142", "+1 813 555 0142", "1-813-555-0142", "8135550142"])
def test_a_number_is_read_however_it_is_written(text: str) -> None:
    assert contact.phone(text) == "+18135550142"
    assert contact.phone_words("+18135550142") == "(813) 555-0142"


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_of_a_number(text: str) -> None:
    number = contact.phone(text)
    assert number is None or contact.phone(contact.phone_words(number)) == number


def test_a_statement_is_refused_field_by_field() -> None:
    with pytest.raises(Invalid) as refused:
        contact.statement(line="", city="", state="Florida", postal="3360", call_back="911", country="SE")
    assert set(refused.value.fields) == {"line", "city", "state", "postal", "country", "call_back"}
    said = contact.statement(line="Home", city="Tampa", state="fl", postal="33606-1234", call_back="8135550142")
    assert (said.state, said.place_words) == ("FL", "Home, Tampa FL")


async def test_a_person_is_added_as_given_and_leaves_a_fact(clinic: Clinic) -> None:
    context = clinic.context(clinic.carla, NOW + timedelta(days=1))
    id = PersonId(uuid4())
    ruth = await people.add_person(context, NewPerson(given_name="Ruth", family_name="Adeyemi", zone=ZONE), id=id)
    assert ruth == await people.person(clinic.conn, id)
    assert next(iter((await records.everybody(clinic.conn)).values())) == ruth  # by family name: Adeyemi
    assert [type(event).__name__ for event in context.events] == ["PersonAdded"]
