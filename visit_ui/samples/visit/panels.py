"""Samples of the panel's fragments in their states."""

from dataclasses import replace
from datetime import UTC, date, datetime

from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import DoseStep, FindingView, Option, Severity, TabletChoice
from visit_ui.pages.visit.chart import ChartView
from visit_ui.pages.visit.dosing import AdjustPanel, DoseForm, ProductChoice, StartPanel, StepResponse
from visit_ui.pages.visit.medicines import EndKind, EndPanel, MedicinesPanel, ReportValues, StoppedMedicine
from visit_ui.pages.visit.notes import Addendum, NoteSection, NotesPanel, Seal
from visit_ui.pages.visit.panels import (
    AgendaItem,
    AlertStrip,
    Change,
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
from visit_ui.pages.visit.parts import Block, BlockRow, Checks, Missing, WayForward, WayOption
from visit_ui.samples.visit import cast, danger

overview = OverviewPanel(
    visit=cast.visit,
    since=date(2026, 10, 27),
    changes=(
        Change("minus", "PHQ-9 stays at 9", "Was falling. Self-harm item: 0"),
        Change("plus", "Night sweats, mild", "New Nov 9, most nights"),
        Change("clock", "Wakes at 3 am, 4 of 7 nights", "Was 6 of 7. Asleep in 25 min"),
        Change("pill", "Took 26 of 28 doses", "Missed two weekend mornings"),
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
        Change("arrow-up", "Sertraline up to 150 mg a day to up to 200 mg a day", "From 6 Nov"),
    ),
    more_changes=(Change("minus", "Weight 71 kg", "Was 71 kg on 27 Oct"),),
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

medicines = MedicinesPanel(
    cast.visit,
    (
        cast.sertraline_row,
        cast.hydroxyzine_row,
        cast.held_row,
        cast.lorazepam_row,
        cast.melatonin_row,
        cast.tea_row,
    ),
    (StoppedMedicine("Fluoxetine", "20 mg a day", date(2026, 6, 2), "Restless, slept badly."),),
    none_confirmed=False,
)
medicines_changed = replace(
    medicines,
    medicines=(
        replace(
            cast.sertraline_row,
            sentence="150 mg each morning",
            since=cast.TODAY,
            now="150 mg",
            down=None,
            just_changed=True,
        ),
        cast.hydroxyzine_row,
    ),
    stopped=(),
    notice="Sertraline is 150 mg a day from Wed, Nov 25. Signed 10:24 AM. Patient's agreement not asked here.",
    signed=(
        "Take one 100 mg and one 50 mg tablet by mouth each morning. 30 days, 30 of each, 1 refill.",
        "Why: Partial response, flat for four weeks at 100 mg",
        "Two medicines can lengthen QT: No cardiac history today; ECG ordered.",
    ),
)
medicines_unknown = MedicinesPanel(cast.visit, (), (), none_confirmed=False)
medicines_report = replace(
    medicines_unknown,
    report=ReportValues("", "3 mg at night", errors={"name": "Write the name as on the label."}),
)
medicines_to_hand_off = replace(medicines, medicines=(cast.alprazolam_row, cast.sertraline_row), stopped=())
medicines_read_only = replace(
    medicines, may_prescribe=False, may_not_why="The visit has ended. Prescribing needs a visit in progress."
)

findings = (
    FindingView(
        key="qt",
        severity=Severity.WARNING,
        title="two medicines can lengthen QT",
        what="Hydroxyzine with a higher sertraline dose. No ECG on record, no cardiac history given.",
        source="FDA labels, sertraline and hydroxyzine",
        review_status="Not yet reviewed by a clinician.",
        must_answer=True,
    ),
    FindingView(
        key="weight",
        severity=Severity.NOT_CHECKED,
        title="weight unknown",
        what="The weight rules could not run. This is not a pass.",
        source="FDA label, dosing",
        review_status="Not yet reviewed by a clinician.",
        must_answer=True,
    ),
    FindingView(
        key="max",
        severity=Severity.INFORMATION,
        title="within the label",
        what="150 of at most 200 mg a day. Step of 50 mg after 49 days; label asks for 7.",
        source="FDA label, dosing",
        review_status="Sweating can grow with dose; Ada reports it since Nov 9.",
        must_answer=False,
    ),
)
answered = (
    replace(findings[0], answer="No cardiac history today; ECG ordered."),
    replace(findings[1], answer="Does not matter at this dose."),
    findings[2],
)


def _ladder(chosen: str) -> tuple[DoseStep, ...]:
    totals = ("25", "50", "75", "100", "125", "150", "175", "200")
    return tuple(
        DoseStep(total, total, height, is_now=total == "100", is_new=total == chosen, is_max=total == "200")
        for height, total in enumerate(totals, start=1)
    )


TIMINGS = (
    Option("morning", "each morning"),
    Option("night", "at night"),
    Option("twice", "twice a day"),
)
form = DoseForm(
    unit="mg",
    ladder=_ladder("150"),
    combinations=(
        TabletChoice("100+50", ((1, "100 mg"), (1, "50 mg")), "one 100 mg and one 50 mg tablet", chosen=True),
        TabletChoice("3x50", ((3, "50 mg"),), "three 50 mg tablets"),
    ),
    now_total="100",
    new_total="150",
    difference="+50",
    sentence_before_date="Take one 100 mg and one 50 mg tablet by mouth each morning, from",
    starts_on=date(2026, 11, 25),
    sentence_after_date=". 30 days, 30 of each, 1 refill.",
    timings=TIMINGS,
    timing="morning",
    as_needed=False,
    days="30",
    refills="1",
    reason="Partial response, flat for four weeks at 100 mg",
    checks=Checks(findings, "3 medicines, reference data of Nov 21, 2026"),
    missing=(
        Missing("reason for the QT warning", "answer-qt"),
        Missing("an answer on the weight", "answer-weight"),
    ),
    sign_words="Sign change",
    reasons=("Partial response", "No response yet", "Symptoms came back", "Next planned step"),
)
adjust = AdjustPanel(
    visit=cast.visit,
    order_id="a1",
    name="Sertraline",
    indication="for depression",
    since=date(2026, 6, 23),
    at_now="49 days at 100 mg",
    responses_of="PHQ-9",
    responses=(
        StepResponse("25 mg", "17 to 16"),
        StepResponse("50 mg", "16 to 13"),
        StepResponse("75 mg", "13 to 11"),
        StepResponse("100 mg", "11 to 9, flat 4 weeks"),
    ),
    form=form,
)
resume = replace(adjust, verb="Resume", form=replace(form, sign_words="Sign: resume sertraline"))
adjust_ready = replace(
    adjust, form=replace(form, checks=Checks(answered, "3 medicines, reference data of Nov 21, 2026"), missing=())
)
adjust_open = replace(
    adjust,
    form=replace(
        form,
        ladder=_ladder("100"),
        combinations=(),
        new_total=None,
        difference=None,
        sentence_before_date="",
        starts_on=None,
        sentence_after_date="",
        reason="",
        checks=None,
        missing=(Missing("a new dose", "total"), Missing("why", "reason")),
    ),
)
_stop = FindingView(
    "max",
    Severity.STOP,
    "above the label's maximum",
    "225 of at most 200 mg a day. A reason alone does not lift it.",
    "FDA label, dosing",
    "Verified against the label.",
    must_answer=False,
)
adjust_refused = replace(
    adjust,
    conflict="Dr. Beaulieu set sertraline to 75 mg a day at 10:12 AM. Look at the list, then decide again.",
    form=replace(
        form,
        ladder=(),
        no_ladder_why="This medicine is measured, not counted: write the total in mg.",
        combinations=(),
        new_total="225",
        difference="+125",
        reason="",
        checks=Checks((_stop,), "3 medicines, reference data of Nov 21, 2026"),
        errors={"total": "At most 200 mg a day.", "reason": "Write why, in a few words."},
        missing=(Missing("a total of at most 200 mg", "total"), Missing("why", "reason")),
    ),
)

block = Block(
    title="Alprazolam cannot be prescribed in a video visit",
    why=(
        "It is a schedule IV controlled substance, and Ada is not with you in person. Nothing was started "
        "or sent. Ada's screen shows nothing of this."
    ),
    rows=(
        BlockRow("Rule", "strict-block 1.4, remote II–V: no new, renewed, raised or lowered order"),
        BlockRow("Citation", "Clinic policy CP-12; 21 USC 829(e); 21 CFR 1308.14", "/log/1"),
        BlockRow("Lifting it", "No one can lift it during a video visit, whatever their role"),
        BlockRow("Recorded", "10:21:44 AM in the prescribing log, entry 48,214"),
    ),
    ways=(
        WayForward(
            "calendar-plus",
            "See Ada in person",
            "Dr. Marsh, Ybor clinic, 3.2 miles from her. First free: Thu, Dec 3, 9:30 AM",
            "Hold Thu 9:30 AM",
            "/visits/new",
        ),
        WayForward(
            "pill",
            "Consider a medicine that is not controlled",
            "For anxiety in the formulary, as information:",
            options=(
                WayOption("Buspirone", "", f"/visits/{cast.VISIT}/medicines/find", "buspirone"),
                WayOption("Hydroxyzine", "takes 25 mg", f"/visits/{cast.VISIT}/medicines/a2/adjust"),
                WayOption("Sertraline", "raise to 150 mg", f"/visits/{cast.VISIT}/medicines/a1/adjust"),
            ),
        ),
        WayForward(
            "corner-up-right",
            "Refer",
            "To a prescriber who sees patients in person near Tampa",
            "Write referral",
            "/visits/new",
        ),
    ),
    still_possible="Still possible by video: stopping, holding, or tapering from tablets she already has.",
)
start = StartPanel(cast.visit)
start_blocked = StartPanel(cast.visit, "Xanax 0.5 mg tablet", "alprazolam", block=block)
start_choices = StartPanel(
    cast.visit,
    "wellbutrin",
    "bupropion",
    choices=(
        ProductChoice("b-xl-150", "Bupropion XL 150 mg tablet", "once a day, extended release"),
        ProductChoice("b-sr-100", "Bupropion SR 100 mg tablet", "twice a day, sustained release"),
    ),
)
start_unknown = StartPanel(
    cast.visit,
    "calmex forte",
    not_understood=(
        "“calmex forte” is in no list here. An unknown name blocks: it could hide a controlled substance. "
        "Check the spelling, or use the generic name."
    ),
)
start_form = StartPanel(
    cast.visit,
    "wellbutrin xl",
    "bupropion",
    product="b-xl-150",
    product_name="Bupropion XL 150 mg tablet",
    form=replace(
        form,
        ladder=(
            DoseStep("150", "150", 2, is_new=True),
            DoseStep("300", "300", 5),
            DoseStep("450", "450", 8, is_max=True),
        ),
        combinations=(TabletChoice("1x150", ((1, "150 mg"),), "one 150 mg tablet", chosen=True),),
        now_total=None,
        new_total="150",
        difference=None,
        sentence_before_date="Take one 150 mg tablet by mouth each morning, from",
        sentence_after_date=". 30 days, 30 tablets, no refill.",
        refills="0",
        reason="",
        missing=(Missing("why", "reason"),),
        checks=Checks((), "4 medicines, reference data of Nov 21, 2026"),
        sign_words="Sign start",
    ),
)
start_controlled = replace(
    start_form,
    query="alprazolam",
    understood_as="alprazolam",
    product="alprazolam-0.5",
    product_name="Alprazolam 0.5 mg tablet",
    indication="panic attacks",
    form=replace(
        form,
        ladder=(
            DoseStep("0.25", "0.25", 1),
            DoseStep("0.5", "0.5", 3, is_new=True),
            DoseStep("1", "1", 5),
        ),
        combinations=(TabletChoice("1x0.5", ((1, "0.5 mg"),), "one 0.5 mg tablet", chosen=True),),
        now_total=None,
        new_total="0.5",
        difference=None,
        sentence_before_date="Take one 0.5 mg tablet by mouth at night if needed, from",
        sentence_after_date=". 30 days, 30 tablets, 6 refills.",
        refills="6",
        errors={"refills": "At most five refills, within 180 days."},
        limits="Schedule IV: at most five refills, and 180 days in all",
        obligations=(
            "To be written in a system certified for electronic prescriptions of controlled substances: Titrate "
            "records the decision and never signs or transmits such a prescription.",
        ),
        missing=(Missing("at most five refills", "refills"),),
        checks=Checks((), "4 medicines, reference data of Nov 21, 2026"),
        sign_words="Sign start",
    ),
)
adjust_blocked = replace(
    adjust,
    name="Lorazepam",
    order_id="a4",
    indication=None,
    at_now=None,
    responses=(),
    form=None,
    block=replace(block, title="Lorazepam cannot be raised, lowered or renewed in a video visit"),
)
stop = EndPanel(
    cast.visit,
    EndKind.STOP,
    "a1",
    "Sertraline",
    "100 mg each morning",
    "Lower by 25 to 50 mg every two weeks; watch for dizziness and shock sensations.",
    "tapers.yaml, sertraline. Not yet reviewed by a clinician.",
    reasons=("Side effects", "Not helping enough", "No longer needed"),
)
stop_refused = replace(
    stop,
    errors={"reason": "Write why, in a few words."},
    conflict="Dr. Beaulieu changed it to 75 mg at 10:12 AM.",
)
hold = EndPanel(
    cast.visit, EndKind.HOLD, "a2", "Hydroxyzine", "25 mg at night if needed", None, None, reasons=("Side effects",)
)

_SECTIONS = (
    NoteSection(
        "interval",
        "Since the last visit",
        "Mood steady. Wakes at 3 am four nights of seven. Night sweats since Nov 9, mild.",
        "What the patient says, what changed",
    ),
    NoteSection(
        "mental_status",
        "Mental status",
        "Calm, well kempt. Speech normal. No thoughts of self-harm (item 9: 0).",
    ),
    NoteSection("assessment", "Assessment", "Partial response, flat for four weeks."),
    NoteSection("plan", "Plan", ""),
)
NOTE_TEMPLATES = (
    Option("follow_up", "Follow-up"),
    Option("first_evaluation", "First evaluation"),
    Option("brief", "Brief note"),
)
notes = NotesPanel(cast.visit, "drew", NOTE_TEMPLATES, "follow_up", _SECTIONS, version=4, saved_at=cast.NOW)
notes_new = replace(notes, sections=tuple(replace(section, text="") for section in _SECTIONS), version=0, saved_at=None)
notes_begun = replace(
    notes_new,
    sections=(
        _SECTIONS[0],
        *(replace(section, text="", begun=True) for section in _SECTIONS[1:2]),
        NoteSection(
            "assessment",
            "Assessment",
            "PHQ-9: 10 (moderate), Nov 24; before that 9 (mild), Nov 22.",
            "Diagnosis, response to treatment, scores and what they mean here.",
            rows=7,
            begun=True,
        ),
        NoteSection(
            "plan",
            "Plan",
            "Sertraline: raised from 100 mg to 150 mg a day, from Nov 25. Partial response.",
            rows=7,
            begun=True,
        ),
    ),
    version=2,
    open_alerts=danger.note_asks,
    stories=danger.stories,
)
notes_asked_again = replace(notes_begun, open_alerts=danger.note_asks_again)
notes_sealed = replace(
    notes,
    seal=Seal("Dr. Drew Marsh", datetime(2026, 11, 24, 15, 40, tzinfo=UTC), "9f3a 02c7"),
    addenda=(
        Addendum(
            "Sodium result 139, entered after signing.",
            "Dr. Drew Marsh",
            datetime(2026, 11, 25, 14, 5, tzinfo=UTC),
        ),
    ),
)
notes_read_only = replace(notes, may_write=False)
notes_refused = replace(notes, error="Nothing was signed: the note is empty. Write at least one section.")

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
alerts_bare = replace(alerts, location=None, call_back=None, error="Write what was done, in a few words.")

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
    said="Ilse Lindqvist may join. The visit is on their own page now.",
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
    "visit.medicines": medicines,
    "visit.medicines-changed": medicines_changed,
    "visit.medicines-unknown": medicines_unknown,
    "visit.medicines-report": medicines_report,
    "visit.medicines-to-hand-off": medicines_to_hand_off,
    "visit.medicines-read-only": medicines_read_only,
    "visit.adjust": adjust,
    "visit.adjust-ready": adjust_ready,
    "visit.resume": resume,
    "visit.adjust-open": adjust_open,
    "visit.adjust-refused": adjust_refused,
    "visit.adjust-blocked": adjust_blocked,
    "visit.start": start,
    "visit.start-blocked": start_blocked,
    "visit.start-choices": start_choices,
    "visit.start-unknown": start_unknown,
    "visit.start-form": start_form,
    "visit.start-controlled": start_controlled,
    "visit.stop": stop,
    "visit.stop-refused": stop_refused,
    "visit.hold": hold,
    "visit.notes": notes,
    "visit.notes-new": notes_new,
    "visit.notes-begun": notes_begun,
    "visit.notes-asked-again": notes_asked_again,
    "visit.notes-sealed-after-danger": replace(notes_sealed, stories=danger.stories),
    "visit.notes-sealed": notes_sealed,
    "visit.notes-read-only": notes_read_only,
    "visit.notes-refused": notes_refused,
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
