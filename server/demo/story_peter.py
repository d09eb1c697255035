"""Peter Valasek, 58: bipolar disorder on lithium, with levels, kidney and thyroid. Held for a stomach infection and
taken up again; reviewed today."""

from datetime import timedelta

from emr.diary.model import SideEffectSeverity
from emr.dosing.model import TimeOfDay as Taken
from emr.visits.model import Modality, VisitKind
from server.demo.story import (
    Attempt,
    Booked,
    Change,
    Followed,
    Held,
    Hold,
    Measured,
    NoAllergies,
    Noticed,
    PatientStory,
    Place,
    Renew,
    Report,
    Start,
    Stop,
    Took,
    Wrote,
    note,
)
from server.demo.when import On, Slot

HOME = Place("Home, 3012 W Obispo St", "Tampa", "FL", "33629", "(813) 555-0164")
NIGHT = (Taken.NIGHT,)
SAFE = "No thoughts of death or self-harm. Wife sees the early signs of mania and calls."
KIDNEY = {"adjustment:lithium:renal": "eGFR 84 and stable. Started low, level one week after each step."}
KIDNEY_NOW = {"adjustment:lithium:renal": "eGFR 79, stable over six months; level in range at this dose."}

STORY = PatientStory(
    slug="peter",
    prescribers=("tomas", "drew"),
    home=HOME,
    visits=(
        Held(
            name="1",
            when=On(206, "9:00"),
            by="tomas",
            kind=VisitKind.FIRST_EVALUATION,
            minutes=50,
            phq9="112201110",
            acts=(
                NoAllergies(),
                Start(
                    medicine="lithium",
                    total="600",
                    taken=NIGHT,
                    purpose="bipolar disorder",
                    reason="Two manic episodes on valproate; wants lithium again, which held him for ten years",
                    answers=KIDNEY,
                ),
            ),
            note=note(
                reason="Comes after a second manic episode on valproate, from the hospital’s day program.",
                interval="Four weeks since discharge. Low energy, sleeps nine hours, no elation. PHQ-9 9.",
                history="Bipolar I since 31. Lithium for ten years without an episode; stopped for tremor in 2019. "
                "Valproate since, stopped at discharge. Three hospital stays, no attempt.",
                substances="None since 2004.",
                medical="Knee arthrosis. Blood pressure normal. Kidney, thyroid and calcium normal; ECG normal.",
                family="Brother with bipolar disorder. Piano tuner. Married.",
                mental_status="Slow, dry humor. Mood “gray”. No psychosis, no mixed signs.",
                risk=SAFE,
                assessment="Bipolar I disorder, last episode manic, now mildly depressed.",
                plan="Lithium 600 mg at night. Told: drink, keep salt even, no ibuprofen, stop and call with "
                "vomiting or diarrhea. Level after one week.",
            ),
        ),
        Held(
            name="2",
            when=On(192, "9:00"),
            by="tomas",
            phq9="112201100",
            acts=(
                Change(
                    medicine="lithium",
                    total="900",
                    taken=NIGHT,
                    reason="Level 0.48 at 600 mg, aim 0.6 to 0.8",
                    answers=KIDNEY,
                ),
            ),
            note=note(
                interval="Sleeps eight hours. Works half days. PHQ-9 8. Level 0.48.",
                tolerance="Thirst. No tremor. Every dose taken.",
                mental_status="As before, a little quicker.",
                risk=SAFE,
                assessment="Level below the aim.",
                plan="Lithium 900 mg at night. Level in one week.",
            ),
        ),
        Held(
            name="3",
            when=On(178, "9:00"),
            by="tomas",
            kind=VisitKind.LAB_REVIEW,
            phq9="112111100",
            acts=(Renew("lithium", "Level 0.66 at 900 mg", days=30, refills=2, answers=KIDNEY),),
            note=note(
                interval="Even. PHQ-9 8. Level 0.66, twelve hours after the dose.",
                tolerance="Fine tremor when he tunes high strings; mild.",
                mental_status="Calm. Mood “level”.",
                risk=SAFE,
                assessment="In range. Tremor mild.",
                plan="Same dose. Less coffee. Level in five weeks.",
            ),
        ),
        Held(
            name="4",
            when=On(143, "9:00"),
            by="tomas",
            phq9="111111100",
            acts=(Renew("lithium", "Stable", refills=1, answers=KIDNEY),),
            note=note(
                interval="No mood swing. Full days again. PHQ-9 7. Level 0.71.",
                tolerance="Tremor moderate for two weeks of much coffee, now mild.",
                mental_status="At ease. Hands shown to the camera: fine tremor, outstretched only.",
                risk=SAFE,
                assessment="Stable. Tremor tolerable.",
                plan="No change. Propranolol is an option if it bothers his work.",
            ),
        ),
        Held(
            name="5",
            when=On(94, "9:00"),
            by="drew",
            phq9="112201100",
            acts=(
                Report(name="ibuprofen", sentence="400 mg, most evenings", since=101, purpose="knee pain"),
                Stop("ibuprofen", "Raises the lithium level; takes acetaminophen instead"),
                Renew("lithium", "Stable; level in one week after ibuprofen", answers=KIDNEY),
            ),
            note=note(
                interval="Seen for Dr. Beaulieu. Even mood. Took ibuprofen for his knee for a week. PHQ-9 8.",
                tolerance="Thirst a little more. No coarse tremor, no diarrhea, steady on his feet.",
                mental_status="Clear, no slowing.",
                risk=SAFE,
                assessment="Ibuprofen with lithium, no sign of toxicity. Last level 0.74 before it.",
                plan="Stop ibuprofen today; acetaminophen. Level this week. Dr. Beaulieu informed.",
            ),
        ),
        Held(
            name="6",
            when=On(66, "16:20"),
            by="tomas",
            kind=VisitKind.URGENT,
            modality=Modality.AUDIO,
            minutes=15,
            acts=(
                Attempt("lorazepam 1 mg tablet"),
                Hold(
                    "lithium", "Vomiting and diarrhea since yesterday; hold until eating and drinking, level tomorrow"
                ),
            ),
            note=note(
                interval="Called in: stomach infection, keeps little down since last night. Hands shake more. No "
                "confusion, walks straight, passes water.",
                risk="No thoughts of self-harm. Wife is with him and can drive him.",
                plan="Hold lithium from tonight. Drink in sips, soup. Level and kidney tomorrow; emergency room "
                "with confusion, unsteady gait or no urine. Asked for something to sleep: nothing controlled by "
                "telephone.",
            ),
        ),
        Held(
            name="7",
            when=On(59, "9:00"),
            by="tomas",
            phq9="112201100",
            acts=(
                Change(
                    medicine="lithium",
                    total="900",
                    taken=NIGHT,
                    reason="Well again for two days, level 0.41, kidney normal: resume",
                    answers=KIDNEY,
                ),
            ),
            note=note(
                interval="Eats and drinks since two days. Slept badly three nights, no elation. PHQ-9 8.",
                tolerance="No tremor without lithium.",
                mental_status="Tired, clear. No pressure of speech.",
                risk=SAFE,
                assessment="Recovered. Level 0.98 when it was held, 0.41 since; eGFR 81.",
                plan="Lithium 900 mg from tonight. Level in a week. Wife watches sleep.",
            ),
        ),
        Held(
            name="8",
            when=On(31, "9:00"),
            by="tomas",
            phq9="111211100",
            acts=(Attempt("klonapin 0.5"), Renew("lithium", "Level 0.72", refills=2, answers=KIDNEY_NOW)),
            note=note(
                interval="Level mood, sleeps eight hours. PHQ-9 8. Level 0.72, eGFR 79, TSH 2.6, calcium 9.6.",
                tolerance="Mild tremor. Thirst. Weight steady.",
                mental_status="Calm, dry humor.",
                risk=SAFE,
                assessment="Stable on lithium. Kidney steady.",
                plan="Same dose. Asked for clonazepam as in the hospital: not by video and not needed now.",
            ),
        ),
        Held(
            name="today",
            when=Slot("peter"),
            by="tomas",
            kind=VisitKind.LAB_REVIEW,
            phq9="112111100",
            booked_before=timedelta(days=28),
            acts=(Renew("lithium", "Level 0.70, six-month labs in order", refills=2, answers=KIDNEY_NOW),),
            note=note(
                interval="No episode for half a year. PHQ-9 8. Level 0.70 three days ago.",
                tolerance="Mild tremor, coffee one cup.",
                mental_status="Even, engaged.",
                risk=SAFE,
                assessment="Bipolar I disorder in remission on lithium 900 mg.",
                plan="Same dose. Level in three months, kidney, thyroid and calcium in six. ECG this spring.",
            ),
        ),
        Booked(name="ahead", when=On(-42, "9:00"), by="tomas", kind=VisitKind.LAB_REVIEW, phq9="-"),
    ),
    between=(
        Measured(On(208, "10:00"), "tomas", "egfr", "84"),
        Measured(On(208, "10:02"), "tomas", "tsh", "2.1"),
        Measured(On(208, "10:04"), "tomas", "calcium", "9.4"),
        Measured(On(208, "10:06"), "tomas", "weight", "82.4"),
        Measured(On(208, "10:08"), "tomas", "qtc", "412"),
        Measured(On(193, "14:00"), "tomas", "lithium", "0.48"),
        Measured(On(180, "14:00"), "tomas", "lithium", "0.66"),
        Measured(On(145, "14:00"), "tomas", "lithium", "0.71"),
        Measured(On(104, "14:00"), "tomas", "lithium", "0.74"),
        Measured(On(87, "14:00"), "drew", "lithium", "0.76"),
        Measured(On(65, "17:50"), "tomas", "lithium", "0.98"),
        Measured(On(65, "17:55"), "tomas", "egfr", "76"),
        Measured(On(62, "14:00"), "tomas", "lithium", "0.41"),
        Measured(On(62, "14:05"), "tomas", "egfr", "81"),
        Measured(On(52, "14:00"), "tomas", "lithium", "0.69"),
        Measured(On(33, "14:00"), "tomas", "lithium", "0.72"),
        Measured(On(33, "14:02"), "tomas", "egfr", "79"),
        Measured(On(33, "14:04"), "tomas", "tsh", "2.6"),
        Measured(On(33, "14:06"), "tomas", "calcium", "9.6"),
        Measured(On(3, "14:00"), "tomas", "lithium", "0.70"),
        Noticed(
            when=On(183, "18:30"), name="Tremor", severity=SideEffectSeverity.MILD, since=186, detail="fine, hands"
        ),
        Followed(when=On(153, "18:10"), name="Tremor", severity=SideEffectSeverity.MODERATE),
        Followed(when=On(143, "8:20"), name="Tremor", severity=SideEffectSeverity.MILD),
        Noticed(
            when=On(66, "15:30"),
            name="Vomiting",
            severity=SideEffectSeverity.SEVERE,
            since=67,
            detail="stomach infection",
        ),
        Followed(when=On(59, "8:20"), name="Vomiting", severity=SideEffectSeverity.MILD, ended=63),
        Wrote(On(98, "20:00"), "Can I take ibuprofen for my knee?"),
        Took(when=On(143, "8:25"), medicine="Lithium", since=171, until=144, due=28, taken=28),
        Took(when=On(31, "8:25"), medicine="Lithium", since=59, until=32, due=28, taken=27),
        Took(when=Slot("peter", -45), medicine="Lithium", since=28, until=1, due=28, taken=28),
    ),
)
