"""What people do in the machine's clinic that belongs to somebody else, or at the same moment as somebody else."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from compliance.shared.vocabulary import Role
from tests.server.gate import verbs
from tests.server.gate.machine import People, medicines, numbers, prescribers

GRANTS = (
    ("drew", Role.PRESCRIBER),
    ("noa", Role.FRONT_DESK),
    ("drew", Role.FRONT_DESK),
    ("sofia", Role.FRONT_DESK),
    ("sofia", Role.PRESCRIBER),
    ("noa", Role.PRESCRIBER),
    ("noa", Role.SUPERVISOR),
    ("carla", Role.FRONT_DESK),
    ("tomas", Role.FRONT_DESK),
)


class Crossing(People):
    """Roles given and taken, forms sent again, another visit's ids, and two at once."""

    @rule(given=st.sampled_from(GRANTS))
    def grant(self, given: tuple[str, Role]) -> None:
        who, role = given
        if verbs.grant(self.world, who, role):
            self.model.roles[who].add(role)

    @rule(who=st.sampled_from(("drew", "sofia", "noa", "tomas", "carla")), role=st.sampled_from(Role))
    def revoke(self, who: str, role: Role) -> None:
        assert verbs.revoke(self.world, who, role)
        self.model.roles[who].discard(role)

    @rule()
    def replay(self) -> None:
        """The very same form that was signed is sent again, twice at once."""
        if self.last is not None:
            who, path, patient, form = self.last
            verbs.at_once(self.world, (who, path, patient, form), (who, path, patient, form))

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, beside=numbers, who=prescribers, medicine=medicines)
    def mix_up(self, at: int, beside: int, who: str, medicine: str) -> None:
        """A form of one visit, naming the patient of another."""
        visit, other = self.at(at), self.at(beside)
        path = f"/visits/{visit.id}/medicines/start"
        answer = self.world.post(who, path, self.world.id(other.patient), **verbs.FORMS[medicine])
        assert visit.patient == other.patient or verbs.SIGNED not in answer.text

    @precondition(lambda self: bool(self.model.visits))
    @rule(at=numbers, beside=numbers, who=prescribers, what=st.sampled_from(("admit", "take-over", "end")))
    def at_once(self, at: int, beside: int, who: str, what: str) -> None:
        """Somebody signs, or admits, while somebody admits another visit, takes this one over or ends it."""
        visit, other = self.at(at), self.at(beside)
        patient, mine = self.world.id(visit.patient), visit.attending or visit.prescriber
        sign = verbs.answered(
            self.world, mine, patient, f"/visits/{visit.id}/medicines/start/check", verbs.FORMS["alprazolam"]
        )
        first = (mine, f"/visits/{visit.id}/medicines/start", patient, sign)
        if what == "admit":
            first = (visit.prescriber, f"/visits/{visit.id}/admit", patient, {})
        second = other if what == "admit" else visit
        then = (second.prescriber if what == "admit" else who, f"/visits/{second.id}/{what}")
        statuses = verbs.at_once(self.world, first, (*then, self.world.id(second.patient), {}))
        if what == "admit" and statuses[0] == 303:
            self.model.begin(visit, visit.prescriber)
        if statuses[1] == 303 and what != "end":
            (self.model.begin if what == "admit" else self.model.take_over)(second, then[0])
        elif statuses[1] == 303:
            second.status = "ended"
