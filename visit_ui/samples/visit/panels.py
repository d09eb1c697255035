"""Samples of the panel in its states: overview, symptoms, alerts, who is there; and all its fragments by name."""

from dataclasses import replace
from datetime import UTC, date, datetime

from visit_ui.pages.shell.frame import Page
from visit_ui.pages.visit.chart import ChartView
from visit_ui.pages.visit.panels import (
    AgendaItem,
    AlertStrip,
    ChangeLine,
    Invitable,
    Invited,
    InviteForm,
    InviteValues,
    ItemAnswer,
    OverviewPanel,
    PeoplePresent,
    Present,
    RequestState,
    SafetyAlert,
    ScaleCard,
    ScaleResult,
    SymptomsPanel,
)
from visit_ui.samples.visit import cast, danger, dosing, medicines, notes

overview = OverviewPanel(
    visit=cast.visit,
    since=date(2026, 10, 27),
    changes=(
        ChangeLine("minus", "PHQ-9 unchanged at 9", "It had been falling. Self-harm item: 0"),
        ChangeLine("plus", "Night sweats, mild", "New since Nov 9, most nights"),
        ChangeLine("clock", "Wakes at 3 am, 4 of 7 nights", "Was 6 of 7. Asleep in 25 min"),
        ChangeLine("pill", "Took 26 of 28 doses", "Missed two weekend mornings"),
    ),
    agenda=(
        AgendaItem("Is the sweating from the sertraline?", date(2026, 11, 15)),
        AgendaItem("Could a higher dose help me sleep through?", cast.TODAY),
    ),
    chart=cast.phq9_chart,
    medicines=cast.medicines,
    none_confirmed=False,
)
# As full as it gets: five lines to be read at a glance, and more of each a word away.
overview_full = replace(
    overview,
    changes=(
        *overview.changes,
        ChangeLine("arrow-up", "Sertraline up to 150 mg a day to up to 200 mg a day", "From 6 Nov"),
    ),
    more_changes=(ChangeLine("minus", "Weight 71 kg", "Was 71 kg on 27 Oct"),),
    agenda=(*overview.agenda, *overview.agenda, *overview.agenda),
)
overview_first = OverviewPanel(cast.visit, None, (), (), None, (), none_confirmed=False)
overview_quiet = replace(overview, changes=(), agenda=(), medicines=(), none_confirmed=True)
_one = replace(
    cast.phq9_timeline,
    key="phq9-one",
    scores=cast.PHQ9_SCORES[-1:],
    medicines=(),
    side_effects=(),
    visits=(cast.TODAY,),
)
overview_one_point = replace(overview, chart=ChartView("PHQ-9", _one))
overview_proposed = replace(
    overview,
    chart=ChartView("PHQ-9 and sertraline", replace(cast.phq9_timeline, medicines=(cast.SERTRALINE_PROPOSED,))),
)

_PHQ9_ITEMS = (
    ("Little interest or pleasure in doing things", 1),
    ("Feeling down, depressed, or hopeless", 1),
    ("Trouble falling or staying asleep, or sleeping too much", 2),
    ("Feeling tired or having little energy", 2),
    ("Poor appetite or overeating", 1),
    (
        "Feeling bad about yourself - or that you are a failure or have let yourself or your family down",
        1,
    ),
    ("Trouble concentrating on things, such as reading the newspaper or watching television", 1),
    ("Moving or speaking so slowly that other people could have noticed. Or the opposite", 0),
    ("Thoughts that you would be better off dead, or of hurting yourself in some way", 0),
)
_WORDS = ("Not at all", "Several days", "More than half the days", "Nearly every day")
_items = tuple(
    ItemAnswer(text, _WORDS[score], score, is_safety=index == 8) for index, (text, score) in enumerate(_PHQ9_ITEMS)
)
_raised = (*_items[:8], replace(_items[8], answer=_WORDS[2], score=2))
_answered_at = datetime(2026, 11, 22, 23, 41, tzinfo=UTC)
phq9_card = ScaleCard(
    "phq9",
    "PHQ-9",
    "depression",
    cast.phq9_chart,
    ScaleResult(9, 27, "mild", _answered_at, _items),
    RequestState.NOT_ASKED,
)
gad7_card = ScaleCard(
    "gad7",
    "GAD-7",
    "anxiety",
    cast.gad7_chart,
    ScaleResult(7, 21, "mild", _answered_at, ()),
    RequestState.REQUESTED,
    cast.NOW,
)
symptoms = SymptomsPanel(cast.visit, (phq9_card, gad7_card))
symptoms_raised = SymptomsPanel(
    cast.visit,
    (
        replace(
            phq9_card,
            latest=ScaleResult(11, 27, "moderate", cast.NOW, _raised),
            request=RequestState.ANSWERED,
        ),
        replace(gad7_card, request=RequestState.STARTED),
    ),
)
symptoms_empty = SymptomsPanel(
    cast.visit,
    (
        ScaleCard("phq9", "PHQ-9", "depression", None, None, RequestState.NOT_ASKED),
        ScaleCard("gad7", "GAD-7", "anxiety", None, None, RequestState.REQUESTED, cast.NOW),
    ),
)

no_alerts = AlertStrip(cast.visit, (), cast.location, "(813) 555-0142")
alerts = replace(
    no_alerts,
    alerts=(
        SafetyAlert(
            "s1",
            "PHQ-9, item 9",
            "Thoughts that you would be better off dead, or of hurting yourself in some way",
            "More than half the days",
            cast.NOW,
        ),
    ),
)
alerts_bare = replace(alerts, location=None, call_back=None, error="Enter what was done, in a few words.")

people = PeoplePresent(
    cast.visit,
    (
        Present("p-drew", "Dr. Drew Marsh", "Dr. Marsh", "DM", "prescriber", is_here=True, is_self=True),
        Present("p-ada", "Ada Lindqvist", "Ada", "AL", "patient", is_here=True),
        Present("p-ilse", "Ilse Lindqvist", "Ilse", "IL", "guardian", is_here=False),
    ),
)
invite = InviteForm(
    cast.visit,
    (Invited("priya", "Priya Raman", "interpreter"),),
    (
        Invitable("ilse", "Ilse Lindqvist, family of Ada"),
        Invitable("tomas", "Dr. Tomás Beaulieu, psychiatrist"),
    ),
)
invite_added = replace(
    invite,
    invited=(*invite.invited, Invited("ilse", "Ilse Lindqvist", "family")),
    said="Ilse Lindqvist can join. The visit is now on their page.",
)
invite_empty = replace(
    invite,
    invited=(),
    candidates=(),
    error="There is not exactly one person of this full name who can join in this part. Look at the spelling and the "
    "part, or ask the administrator.",
    typed=InviteValues(name="Ilse Lindquist", part="guest_family"),
)

FRAGMENTS: dict[str, Page] = {
    "visit.overview": overview,
    "visit.overview-first": overview_first,
    "visit.overview-quiet": overview_quiet,
    "visit.overview-one-point": overview_one_point,
    "visit.overview-proposed": overview_proposed,
    "visit.symptoms": symptoms,
    "visit.symptoms-raised": symptoms_raised,
    "visit.symptoms-empty": symptoms_empty,
    "visit.medicines": medicines.medicines,
    "visit.medicines-changed": medicines.medicines_changed,
    "visit.medicines-unknown": medicines.medicines_unknown,
    "visit.medicines-report": medicines.medicines_report,
    "visit.medicines-to-hand-off": medicines.medicines_to_hand_off,
    "visit.medicines-read-only": medicines.medicines_read_only,
    "visit.adjust": dosing.adjust,
    "visit.adjust-ready": dosing.adjust_ready,
    "visit.resume": dosing.resume,
    "visit.adjust-open": dosing.adjust_open,
    "visit.adjust-refused": dosing.adjust_refused,
    "visit.adjust-blocked": dosing.adjust_blocked,
    "visit.start": dosing.start,
    "visit.start-blocked": dosing.start_blocked,
    "visit.start-choices": dosing.start_choices,
    "visit.start-unknown": dosing.start_unknown,
    "visit.start-form": dosing.start_form,
    "visit.start-controlled": dosing.start_controlled,
    "visit.stop": medicines.stop,
    "visit.stop-refused": medicines.stop_refused,
    "visit.hold": medicines.hold,
    "visit.notes": notes.notes,
    "visit.notes-new": notes.notes_new,
    "visit.notes-begun": notes.notes_begun,
    "visit.notes-asked-again": notes.notes_asked_again,
    "visit.notes-sealed-after-danger": replace(notes.notes_sealed, stories=danger.stories),
    "visit.notes-sealed": notes.notes_sealed,
    "visit.notes-read-only": notes.notes_read_only,
    "visit.notes-refused": notes.notes_refused,
}
"""What can stand in the panel, by name."""

OTHER_FRAGMENTS: dict[str, Page] = {
    "visit.alerts": alerts,
    "visit.alerts-bare": alerts_bare,
    "visit.alerts-none": no_alerts,
    "visit.people": people,
    "visit.invite": invite,
    "visit.invite-added": invite_added,
    "visit.invite-empty": invite_empty,
}
