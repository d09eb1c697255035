"""What is true of the visits, kept from the answers alone: who treats, how they meet, whether a check-in holds."""

from dataclasses import dataclass, field

from compliance.shared.vocabulary import Role
from emr.shared.ids import VisitId
from emr.visits.model import Modality
from tests.server.gate.world import PATIENTS, ROLES_OF

OPEN = ("scheduled", "waiting", "in_progress")


@dataclass(slots=True)
class CheckedIn:
    """The newest check-in of a visit."""

    prescriber: str
    confirmed: bool = False
    void: bool = False


@dataclass(slots=True)
class Known:
    """One visit. `by_hand`: SQL went around the code in it, so that only the database says what is true."""

    id: VisitId
    patient: str
    prescriber: str
    modality: Modality
    status: str = "scheduled"
    attending: str | None = None
    check_in: CheckedIn | None = None
    by_hand: bool = False

    @property
    def in_person(self) -> bool:
        return self.modality is Modality.IN_PERSON

    @property
    def begun(self) -> bool:
        return self.status == "in_progress"


@dataclass(slots=True)
class Model:
    """The visits in the order in which they were booked, and who holds which role."""

    visits: list[Known] = field(default_factory=list)
    roles: dict[str, set[Role]] = field(default_factory=lambda: {name: set(held) for name, held in ROLES_OF.items()})

    def treats(self, who: str, patient: str) -> bool:
        """Whether that person may act for the patient at all."""
        return who in PATIENTS[patient] and Role.PRESCRIBER in self.roles.get(who, ())

    def begin(self, visit: Known, who: str) -> None:
        """The visit was admitted by that person; admitting once more changes nothing."""
        if not visit.begun:
            visit.status, visit.attending = "in_progress", who
            self._for_another(visit, who)

    def take_over(self, visit: Known, who: str) -> None:
        if visit.attending != who:
            visit.attending = who
            if visit.check_in is not None:
                visit.check_in.void = True

    def _for_another(self, visit: Known, who: str) -> None:
        if visit.check_in is not None and visit.check_in.prescriber != who:
            visit.check_in.void = True

    def joined(self, who: str) -> None:
        """Somebody joined a call: check-ins of theirs are void."""
        for visit in self.visits:
            if visit.check_in is not None and who in (visit.patient, visit.check_in.prescriber):
                visit.check_in.void = True

    def may_sign(self, visit: Known, who: str, *, controlled: bool) -> bool:
        """Whether that person may prescribe in the visit: something, or something controlled."""
        attends = visit.begun and visit.attending == who and self.treats(who, visit.patient)
        made = visit.check_in
        holds = made is not None and made.confirmed and not made.void and made.prescriber == who
        return attends and (not controlled or (visit.in_person and holds))

    def busy(self, patient: str) -> bool:
        """Whether the patient is in a visit."""
        return any(visit.begun for visit in self.visits if visit.patient == patient)
