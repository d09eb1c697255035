"""What a change of a patient's medicines rests on: locked first and then read once, so that what is checked, decided
upon and signed is what is current until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from emr.chart import list_order
from emr.chart import reading as charts
from emr.chart.model import Chart, MedicationListEntry
from emr.medications import repository as medications
from emr.medications.clearance import NOTHING, Clearance
from emr.medications.model import Order, OrderOrigin
from emr.medications.repository import Controlled
from emr.people import repository as people_records
from emr.people.model import Patient, Person
from emr.presence import repository as presence
from emr.presence.model import Attendance, CheckIn, Site
from emr.shared.contact import StatedContact
from emr.shared.context import UseCaseContext
from emr.shared.errors import Conflict, NotFound, Refused
from emr.shared.ids import CheckInId, OrderId, PersonId, VisitId
from emr.shared.together import together
from emr.visits import course_repository as courses
from emr.visits import repository as visits
from emr.visits.course_repository import Participant
from emr.visits.model import Visit

CHANGED = "This medicine was changed in the meantime. Nothing was signed. Review it as it is now."


@dataclass(frozen=True, slots=True)
class Ground:
    """A visit and its patient's chart at one moment. `locked`: under the lock of the list; else only to be looked at.

    `stated`: what the patient said last of where they are. `attendance`: who treats now, or did last. `check_in`: the
    newest. `sites`: the open ones. `people`: who acts, and who belongs or belonged to the visit. `controlled`: what was
    prescribed of controlled substances, by order.
    """

    locked: bool
    visit: Visit
    stated: StatedContact | None
    attendance: Attendance | None
    check_in: CheckIn | None
    sites: tuple[Site, ...]
    patient: Patient
    participants: tuple[Participant, ...]
    people: Mapping[PersonId, Person]
    chart: Chart
    controlled: Mapping[OrderId, Controlled]

    @property
    def treats(self) -> PersonId | None:
        """Who treats in the visit now, or did last; None: nobody has."""
        return self.attendance.prescriber if self.attendance else None

    @property
    def lines(self) -> tuple[MedicationListEntry, ...]:
        """The whole list: current lines first, then those stopped."""
        return (*self.chart.entries, *self.chart.stopped)

    def line_of(self, order: OrderId) -> MedicationListEntry:
        """The line that an order belongs to, whether or not it is still current. NotFound: none of this patient's."""
        for line in self.lines:
            if any(each.id == order for each in line.history):
                return line
        raise NotFound

    def current(self, order: OrderId) -> Order:
        """The order, if it is still current. Raises as `current_order`."""
        now = self.line_of(order).current
        if now.id != order:
            raise Conflict("order_changed", CHANGED, now)
        return now

    def after(self, order: Order, clearance: Clearance | None = None) -> Ground:
        """As it is once this order is written, by that clearance when it prescribes."""
        before = next((line for line in self.lines if line.current.id == order.replaces), None)
        others = [line for line in self.lines if line is not before]
        lines = list_order.ordered([*others, self._followed(before, order)], list_order.beside())
        controlled = dict(self.controlled)
        if clearance is not None and clearance.schedule != "none":
            check_in = None if clearance.check_in_id == NOTHING else CheckInId(clearance.check_in_id)
            controlled[order.id] = Controlled(order.id, clearance.decision_id, clearance.schedule, check_in)
        return replace(self, chart=self.chart.with_lines(lines), controlled=controlled)

    def _followed(self, line: MedicationListEntry | None, order: Order) -> MedicationListEntry:
        author = self.people[order.author].name_words
        if line is None:
            return MedicationListEntry(order, (order,), author)
        same = (line.current.status, line.current.dose) == (order.status, order.dose)
        kept = same or order.kind is not OrderOrigin.PRESCRIBED_HERE
        return MedicationListEntry(order, (*line.history, order), line.by if kept else author)


async def read(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, *, lock: bool = True) -> Ground:
    """Waits until nobody else changes this patient's list, then reads. Held until the transaction ends. Without `lock`
    it is only to be looked at: nothing may be signed on it.

    Raises NotFound for an unknown visit or patient, Refused("wrong_patient") when the two disagree.
    """
    conn = context.conn
    if lock:
        await medications.lock_list(conn, patient_id)
    visit, (stated, attendance, check_in), sites, patients, invited, people, chart, controlled = await together(
        conn,
        visits.get(conn, visit_id),
        _course(context, visit_id),
        presence.sites(conn),
        people_records.patients(conn, [patient_id]),
        courses.participants(conn, [visit_id]),
        charts.people_around(conn, visit_id, context.actor),
        charts.read(conn, patient_id, context.now),
        medications.controlled_of(conn, patient_id),
    )
    if visit is None:
        raise NotFound
    if visit.patient != patient_id:
        raise Refused("wrong_patient", "This page was opened for another patient. Nothing was changed.")
    return Ground(
        locked=lock,
        visit=visit,
        stated=stated,
        attendance=attendance,
        check_in=check_in,
        sites=sites,
        patient=patients[patient_id],
        participants=invited.get(visit_id, ()),
        people=people,
        chart=chart,
        controlled=controlled,
    )


async def _course(
    context: UseCaseContext, visit: VisitId
) -> tuple[StatedContact | None, Attendance | None, CheckIn | None]:
    """What was stated, who treats, and the newest check-in."""
    conn = context.conn
    stated, attending, checked_in = await together(
        conn,
        courses.statements(conn, [visit]),
        presence.attending_each(conn, [visit]),
        presence.check_ins(conn, [visit], context.now),
    )
    return stated.get(visit), attending.get(visit), checked_in.get(visit)


async def current_order(context: UseCaseContext, patient_id: PersonId, order_id: OrderId) -> Order:
    """The order, if it is this patient's and still current; to be called with the list locked.

    NotFound when it is not this patient's; Conflict, carrying the order that is current now, when it was replaced.
    """
    seen = await medications.get(context.conn, order_id)
    if seen is None or seen.patient != patient_id:
        raise NotFound
    now = await medications.current_of(context.conn, seen.chain)
    if now is None or now.id != order_id:
        raise Conflict("order_changed", CHANGED, now or seen)
    return now
