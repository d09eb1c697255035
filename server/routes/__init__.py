"""The route table: every page, fragment and change, with the action it needs. Nothing else is served."""

from server.routes import (
    adjusting,
    before,
    day,
    ending,
    home,
    log,
    medicine_list,
    my_medicines,
    my_parts,
    notes,
    overview,
    patients,
    people,
    scales,
    starting,
    symptoms,
    visit_page,
    visits,
)

# Order matters only where a fixed word stands where another row has an id: the fixed word comes first.
ROWS = (
    *home.ROWS,
    *day.ROWS,
    *visits.ROWS,
    *before.ROWS,
    *scales.ROWS,
    *overview.ROWS,
    *symptoms.ROWS,
    *medicine_list.ROWS,
    *starting.ROWS,
    *adjusting.ROWS,
    *ending.ROWS,
    *notes.ROWS,
    *my_medicines.ROWS,
    *my_parts.ROWS,
    *visit_page.ROWS,
    *patients.ROWS,
    *log.ROWS,
    *people.ROWS,
)
