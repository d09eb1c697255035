"""A machine that walks through the clinic as everybody in it, and looks after each step for what must not be.

What one person does at a time is here; `machine_crossing.py` mixes people up, `machine_sql.py` goes around the pages.
The model says what the answers must have been; the judge says, of the database alone, whether a prescription stands in
it that should not.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from compliance.shared.vocabulary import Role
from emr.visits.model import Modality
from tests.server.gate import scenes, verbs
from tests.server.gate.model import OPEN, CheckedIn, Known, Model
from tests.server.gate.world import PATIENTS, PRESCRIBERS, World

patients = st.sampled_from(list(PATIENTS))
prescribers = st.sampled_from(PRESCRIBERS)
medicines = st.sampled_from(list(verbs.FORMS))
numbers = st.integers(0, 20)
CONTROLLED = ("alprazolam", "lisdexamfetamine")
# Texts beside the medicine's own: the last two hide another one, and a name beside the product is only what was typed.
WORDS: tuple[dict[str, str], ...] = (
    {"name": "alprazolam 1 mg"},
    {"name": "sertraline 50 mg tablet"},
    {"reason": "methylphenidate wore off"},
    {"indication": "sleep; alprazolam 1 mg at bedtime #60"},
    {"indication": "calm (give l\u200borazepam)"},
)
HIDES = WORDS[3:]
SUPPLIES: tuple[dict[str, str], ...] = (
    {"refills": "1"},
    {"refills": "5"},
    {"refills": "11"},
    {"days": "90", "refills": "3"},
)
SCENES = (
    (Modality.IN_PERSON, "alprazolam"),
    (Modality.VIDEO, "sertraline"),
    (Modality.IN_PERSON, "lisdexamfetamine"),
    (Modality.IN_PERSON, "sertraline"),
    None,
)


class People(RuleBasedStateMachine):
    """Everybody in the clinic, by what the pages and the use cases let them do."""

    world: ClassVar[World]
    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.world.new_patients()
        self.model = Model()
        self.last: tuple[str, str, UUID, dict[str, str]] | None = None

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert self.world.judged() == ()
        assert self.world.calls_opened == []

    # before and around a visit

    def at(self, which: int) -> Known:
        """A visit: mostly one that is going on, or the newest."""
        newest = list(reversed(self.model.visits))
        newest.sort(key=lambda visit: (not visit.begun, visit.status not in OPEN))
        return newest[min(which * which // 40, len(newest) - 1)]

    @initialize(scene=st.sampled_from(SCENES))
    def begin(self, scene: tuple[Modality, str] | None) -> None:
        """Nothing has happened; or Ada is in a visit with Drew, checked in if in person, and was prescribed one."""
        if scene is None:
            return
        modality, medicine = scene
        there = modality is Modality.IN_PERSON
        visit = scenes.met(self.world) if there else scenes.video(self.world)
        made = CheckedIn("drew", confirmed=True) if there else None
        known = Known(visit, "ada", "drew", modality, "in_progress", "drew", made)
        self.model.visits.append(known)
        assert self._signed(known, "drew", medicine, {})

    @rule(patient=patients, prescriber=prescribers, modality=st.sampled_from(Modality))
    def book(self, patient: str, prescriber: str, modality: Modality) -> None:
        made = verbs.book(self.world, patient, prescriber, modality)
        assert (made is not None) == self.model.treats(prescriber, patient)
        if made is not None:
            self.model.visits.append(Known(made, patient, prescriber, modality))

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers)
    def arrive(self, at: int) -> None:
        visit = self.at(at)
        status = verbs.arrive(self.world, visit.patient, visit.id)
        if status == 303 and visit.status == "scheduled":
            assert not visit.in_person
            visit.status = "waiting"

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, who=prescribers)
    def admit(self, at: int, who: str) -> None:
        visit = self.at(at)
        begun, busy = visit.begun, self.model.busy(visit.patient)
        status = verbs.admit(self.world, who, visit.patient, visit.id)
        if status == 303:
            assert visit.by_hand or (self.model.treats(who, visit.patient) and (begun or not busy))
            self.model.begin(visit, who)

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, who=prescribers)
    def take_over(self, at: int, who: str) -> None:
        visit = self.at(at)
        if verbs.take_over(self.world, who, visit.patient, visit.id) == 303:
            assert visit.by_hand or (visit.begun and self.model.treats(who, visit.patient))
            self.model.take_over(visit, who)

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, who=prescribers)
    def end(self, at: int, who: str) -> None:
        visit = self.at(at)
        if verbs.end(self.world, who, visit.patient, visit.id) == 303:
            assert self.model.treats(who, visit.patient)
            visit.status = "ended"

    # the front desk

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, by=st.sampled_from(("noa", "noa", "noa", "drew", "ruth", "sofia")))
    def state(self, at: int, by: str) -> None:
        visit = self.at(at)
        if verbs.state(self.world, visit.patient, visit.id, by=by):
            assert visit.by_hand or (visit.in_person and visit.status in OPEN)
            assert Role.FRONT_DESK in self.model.roles.get(by, ())
            visit.check_in = CheckedIn(visit.attending or visit.prescriber)

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, name=st.sampled_from((None, None, "somebody else")))
    def confirm(self, at: int, name: str | None) -> None:
        visit = self.at(at)
        if verbs.confirm(self.world, visit.patient, visit.id, name=name):
            assert name is None
            assert visit.by_hand or visit.check_in is not None
            if visit.check_in is not None:
                visit.check_in.confirmed = True
            if visit.status == "scheduled":
                visit.status = "waiting"

    @rule(patient=patients, who=prescribers)
    def come_to_the_clinic(self, patient: str, who: str) -> None:
        """All of it as it should be, unless the patient is in a visit or is a stranger's."""
        held = Role.FRONT_DESK in self.model.roles["noa"] and self.model.treats(who, patient)
        if held and not self.model.busy(patient):
            visit = scenes.met(self.world, patient=patient, prescriber=who)
            made = CheckedIn(who, confirmed=True)
            self.model.visits.append(Known(visit, patient, who, Modality.IN_PERSON, "in_progress", who, made))

    # calls

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, who=st.sampled_from((*PATIENTS, *PRESCRIBERS)))
    def join(self, at: int, who: str) -> None:
        visit = self.at(at)
        if verbs.join(self.world, who, visit.id):
            assert not visit.in_person
            self.model.joined(who)

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers)
    def open_call(self, at: int) -> None:
        visit = self.at(at)
        if visit.in_person:
            assert not verbs.open_call(self.world, visit.prescriber, visit.id)

    # medicines

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, who=prescribers, medicine=medicines)
    def start(self, at: int, who: str, medicine: str) -> None:
        self._start(self.at(at), who, medicine)

    def _start(self, visit: Known, who: str, medicine: str) -> None:
        """By the plain form: signed exactly when it may be."""
        signed = self._signed(visit, who, medicine, {})
        if not visit.by_hand:
            assert signed == self.model.may_sign(visit, who, controlled=medicine in CONTROLLED), self.world.told[-1]

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, medicine=medicines)
    def start_by_who_attends(self, at: int, medicine: str) -> None:
        visit = self.at(at)
        self._start(visit, visit.attending or visit.prescriber, medicine)

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, who=prescribers, medicine=medicines, words=st.sampled_from(WORDS))
    def start_in_other_words(self, at: int, who: str, medicine: str, words: dict[str, str]) -> None:
        visit = self.at(at)
        signed = self._signed(visit, who, medicine, words)
        assert not (signed and words in HIDES and medicine != "alprazolam")

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, medicine=medicines, supply=st.sampled_from(SUPPLIES))
    def start_with_refills(self, at: int, medicine: str, supply: dict[str, str]) -> None:
        visit = self.at(at)
        self._signed(visit, visit.attending or visit.prescriber, medicine, supply)

    def _signed(self, visit: Known, who: str, medicine: str, changes: dict[str, str]) -> bool:
        path, patient = f"/visits/{visit.id}/medicines/start", self.world.id(visit.patient)
        form = verbs.answered(self.world, who, patient, f"{path}/check", {**verbs.FORMS[medicine], **changes})
        answer = self.world.post(who, path, patient, **form)
        signed = answer.status_code == 200 and verbs.SIGNED in answer.text
        if signed:
            assert visit.by_hand or self.model.may_sign(visit, who, controlled=medicine in CONTROLLED)
            self.last = (who, path, patient, form)
            self.reached[f"signed {medicine}"] += 1
        return signed

    @precondition(lambda self: bool(self.model.visits))
    @rule(
        at=numbers, who=prescribers, of=patients, which=numbers, total=st.sampled_from(("50", "100", "0.5", "2", "40"))
    )
    def revise(self, at: int, who: str, of: str, which: int, total: str) -> None:
        """Change, or resume, an order of the patient's list or of somebody else's."""
        visit = self.at(at)
        order, medicine = self._order(of, which)
        form = {**verbs.FORMS.get(medicine, verbs.SERTRALINE), "total": total, "reason": "Partial response"}
        answer = verbs.revise(self.world, who, visit.patient, visit.id, order, form)
        if answer.status_code == 200 and verbs.SIGNED in answer.text:
            assert of == visit.patient
            self.reached[f"revised {medicine}"] += 1

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, of=patients, which=numbers, verb=st.sampled_from((verbs.hold, verbs.stop)))
    def hold_or_stop(self, at: int, of: str, which: int, verb: Callable[..., int]) -> None:
        visit = self.at(at)
        order, _ = self._order(of, which)
        status = verb(self.world, visit.attending or visit.prescriber, visit.patient, visit.id, order)
        assert of == visit.patient or status == 404

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, name=st.sampled_from(("Melatonin 3 mg", "alprazolam 1 mg", "Sertraline 50 mg", "x")))
    def report(self, at: int, name: str) -> None:
        visit = self.at(at)
        verbs.report(self.world, visit.patient, visit.patient, visit.id, name)

    @rule(of=patients, which=numbers, name=st.sampled_from(("alprazolam 1 mg", "Melatonin 5 mg", "sertraline")))
    def rename(self, of: str, which: int, name: str) -> None:
        order, _ = self._order(of, which)
        verbs.rename(self.world, of, self.world.id(of), order, name)

    def _order(self, of: str, which: int) -> tuple[Any, str]:
        found = verbs.current_orders(self.world, of)
        return found[which % len(found)] if found else (UUID(int=which + 1), "")
