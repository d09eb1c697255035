"""What was read under the lock of a patient's list, as the pages of a visit need it."""

from emr.prescribing.ground import Ground
from emr.shared.ids import PersonId
from emr.visits.model import VisitStatus
from server.presenters.visit_parts import VisitPeople, attended_by, people_among


def people_in(ground: Ground) -> VisitPeople:
    """Everybody who belongs to the visit."""
    visit_people = people_among(ground.visit, ground.patient, ground.people, ground.participants)
    treats = ground.treats if ground.visit.status is VisitStatus.IN_PROGRESS else None
    if treats is None or treats == ground.visit.prescriber:
        return visit_people
    return attended_by(visit_people, ground.people[treats])


def zone_of(ground: Ground, person: PersonId) -> str:
    """The time zone of somebody who was read: whoever acts is."""
    return ground.people[person].zone
