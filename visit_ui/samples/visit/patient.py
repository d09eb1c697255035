"""Samples of what the patient, and a guest, see of a visit: before, in and after it."""

from dataclasses import replace
from datetime import UTC, datetime

from visit_ui.pages.patient.before import (
    ArrivePage,
    DeviceCheckPage,
    LastPlace,
    ScaleForm,
    ScalePage,
    ScaleQuestion,
    WaitingPage,
    WaitingPlace,
)
from visit_ui.pages.patient.my_safety import MySafety, Seen
from visit_ui.pages.shell.parts import Option
from visit_ui.pages.visit.call import (
    DoseAhead,
    DueScale,
    GuestVisitPage,
    MyMedicine,
    MyMedicines,
    MyScales,
    PatientEndedPage,
    PatientVisitPage,
)
from visit_ui.pages.visit.parts import VisitEnding
from visit_ui.samples.shell.cast import HELP
from visit_ui.samples.visit import cast, panels

my_medicines = MyMedicines(
    cast.visit,
    (
        MyMedicine("Sertraline", "100 mg a day", "Take one 100 mg tablet each morning.", "for depression"),
        MyMedicine("Hydroxyzine", "25 mg at night as needed", "Take one 25 mg tablet if you can't sleep."),
        MyMedicine("Melatonin", "3 mg at night", "You told us about this one."),
    ),
    none_confirmed=False,
)
my_medicines_changed = replace(
    my_medicines,
    medicines=(
        MyMedicine(
            "Sertraline",
            "100 mg a day",
            "Take one 100 mg tablet each morning.",
            "for depression",
            "Starting tomorrow 150 mg a day. Until then 100 mg a day.",
            ahead=DoseAhead("Starting tomorrow", "150 mg a day", "Take one 100 mg and one 50 mg tablet each morning."),
        ),
        MyMedicine("Hydroxyzine", "Stopped", "", None, "You do not take it any more from today.", ended=True),
    ),
    announce="Sertraline: Starting tomorrow 150 mg a day. Until then 100 mg a day.",
)
my_medicines_unknown = MyMedicines(cast.visit, (), none_confirmed=False)
my_medicines_none = MyMedicines(cast.visit, (), none_confirmed=True)
my_scales = MyScales(
    cast.visit,
    (
        DueScale("phq9", "How you have been", "9 questions, about 2 minutes.", done=True),
        DueScale("gad7", "Worry and nerves", "7 questions, about 1 minute.", done=False),
    ),
    "Dr. Marsh",
)
safety_quiet = MySafety(cast.visit, HELP, "Dr. Marsh", answered=False)
safety_told = replace(safety_quiet, answered=True)
safety_seen = replace(safety_told, seen=Seen("Dr. Marsh", cast.NOW))
no_scales = MyScales(cast.visit, (), "Dr. Marsh")
patient_call = PatientVisitPage(
    frame=cast.ada_frame("Your visit"),
    visit=cast.visit,
    call=cast.call_for(cast.ada),
    people=panels.people,
    with_name="Dr. Drew Marsh",
    with_short="Dr. Marsh",
    medicines=my_medicines_changed,
    scales=my_scales,
    safety=safety_quiet,
    help_phone=cast.CLINIC,
)
patient_told = replace(patient_call, safety=safety_told)
patient_seen = replace(patient_call, safety=safety_seen, scales=no_scales)
guest_call = GuestVisitPage(
    frame=cast.guest_frame(),
    visit=cast.visit,
    call=cast.call_for(cast.ilse),
    people=panels.people,
    with_name="Dr. Drew Marsh",
    why_here="You are here as Ada's guardian",
    help_phone=cast.CLINIC,
)
ended = PatientEndedPage(
    frame=cast.ada_frame("Your visit has ended"),
    visit=cast.visit,
    outcome=VisitEnding.ENDED,
    starts_at=cast.STARTED,
    with_name="Dr. Drew Marsh",
    length_words="29 minutes",
    medicines=my_medicines_changed,
    next_visit="Tuesday, January 5 at 10:00 AM EST",
    help_phone=cast.CLINIC,
    safety=safety_quiet,
)
cancelled = replace(ended, outcome=VisitEnding.CANCELLED, length_words=None)
ended_put_right = replace(ended, correction=replace(cast.corrected, was="Ended"))
missed_put_right = replace(ended, outcome=VisitEnding.MISSED, length_words=None, correction=cast.corrected)
missed = replace(ended, outcome=VisitEnding.MISSED, length_words=None, next_visit=None)
left = replace(ended, rejoin_url=f"/visits/{cast.VISIT}")
ended_guest = replace(
    ended, frame=cast.guest_frame(), medicines=None, next_visit=None, length_words=None, safety=None, guest=True
)

device_check = DeviceCheckPage(
    frame=cast.ada_frame("Check your devices"),
    visit=cast.visit,
    with_name="Dr. Drew Marsh",
    starts_at=cast.STARTED,
    call=cast.call_for(cast.ada),
    next_words="Go to the waiting room",
    opens_words="You can join in 9 minutes.",
    help_phone=cast.CLINIC,
)
_STATES = (Option("AL", "Alabama"), Option("FL", "Florida"), Option("GA", "Georgia"))
arrive = ArrivePage(
    frame=cast.ada_frame("Where are you now?"),
    visit=cast.visit,
    last=LastPlace("At home, Tampa", "1408 E Palm Ave", "Tampa", "FL", "33605"),
    states=_STATES,
    call_back="(813) 555-0142",
)
arrive_first = replace(arrive, last=None, call_back="")
arrive_refused = replace(
    arrive,
    line="1408 E Palm Ave",
    city="Tampa",
    errors={
        "state": "Choose the state you are in now.",
        "call_back": "Enter a number with ten digits, such as 813 555 0142.",
    },
)
place = WaitingPlace(cast.visit, "Dr. Marsh", 1, 5, datetime(2026, 11, 24, 15, 5, tzinfo=UTC))
waiting = WaitingPage(
    frame=cast.ada_frame("Waiting room"),
    visit=cast.visit,
    place=place,
    with_name="Dr. Drew Marsh",
    with_role="Psychiatrist",
    with_initials="DM",
    minutes=30,
    scales=my_scales,
    safety=safety_quiet,
    place_words="Home, Tampa FL",
    call_back="(813) 555-0142",
    confirmed_at=cast.CONFIRMED,
    agenda=("Is the sweating from the sertraline?", "Could a higher dose help me sleep through?"),
    help_phone=cast.CLINIC,
)
waiting_over = replace(waiting, place=replace(place, over=VisitEnding.CANCELLED), scales=no_scales, agenda=())
waiting_next = replace(waiting, place=replace(place, before=0, late_minutes=None), scales=no_scales, agenda=())
_ANSWERS = tuple(
    Option(str(value), words)
    for value, words in enumerate(("Not at all", "Several days", "More than half the days", "Nearly every day"))
)
scale_form = ScaleForm(
    visit=cast.visit,
    scale="phq9",
    title="How you have been",
    stem="Over the last 2 weeks, how often have you been bothered by any of the following problems?",
    questions=(
        ScaleQuestion("q1", "Little interest or pleasure in doing things", _ANSWERS),
        ScaleQuestion("q4", "Feeling tired or having little energy", _ANSWERS, "1"),
        ScaleQuestion(
            "q9",
            "Thoughts that you would be better off dead, or of hurting yourself in some way",
            _ANSWERS,
            safety_from=1,
        ),
        ScaleQuestion(
            "difficulty",
            "If you checked off any problems, how difficult have these problems made it for you?",
            tuple(
                Option(str(value), words)
                for value, words in enumerate(
                    (
                        "Not difficult at all",
                        "Somewhat difficult",
                        "Very difficult",
                        "Extremely difficult",
                    )
                )
            ),
            optional=True,
        ),
    ),
    sees="Dr. Marsh",
    help_now=HELP,
)
scale = ScalePage(
    frame=cast.ada_frame("How you have been"),
    visit=cast.visit,
    form=scale_form,
    title="How you have been",
    back_url=f"/visits/{cast.VISIT}/waiting",
)
scale_refused = replace(scale, form=replace(scale_form, errors={"q1": "Choose the answer that fits best."}))
