"""What others may read of this area as it stands; everything that changes it is a use case."""

from emr.visits.course_repository import Participant, guests_of, last_events, last_statement, participants, statements
from emr.visits.repository import (
    VISIT_COLUMNS,
    ahead,
    between,
    called_off,
    get,
    in_progress,
    in_progress_of,
    invited_to,
    last_ended,
    never_ended,
    never_held,
    of_day,
    of_patient,
    of_patients,
    visit_of,
)

__all__ = [
    "VISIT_COLUMNS",
    "Participant",
    "ahead",
    "between",
    "called_off",
    "get",
    "guests_of",
    "in_progress",
    "in_progress_of",
    "invited_to",
    "last_ended",
    "last_events",
    "last_statement",
    "never_ended",
    "never_held",
    "of_day",
    "of_patient",
    "of_patients",
    "participants",
    "statements",
    "visit_of",
]
