"""Parse, propose, check, decide: what becomes of a form, without a server and without a database."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from emr.dosing.ladder import Ladder
from emr.dosing.model import TimeOfDay
from emr.formulary.entries import MedicineId
from emr.medications.model import Order
from emr.people.model import Patient, Person
from emr.prescribing.ground import Ground
from emr.presence.model import Attendance
from emr.shared.contact import StatedContact
from emr.shared.ids import AttendanceId, PersonId
from emr.visits.model import Modality, VisitStatus
from server.application import references
from server.application.prescribe.attempt import PrescribeAttempt, attempt
from server.application.prescribe.parse import DoseFormInput, parse
from server.application.prescribe.propose import MedicineTarget, Proposed, propose
from tests.emr.medicines import ADA, DREW, FORMULARY, NOW, TODAY, chart, started
from tests.emr.test_visit import a_visit
from tests.server.web_process import PLACE

TOMORROW = TODAY + timedelta(days=1)
SERTRALINE = MedicineId("sertraline")
SAID = DoseFormInput("50", "", "morning", False, "", "30", "1", "Partial response", "depression", {})


def ground(*taken: Order, modality: Modality = Modality.VIDEO, treats: PersonId = DREW) -> Ground:
    """Drew with Ada, who says to be in Tampa and takes these."""
    visit = replace(a_visit(VisitStatus.IN_PROGRESS, modality), patient=ADA, prescriber=DREW)
    ada = Person(ADA, "Ada", "Cast", None, None, None, None, "America/New_York")
    made = chart(*taken)
    return Ground(
        locked=True,
        visit=visit,
        stated=StatedContact(PLACE, NOW, ADA),
        attendance=Attendance(AttendanceId(uuid4()), visit.id, ADA, treats, NOW, None),
        check_in=None,
        sites=(),
        patient=Patient(ada, "A-1", made.birth_date or TODAY, None),
        participants=(),
        people={},
        chart=made,
        controlled={},
    )


def tried(on: Ground, about: MedicineTarget, said: DoseFormInput) -> PrescribeAttempt:
    return attempt(references.load(), on, DREW, about, parse(said, about.current, TOMORROW))


def lacks(made: PrescribeAttempt) -> list[str]:
    return [one.field.partition("-")[0] for one in made.missing]


def answered(made: PrescribeAttempt) -> PrescribeAttempt:
    return made.answered({one.key: "Looked at" for one in made.findings})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(SAID, total="050"), "total"),
        (replace(SAID, total="1e2"), "total"),
        (replace(SAID, total="NaN"), "total"),
        (replace(SAID, starts="someday"), "from"),
        (replace(SAID, starts="2027-11-24"), "from"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_field(wrong: DoseFormInput, field: str) -> None:
    assert set(parse(wrong, None, TOMORROW).errors) == {field}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(SAID, days="²"), "days"),
        (replace(SAID, days="91"), "days"),
        (replace(SAID, refills="-1"), "refills"),
        (replace(SAID, total="51"), "total"),
    ],
)
def test_a_dose_that_no_pieces_make_or_no_rule_takes_is_no_proposal(wrong: DoseFormInput, field: str) -> None:
    made = proposed(wrong)
    assert made.proposal is None
    assert set(made.errors) == {field}


def proposed(said: DoseFormInput, about: MedicineTarget | None = None) -> Proposed:
    what = about or MedicineTarget(medicine=SERTRALINE)
    return propose(FORMULARY, what, parse(said, what.current, TOMORROW))


def test_pieces_that_are_none_of_the_rungs_give_the_first_that_are() -> None:
    made = proposed(replace(SAID, total="100", tablets="of my own making x100"))
    assert made.rung is not None
    assert made.picked is made.rung.choices[0]
    assert made.proposal is not None
    assert made.proposal.sig == "Take one 100 mg tablet by mouth each morning."


def test_a_change_keeps_what_the_order_is_for_and_marks_the_dose_that_is_taken() -> None:
    taken = started("sertraline", "50", TimeOfDay.MORNING)
    made = proposed(replace(SAID, total="75", indication=""), MedicineTarget(medicine=SERTRALINE, current=taken))
    assert isinstance(made.ladder, Ladder)
    assert [str(rung.total) for rung in made.ladder.rungs if rung.now] == ["50 mg"]
    assert made.proposal is not None
    assert (made.proposal.indication, made.proposal.replaces) == ("depression", taken.id)


def test_each_thing_that_is_missing_is_named_and_nothing_else_lets_it_be_signed() -> None:
    bare = replace(SAID, total="", reason="", indication="")
    assert lacks(tried(ground(), MedicineTarget(medicine=SERTRALINE), bare)) == ["total"]
    made = tried(ground(), MedicineTarget(medicine=SERTRALINE), replace(bare, total="50"))
    assert lacks(made)[:2] == ["indication", "reason"]
    assert lacks(made)[2:] == ["answer" for one in made.findings if one.needs_answer] != []
    assert not made.may_be_signed
    assert not answered(made).may_be_signed, "neither what it is for nor why is written"
    whole = answered(tried(ground(), MedicineTarget(medicine=SERTRALINE), SAID))
    assert whole.may_be_signed
    assert whole.shown


def test_the_dose_as_it_is_can_be_renewed_and_not_revised() -> None:
    taken = started("sertraline", "50", TimeOfDay.MORNING)
    on, about = ground(taken), MedicineTarget(medicine=SERTRALINE, current=taken)
    assert lacks(answered(tried(on, about, SAID))) == ["total"]
    renewed = answered(tried(on, replace(about, renews=True), SAID))
    assert renewed.may_be_signed
    assert renewed.decided is not None
    assert renewed.decided.decision.action.value == "renew"


@pytest.mark.parametrize(
    ("medicine", "total", "modality", "treats", "allowed"),
    [
        ("sertraline", "50", Modality.VIDEO, DREW, True),
        ("sertraline", "50", Modality.VIDEO, PersonId(uuid4()), False),
        ("alprazolam_ir", "0.5", Modality.VIDEO, DREW, False),
        ("alprazolam_ir", "0.5", Modality.IN_PERSON, DREW, False),
    ],
    ids=["by video", "not who treats", "controlled by video", "controlled and not checked in"],
)
def test_the_policy_decides_on_what_was_read(
    medicine: str, total: str, modality: Modality, treats: PersonId, allowed: bool
) -> None:
    about = MedicineTarget(medicine=MedicineId(medicine))
    made = answered(tried(ground(modality=modality, treats=treats), about, replace(SAID, total=total)))
    assert made.may_be_signed, "as far as the record goes"
    assert made.decided is not None
    assert made.decided.decision.allowed is allowed
