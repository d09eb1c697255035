"""Samples of open safety answers and of the crisis path, in their states."""

from dataclasses import replace

from visit_ui.pages.shell.frame import Page
from visit_ui.pages.visit.danger import (
    AlertAsked,
    AlertNote,
    AlertStory,
    CrisisPath,
    EndVisitPage,
    HelpFact,
    OpenAlerts,
    StepTaken,
)
from visit_ui.samples.visit import cast

QUESTION = "Thoughts that you would be better off dead, or of hurting yourself in some way"
_ASKED = AlertAsked("al-1", "PHQ-9", QUESTION, "More than half the days", cast.NOW)
none_open = OpenAlerts(cast.visit, "note", (), "Safety")
note_asks = replace(none_open, alerts=(_ASKED,))
note_asks_again = replace(
    none_open,
    alerts=(
        replace(_ASKED, error="Say what was done, or why it was not addressed."),
        replace(_ASKED, alert_id="al-2", scale_name="PHQ-8+9", how="not_addressed", words="She left the call."),
    ),
)
end_none = OpenAlerts(cast.visit, "end", ())
end_asks = replace(end_none, alerts=(_ASKED,))
end_asks_again = replace(end_none, alerts=note_asks_again.alerts)
stories = (
    AlertStory(
        "PHQ-9",
        QUESTION,
        "Several days",
        cast.STARTED,
        (
            AlertNote(
                "Not addressed because", "She asked to talk about the sweating first.", "Dr. Drew Marsh", cast.STARTED
            ),
            AlertNote("Done", "Asked about it: no plan, safety plan reviewed.", "Dr. Drew Marsh", cast.NOW),
        ),
    ),
    AlertStory("PHQ-9", QUESTION, "More than half the days", cast.NOW, ()),
)

_PLACE = HelpFact(
    "place",
    "Where she is now",
    cast.location.address,
    None,
    "Ada",
    cast.CONFIRMED,
    None,
    "Street and number, city, state, ZIP code",
    None,
    step="called_911",
    act="I called 911",
    name=cast.location.address,
)
_DISPATCH = HelpFact(
    "dispatch",
    "Local dispatch",
    None,
    None,
    None,
    None,
    "No number. Look it up for Tampa FL.",
    "Dispatch center",
    "Its ten-digit phone number",
    step="called_dispatch",
    act="I called dispatch",
)
_BACK = HelpFact(
    "call_back",
    "Call her back",
    None,
    "(813) 555-0142",
    "Ada",
    cast.CONFIRMED,
    None,
    None,
    "Number",
    step="called_back",
    act="I called her",
    number="(813) 555-0142",
)
_CONTACT = HelpFact(
    "contact",
    "Emergency contact",
    None,
    None,
    None,
    None,
    "None entered. Ask who can be with her.",
    "Name and relationship to the patient",
    "Number",
    step="called_contact",
    act="I called them",
)
path = CrisisPath(
    visit=cast.visit,
    emergency="911",
    from_elsewhere=(
        "911 reaches the dispatch center where you are, not where the patient is. Say first in which city and state "
        "the patient is and ask to be transferred, or call the dispatch center there by its own ten-digit number."
    ),
    from_elsewhere_source="FCC, 911 and E911 Services",
    facts=(_PLACE, _DISPATCH, _BACK, _CONTACT),
    lines=cast.crisis_lines,
)
path_bare = replace(
    path,
    facts=(
        replace(_PLACE, words=None, by=None, at=None, missing="Not stated. Ask her now.", name=""),
        _DISPATCH,
        replace(_BACK, phone=None, by=None, at=None, missing="No number. Ask her now.", number=""),
        _CONTACT,
    ),
)
path_full = replace(
    path,
    facts=(
        _PLACE,
        replace(
            _DISPATCH,
            words="Hillsborough County dispatch",
            phone="(813) 555-0111",
            by="Dr. Drew Marsh",
            at=cast.NOW,
            missing=None,
            warn="Verified for Miami FL; the patient is now in Tampa FL. Verify it again.",
        ),
        _BACK,
        replace(
            _CONTACT,
            words="Ilse Lindqvist, mother",
            phone="(813) 555-0177",
            by="Dr. Drew Marsh",
            at=cast.NOW,
            missing=None,
        ),
    ),
    steps=(
        StepTaken(
            "What was said", None, "Ilse is with her now, the pills are locked away.", "Dr. Drew Marsh", cast.NOW
        ),
        StepTaken("Called 911", cast.location.address, "A unit is on its way.", "Dr. Drew Marsh", cast.STARTED),
    ),
)
path_refused = replace(
    path,
    facts=(
        _PLACE,
        replace(
            _DISPATCH,
            name="911",
            number="911",
            errors={"phone": "Enter the ten-digit number of the dispatch center for the patient's location."},
        ),
        _BACK,
        _CONTACT,
    ),
)
path_read_only = replace(path_full, may_record=False)
end_visit = EndVisitPage(replace(cast.drew_frame, title="Before the visit ends"), cast.visit, end_asks)

PAGES: dict[str, Page] = {
    "visit.end-visit": end_visit,
    "visit.end-visit-again": replace(end_visit, asked=end_asks_again),
}
FRAGMENTS: dict[str, Page] = {
    "visit.open-alerts": note_asks,
    "visit.open-alerts-again": note_asks_again,
    "visit.open-alerts-none": none_open,
    "visit.crisis-path": path,
    "visit.crisis-path-bare": path_bare,
    "visit.crisis-path-full": path_full,
    "visit.crisis-path-refused": path_refused,
    "visit.crisis-path-read-only": path_read_only,
}
