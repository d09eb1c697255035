"""What others may read of this area as it stands; everything that changes it is a use case."""

from emr.visits.course_repository import Participant, guests_of, last_events, last_statement, participants, statements
from emr.visits.line_repository import in_line
from emr.visits.repository import (
    ahead,
    between,
    called_off,
    get,
    in_progress,
    in_progress_of,
    never_ended,
    never_held,
    of_day,
    of_patient,
    of_patients,
)

__all__ = [
    "Participant",
    "ahead",
    "between",
    "called_off",
    "get",
    "guests_of",
    "in_line",
    "in_progress",
    "in_progress_of",
    "last_events",
    "last_statement",
    "never_ended",
    "never_held",
    "of_day",
    "of_patient",
    "of_patients",
    "participants",
    "statements",
]
