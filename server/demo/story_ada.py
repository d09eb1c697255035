"""Ada Lindqvist, 34: depression with anxiety. Sertraline step by step, better and then flat; night sweats of late."""

from datetime import timedelta

from emr.diary.model import SideEffectSeverity
from emr.dosing.model import TimeOfDay as Taken
from emr.visits.model import VisitKind
from server.demo.story import (
    Allergic,
    Attempt,
    Booked,
    Change,
    Followed,
    Held,
    Noticed,
    PatientStory,
    Place,
    Renew,
    Report,
    Start,
    Took,
    Wrote,
    note,
)
from server.demo.when import On, Slot

HOME = Place("Home, 412 W Swann Ave", "Tampa", "FL", "33606", "(813) 555-0142")
WORK = Place("Parked car at work, 2202 N West Shore Blvd", "Tampa", "FL", "33607", "(813) 555-0142")
MORNING = (Taken.MORNING,)
LOOKS = (
    "Neatly dressed, good eye contact. Speech normal. Mood “flat”, affect narrow, brightens at times. Thought orderly."
)
SAFE = "No thoughts of death or self-harm, asked directly. Lives with her mother, who knows what to do."

STORY = PatientStory(
    slug="ada",
    prescribers=("drew",),
    care_team=("sofia",),
    home=HOME,
    visits=(
        Held(
            name="1",
            when=On(182, "10:00"),
            by="drew",
            kind=VisitKind.FIRST_EVALUATION,
            minutes=50,
            phq9="233312210",
            gad7="2322122",
            acts=(
                Allergic("Penicillin", "rash"),
                Start(
                    medicine="sertraline",
                    total="25",
                    taken=MORNING,
                    purpose="depression",
                    reason="First episode treated with medicine; begins low because of anxiety",
                ),
            ),
            note=note(
                reason="“I do what I have to and feel nothing about it.” Referred by her therapist, Sofia Lund.",
                interval="Five months of low mood since a move and a change of job. Wakes at three most nights, "
                "tired by noon, stopped running and seeing friends. Worries about work for hours. PHQ-9 17, GAD-7 14.",
                history="One episode at 24, better with therapy alone. No hospital stay, no self-harm, no mania. No "
                "psychiatric medicine before.",
                substances="A glass of wine on weekends. No tobacco, no cannabis.",
                medical="Healthy. Rash from penicillin as a child. Copper IUD. TSH and blood count normal in spring.",
                family="Mother had depression and did well on sertraline. Works in logistics; lives with her mother.",
                mental_status="Tired, careful in speech, tearful once. Mood “empty”, affect narrow. No psychosis. "
                "Attention fair. Insight good.",
                risk="No thoughts of death or self-harm now or before. No weapons at home. Mother is a support.",
                assessment="Major depressive disorder, recurrent, moderate to severe, with anxious distress.",
                plan="Options discussed: therapy alone, sertraline, escitalopram. Chose sertraline, as it helped "
                "her mother. 25 mg for three weeks, then 50 mg. Told of upset stomach, sleep change, sexual effects "
                "and never to stop suddenly. Therapy goes on weekly. Back in three weeks; call before if worse.",
            ),
        ),
        Held(
            name="2",
            when=On(161, "10:00"),
            by="drew",
            phq9="223312210",
            gad7="2222122",
            acts=(
                Change(
                    medicine="sertraline",
                    total="50",
                    taken=MORNING,
                    reason="Tolerated for three weeks, little change yet; to the usual dose",
                ),
                Start(
                    medicine="hydroxyzine",
                    total="25",
                    taken=(Taken.NIGHT,),
                    as_needed=True,
                    purpose="anxiety at night",
                    reason="Lies awake with worry; nothing habit-forming wanted",
                    answers={
                        "interaction:qt": "No heart disease, no fainting, no other QT medicine. Both at low dose."
                    },
                ),
            ),
            note=note(
                interval="A little calmer in the day. Still wakes at three and then worries until five. PHQ-9 16.",
                tolerance="Upset stomach in the first ten days, gone now. Took every dose.",
                mental_status=LOOKS,
                risk=SAFE,
                assessment="Too early to judge the effect; tolerance good. Night waking is what troubles her most.",
                plan="Sertraline 50 mg each morning. Hydroxyzine 25 mg at night as needed, at most one; told of "
                "drowsiness the next morning. Sleep plan with Ms. Lund. Four weeks.",
            ),
        ),
        Held(
            name="3",
            when=On(133, "10:00"),
            by="drew",
            phq9="223212210",
            gad7="2222121",
            acts=(Renew("sertraline", "Four weeks at 50 mg, kept for four more", refills=1),),
            note=note(
                interval="“Less heavy.” Back at choir once. Sleep still broken, five nights of seven. PHQ-9 15, "
                "GAD-7 12.",
                tolerance="No side effects now. Missed one dose. Hydroxyzine on nine nights.",
                mental_status=LOOKS,
                risk=SAFE,
                assessment="Slow, steady improvement, less than expected after four weeks at 50 mg.",
                plan="Stay at 50 mg four more weeks as she prefers to go slowly; raise then if under half way.",
            ),
        ),
        Held(
            name="4",
            when=On(105, "10:00"),
            by="drew",
            phq9="223201210",
            gad7="2222111",
            acts=(
                Change(
                    medicine="sertraline",
                    total="75",
                    taken=MORNING,
                    reason="Partial response after eight weeks at 50 mg",
                ),
            ),
            note=note(
                interval="Enjoys cooking again. Concentration still poor in the afternoon. PHQ-9 13, GAD-7 11.",
                tolerance="None. Took every dose. Hydroxyzine on six nights, sleepy once the next morning.",
                mental_status="Brighter, smiles. Mood “okay”. Otherwise as before.",
                risk=SAFE,
                assessment="Partial response. Room to raise: 75 mg a day; the label maximum is 200 mg a day.",
                plan="Sertraline 75 mg, one 50 mg and one 25 mg tablet. She agrees. Four weeks.",
            ),
        ),
        Held(
            name="5",
            when=On(77, "10:00"),
            by="drew",
            place=WORK,
            phq9="123201210",
            gad7="2122111",
            acts=(Renew("sertraline", "Improving at 75 mg"), Renew("hydroxyzine", "Used on few nights, still helpful")),
            note=note(
                interval="Runs twice a week. Argument with her manager last week, got over it in a day. PHQ-9 12.",
                tolerance="Slightly less interest in sex; not troubling her. No missed doses.",
                mental_status="At ease, joins from her car at work, parked. Mood “better than summer”.",
                risk=SAFE,
                assessment="Improving. Sleep is the main remaining symptom.",
                plan="No change. Continue the sleep plan. Four weeks.",
            ),
        ),
        Held(
            name="6",
            when=On(49, "10:00"),
            by="drew",
            phq9="113201210",
            gad7="2121111",
            acts=(
                Attempt("Ativan 0.5 mg tablet"),
                Change(
                    medicine="sertraline",
                    total="100",
                    taken=MORNING,
                    reason="Better at each step, not yet well",
                ),
            ),
            note=note(
                interval="Good days outnumber bad ones. Before flights she is anxious for a week. PHQ-9 11, GAD-7 9.",
                tolerance="No new side effects. Took all doses but two.",
                mental_status="Warm, reactive. Mood “mostly fine”.",
                risk=SAFE,
                assessment="Response at each step of sertraline; not in remission.",
                plan="Sertraline 100 mg. Asked for lorazepam for two flights in January: cannot be prescribed by "
                "video, explained. Breathing exercise with Ms. Lund; hydroxyzine before the flight instead.",
                later=(
                    26,
                    "Spoke with Sofia Lund, LCSW, with Ada’s permission. They have begun sleep restriction; she "
                    "asks that no sleep medicine be added for four weeks. I agree.",
                ),
            ),
        ),
        Held(
            name="7",
            when=On(28, "10:00"),
            by="drew",
            phq9="113201100",
            gad7="1121111",
            acts=(
                Report(
                    name="melatonin",
                    sentence="3 mg at night",
                    since=30,
                    purpose="sleep",
                ),
                Renew("sertraline", "Three weeks at 100 mg, still gaining"),
            ),
            note=note(
                interval="“I laughed at work.” Wakes at three on six of seven nights, back to sleep in half an "
                "hour. PHQ-9 9, GAD-7 8.",
                tolerance="None. Took all doses but one. Bought melatonin herself, 3 mg.",
                mental_status="Relaxed, humor. Mood “good, mostly”. Affect full.",
                risk=SAFE,
                assessment="Close to half of the first score; three weeks at 100 mg.",
                plan="Keep 100 mg. Melatonin noted, no concern. Look again in four weeks: if flat, go to 150 mg.",
            ),
        ),
        Booked(
            name="today",
            when=Slot("ada"),
            by="drew",
            phq9="112201110",
            gad7="1111111",
            invited={"ilse": "guest_family"},
            booked_before=timedelta(days=28),
        ),
        Booked(name="ahead", when=On(-28, "10:00"), by="drew", phq9="-", gad7="-"),
    ),
    between=(
        Noticed(
            when=On(175, "8:10"), name="Nausea", severity=SideEffectSeverity.MILD, since=180, detail="after breakfast"
        ),
        Followed(when=On(161, "8:30"), name="Nausea", severity=SideEffectSeverity.MILD, ended=171),
        Wrote(On(80, "21:15"), "Is it normal that I am less interested in sex on this?"),
        Took(when=On(49, "9:10"), medicine="Sertraline", since=77, until=50, due=28, taken=26),
        Took(when=On(28, "9:05"), medicine="Sertraline", since=49, until=29, due=21, taken=20),
        Noticed(
            when=On(9, "20:40"), name="Night sweats", severity=SideEffectSeverity.MILD, since=13, detail="most nights"
        ),
        Wrote(On(9, "20:45"), "Is the sweating from the sertraline?"),
        Wrote(Slot("ada", -80), "Could a higher dose help me sleep through?"),
        Took(
            when=Slot("ada", -75),
            medicine="Sertraline",
            since=28,
            until=1,
            due=28,
            taken=26,
            detail="Missed two weekend mornings",
        ),
    ),
)
