"""Samples of the whole pages of a visit: the prescriber's with each panel, the patient's before, in and after it."""

from dataclasses import replace
from datetime import UTC, datetime

from visit_ui.pages.patient.before import (
    ArrivePage,
    DeviceCheckPage,
    LastPlace,
    SafetyTold,
    ScaleForm,
    ScalePage,
    ScaleQuestion,
    ScaleSent,
    WaitingPage,
    WaitingPlace,
)
from visit_ui.pages.patient.my_safety import MySafety, Seen
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import Option
from visit_ui.pages.shell.problem import PartPage
from visit_ui.pages.staff.outcome import Corrected
from visit_ui.pages.visit.call import (
    DoseAhead,
    DueScale,
    GuestVisitPage,
    MyMedicine,
    MyMedicines,
    MyScales,
    NoteState,
    PatientEndedPage,
    PatientVisitPage,
    Stage,
    Tab,
    VisitPage,
)
from visit_ui.pages.visit.parts import Over
from visit_ui.samples.shell.cast import HELP, nobody
from visit_ui.samples.visit import cast, danger, panels, presence

prescriber = VisitPage(
    frame=cast.drew_frame,
    visit=cast.visit,
    banner=cast.banner,
    stage=Stage.CALL,
    starts_at=cast.STARTED,
    call=cast.call_for(cast.drew),
    people=panels.people,
    alerts=panels.no_alerts,
    tab=Tab.OVERVIEW,
    panel=panels.overview,
    medicine_count=3,
    note=NoteState("saved", cast.NOW),
    invite=panels.invite,
    call_back="(813) 555-0142",
    crisis=danger.path,
    open_alerts=danger.end_none,
    presence=presence.attended,
)


def with_panel(name: str, panel: Page) -> VisitPage:
    """The prescriber's page with another fragment in its panel; its name says which tab is chosen."""
    part = name.removeprefix("visit.").split("-")[0]
    tab = {"overview": Tab.OVERVIEW, "symptoms": Tab.SYMPTOMS, "notes": Tab.NOTES}.get(part, Tab.MEDICINES)
    return replace(prescriber, tab=tab, panel=panel)


waiting_stage = replace(
    prescriber,
    presence=None,
    stage=Stage.WAITING,
    call=None,
    waiting_since=cast.CONFIRMED,
    note=NoteState("empty"),
    cancel=True,
)
expected_stage = replace(
    prescriber,
    presence=None,
    stage=Stage.EXPECTED,
    call=None,
    banner=cast.bare_banner,
    call_back=None,
    crisis=danger.path_bare,
    note=NoteState("empty"),
    cancel=True,
)
corrected = Corrected(
    was="Missed",
    to="held",
    by="Noa Reyes",
    at=cast.NOW,
    reason="The link failed, and Dr. Marsh saw her on the clinic’s phone.",
    times="10:05 AM to 10:31 AM",
)
cancelled_stage = replace(expected_stage, stage=Stage.CANCELLED, cancel=False)
missed_stage = replace(
    expected_stage,
    stage=Stage.MISSED,
    cancel=False,
    correct_href=f"/visits/{cast.VISIT}/correct",
    book_href=f"/visits/new?patient={cast.ADA}&of={cast.VISIT}",
)
missed_corrected = replace(missed_stage, correction=corrected)
apart_stage = replace(
    prescriber, stage=Stage.APART, call=None, may_end=False, presence=replace(presence.attended_by_other, apart=True)
)
in_person_stage = replace(prescriber, stage=Stage.IN_PERSON, call=None, presence=presence.ATTENDANCES["checked-in"])
prescriber_other_attends = replace(prescriber, presence=presence.attended_by_other)
ended_stage = replace(
    prescriber,
    presence=None,
    stage=Stage.ENDED,
    call=None,
    ended_words="29 minutes, 10:03 AM to 10:32 AM.",
    tab=Tab.NOTES,
    panel=panels.notes,
)
ended_corrected = replace(
    ended_stage,
    correct_href=f"/visits/{cast.VISIT}/correct",
    correction=replace(corrected, was="Ended", to="broken off", reason="The line broke after a minute." * 8),
)
alerted = replace(
    with_panel("visit.symptoms", panels.symptoms_raised),
    alerts=panels.alerts,
    open_alerts=danger.end_asks,
    crisis=danger.path_full,
    note=NoteState("sealed", cast.NOW),
)

my_medicines = MyMedicines(
    cast.visit,
    (
        MyMedicine("Sertraline", "100 mg a day", "Take one 100 mg tablet each morning.", "for depression"),
        MyMedicine("Hydroxyzine", "25 mg at night if needed", "Take one 25 mg tablet if you can't sleep."),
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
            "From tomorrow 150 mg a day. Until then 100 mg a day.",
            ahead=DoseAhead("From tomorrow", "150 mg a day", "Take one 100 mg and one 50 mg tablet each morning."),
        ),
        MyMedicine("Hydroxyzine", "Stopped", "", None, "You do not take it any more from today.", ended=True),
    ),
    announce="Sertraline: From tomorrow 150 mg a day. Until then 100 mg a day.",
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
    outcome=Over.ENDED,
    starts_at=cast.STARTED,
    with_name="Dr. Drew Marsh",
    length_words="29 minutes",
    medicines=my_medicines_changed,
    next_visit="Tuesday, January 5 at 10:00 AM EST",
    help_phone=cast.CLINIC,
    safety=safety_quiet,
)
cancelled = replace(ended, outcome=Over.CANCELLED, length_words=None)
ended_put_right = replace(ended, correction=replace(corrected, was="Ended"))
missed_put_right = replace(ended, outcome=Over.MISSED, length_words=None, correction=corrected)
missed = replace(ended, outcome=Over.MISSED, length_words=None, next_visit=None)
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
        "call_back": "Write a number with ten digits, such as 813 555 0142.",
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
waiting_over = replace(waiting, place=replace(place, over=Over.CANCELLED), scales=no_scales, agenda=())
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

PAGES: dict[str, Page] = {
    **danger.PAGES,
    "visit.prescriber": prescriber,
    **{
        f"visit.page-{name.removeprefix('visit.')}": with_panel(name, panel) for name, panel in panels.FRAGMENTS.items()
    },
    "visit.part": PartPage(nobody("Part of a page"), panels.adjust_refused, cast.visit.base),
    "visit.stage-waiting": waiting_stage,
    "visit.stage-waiting-in-a-call": replace(
        waiting_stage, in_call_href="/visits/55555555-5555-4555-8555-555555555555"
    ),
    "visit.stage-expected": expected_stage,
    "visit.stage-apart": apart_stage,
    "visit.stage-in-person": in_person_stage,
    **{
        f"visit.stage-in-person-{name}": replace(in_person_stage, presence=presence.ATTENDANCES[name])
        for name in ("not-checked-in", "other-checked-in", "void", "long")
    },
    "visit.stage-in-person-expected": replace(
        in_person_stage, began=False, presence=presence.ATTENDANCES["nobody-yet"], cancel=True
    ),
    "visit.stage-in-person-early": replace(
        in_person_stage, began=False, opens_at=cast.CONFIRMED, presence=presence.ATTENDANCES["not-checked-in"]
    ),
    "visit.prescriber-other-attends": prescriber_other_attends,
    **presence.REFUSALS,
    "visit.stage-ended": ended_stage,
    "visit.stage-cancelled": cancelled_stage,
    "visit.stage-missed": missed_stage,
    "visit.stage-missed-corrected": missed_corrected,
    "visit.stage-ended-corrected": ended_corrected,
    "visit.alerted": alerted,
    "visit.patient": patient_call,
    "visit.patient-told": patient_told,
    "visit.patient-seen": patient_seen,
    "visit.patient-sound": replace(patient_call, call=replace(patient_call.call, sound_only=True)),
    "visit.guest": guest_call,
    "visit.ended": ended,
    "visit.cancelled": cancelled,
    "visit.missed": missed,
    "visit.ended-put-right": ended_put_right,
    "visit.missed-put-right": missed_put_right,
    "visit.left": left,
    "visit.ended-guest": ended_guest,
    "visit.device-check": device_check,
    "visit.device-check-sound": replace(device_check, call=replace(device_check.call, sound_only=True)),
    "visit.arrive": arrive,
    "visit.arrive-early": replace(arrive, opens_at=cast.CONFIRMED, closed_why="The visit opens later."),
    "visit.arrive-first": arrive_first,
    "visit.arrive-refused": arrive_refused,
    "visit.waiting": waiting,
    "visit.waiting-next": waiting_next,
    "visit.waiting-told": replace(waiting, safety=safety_told),
    "visit.ended-seen": replace(ended, safety=safety_seen),
    "visit.waiting-over": waiting_over,
    "visit.scale": scale,
    "visit.scale-refused": scale_refused,
}
"""Whole pages, by name."""

FRAGMENTS: dict[str, Page] = {
    **danger.FRAGMENTS,
    **panels.FRAGMENTS,
    **panels.OTHER_FRAGMENTS,
    **{f"visit.attendance-{name}": fragment for name, fragment in presence.ATTENDANCES.items()},
    "visit.my-medicines": my_medicines,
    "visit.my-medicines-changed": my_medicines_changed,
    "visit.my-medicines-unknown": my_medicines_unknown,
    "visit.my-medicines-none": my_medicines_none,
    "visit.my-scales": my_scales,
    "visit.my-scales-none": no_scales,
    "visit.my-safety": safety_told,
    "visit.my-safety-quiet": safety_quiet,
    "visit.my-safety-seen": safety_seen,
    "visit.waiting-place": place,
    "visit.waiting-admitted": replace(place, admitted=True),
    "visit.scale-in-call": replace(scale_form, in_call=True),
    "visit.scale-sent": ScaleSent(cast.visit, "How you have been", "Dr. Marsh"),
    "visit.safety-told": SafetyTold(cast.visit, "Dr. Marsh", told=True),
    "visit.safety-not-told": SafetyTold(cast.visit, "Dr. Marsh", told=False),
}
"""Fragments, by name."""

SAMPLES: dict[str, Page] = {**PAGES, **FRAGMENTS}
