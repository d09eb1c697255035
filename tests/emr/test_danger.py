"""Open safety answers are asked about once a visit and stop nobody; the crisis path keeps what was entered and done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from emr.danger import alert_use_cases as alerts
from emr.danger import crisis_use_cases as crisis_path
from emr.danger import model as values
from emr.danger.events import AlertLeftOpen, CrisisContactEntered, CrisisStepTaken
from emr.danger.model import AlertDisposition, AlertResponse, CrisisEntry, CrisisFact, CrisisStep, LeftOpen, Typed
from emr.questionnaires import use_cases as answering
from emr.questionnaires.alert import Acknowledgment, Alert
from emr.questionnaires.scales_file import Urgency
from emr.shared.errors import Invalid, Refused
from emr.shared.ids import AlertId, PersonId, VisitId
from tests.emr.clinic import Clinic
from tests.emr.medicines import consult

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
ADA, DREW = PersonId(uuid4()), PersonId(uuid4())
HERE, BEFORE = VisitId(uuid4()), VisitId(uuid4())


def an_alert() -> Alert:
    return Alert(AlertId(uuid4()), ADA, HERE, "phq9", "q9", 2, Urgency.SAME_SESSION, NOW, None)


def test_an_open_alert_is_asked_about_until_somebody_has_said_something_in_this_visit() -> None:
    open_one, taken, put_off, put_off_before = (an_alert() for _ in range(4))
    taken = replace(taken, acknowledged=Acknowledgment(DREW, NOW, "Talked."))
    left = [
        LeftOpen(put_off.id, HERE, DREW, NOW, "She left the call."),
        LeftOpen(put_off_before.id, BEFORE, DREW, NOW, "She left the call."),
    ]
    asked = values.to_ask((open_one, taken, put_off, put_off_before), left, HERE)
    assert asked == (open_one, put_off_before)


@pytest.mark.parametrize("words", ["", "  ", "a\0b", "x" * 2001])
def test_each_alert_of_which_nothing_usable_is_said_is_named(words: str) -> None:
    one, other = an_alert(), an_alert()
    with pytest.raises(Invalid) as refused:
        values.checked((one, other), {one.id: AlertResponse(AlertDisposition.DONE, words)})
    assert set(refused.value.fields) == {str(one.id), str(other.id)}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (Typed(CrisisFact.PLACE, "1408 E Palm Ave, Tampa, FL 33605"), ("1408 E Palm Ave, Tampa, FL 33605", None)),
        (Typed(CrisisFact.CALL_BACK, "", "813-555-0142"), (None, "+18135550142")),
        (Typed(CrisisFact.CONTACT, "Ilse, mother", "+1 813 555 0177"), ("Ilse, mother", "+18135550177")),
        (Typed(CrisisFact.DISPATCH, "", "(813) 555-0111"), (None, "+18135550111")),
    ],
)
def test_what_help_needs_is_kept_as_it_can_be_dialed(typed: Typed, kept: tuple[str | None, str | None]) -> None:
    assert values.read(typed) == kept


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (Typed(CrisisFact.PLACE, " "), {"name"}),
        (Typed(CrisisFact.CONTACT, "", ""), {"name", "phone"}),
        (Typed(CrisisFact.CALL_BACK, "", "555-0142"), {"phone"}),
        (Typed(CrisisFact.DISPATCH, "Hillsborough", "911"), {"phone"}),
        (Typed(CrisisFact.DISPATCH, "a\0b", "(813) 555-0111"), {"name"}),
    ],
)
def test_what_cannot_be_dialed_or_found_says_the_remedy(typed: Typed, wrong: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        values.read(typed)
    assert set(refused.value.fields) == wrong


def test_a_place_and_a_number_to_call_back_hold_for_one_visit_and_contacts_stay() -> None:
    def entry(kind: CrisisFact, visit: VisitId, phone: str) -> CrisisEntry:
        return CrisisEntry(kind, "x", phone, None, visit, DREW, NOW)

    old = [entry(kind, BEFORE, "+18135550100") for kind in CrisisFact]
    newer = entry(CrisisFact.CONTACT, HERE, "+18135550101")
    assert values.standing([*old, newer], HERE) == {CrisisFact.CONTACT: newer, CrisisFact.DISPATCH: old[3]}


async def test_what_is_said_of_open_alerts_is_kept_and_not_asked_again(clinic: Clinic) -> None:
    visit = await consult(clinic)
    ada, drew = clinic.context(clinic.ada, visit.now), clinic.context(clinic.drew, visit.now)
    await answering.request(drew, visit.visit.id, clinic.ada, "phq9")
    for value in (1, 2):
        await answering.answer_item(ada, visit.visit.id, clinic.ada, "phq9", "q9", value)
    first, second = await alerts.to_ask(clinic.conn, visit.visit.id, clinic.ada)
    with pytest.raises(Invalid):
        await alerts.say(
            drew, visit.visit.id, clinic.ada, {first.id: AlertResponse(AlertDisposition.DONE, "Talked about it.")}
        )
    assert await alerts.to_ask(clinic.conn, visit.visit.id, clinic.ada) == (first, second), "nothing is kept by halves"
    drew.events.clear()
    said = {
        first.id: AlertResponse(AlertDisposition.DONE, "Talked about it."),
        second.id: AlertResponse(AlertDisposition.NOT_ADDRESSED, "The line broke."),
    }
    await alerts.say(drew, visit.visit.id, clinic.ada, said)
    assert await alerts.to_ask(clinic.conn, visit.visit.id, clinic.ada) == ()
    (left,) = await alerts.left_open(clinic.conn, clinic.ada)
    assert (left.alert, left.by, left.at, left.reason) == (second.id, clinic.drew, visit.now, "The line broke.")
    still_open = [one.id for one in await answering.alerts(clinic.conn, visit.visit.id) if one.acknowledged is None]
    assert still_open == [second.id], "not addressed is no acknowledgment"
    assert [type(event).__name__ for event in drew.events] == ["AlertAcknowledged", AlertLeftOpen.__name__]


async def test_each_step_of_a_crisis_is_kept_with_who_and_when_and_where_help_was_sent(clinic: Clinic) -> None:
    visit = await consult(clinic)
    later = visit.now + timedelta(minutes=2)
    drew = clinic.context(clinic.drew, later)
    typed = Typed(CrisisFact.DISPATCH, "Hillsborough County", "(813) 555-0111")
    await crisis_path.enter(drew, visit.visit.id, clinic.ada, typed, "Tampa FL")
    place = "412 W Swann Ave, Tampa, FL 33606"
    await crisis_path.take(
        drew, visit.visit.id, clinic.ada, CrisisStep.CALLED_911, said="On their way.", number="911", place=place
    )
    path = await crisis_path.path(clinic.conn, visit.visit.id, clinic.ada)
    entry, (step,) = path.known[CrisisFact.DISPATCH], path.steps
    assert (entry.phone, entry.about, entry.by, entry.at) == ("+18135550111", "Tampa FL", clinic.drew, later)
    assert (step.step, step.said, step.number, step.place) == (CrisisStep.CALLED_911, "On their way.", "911", place)
    assert (step.by, step.at) == (clinic.drew, later)
    assert [type(event).__name__ for event in drew.events] == [CrisisContactEntered.__name__, CrisisStepTaken.__name__]
    with pytest.raises(Invalid):
        await crisis_path.take(drew, visit.visit.id, clinic.ada, CrisisStep.SAID, said=" ")
    with pytest.raises(Refused):
        await crisis_path.take(drew, visit.visit.id, clinic.marcus, CrisisStep.CALLED_911)
