"""Caleb Stone, 37: ADHD with low mood. Lisdexamfetamine, prescribed in person only; each attempt to change or renew it
by video is blocked. In person again today."""

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
    Measured,
    NoAllergies,
    Noticed,
    OutOfHours,
    PatientStory,
    Place,
    Renew,
    Start,
    Took,
    Wrote,
    note,
)
from server.demo.when import On, Slot

HOME = Place("Home, 1108 E Hanna Ave", "Tampa", "FL", "33604", "(813) 555-0189")
MORNING = (Taken.MORNING,)
SAFE = "No thoughts of death or self-harm."
PDMP = "State monitoring database asked: only our prescriptions."

STORY = PatientStory(
    slug="caleb",
    prescribers=("tomas", "drew"),
    home=HOME,
    visits=(
        Held(
            name="1",
            when=On(207, "14:00"),
            by="tomas",
            kind=VisitKind.FIRST_EVALUATION,
            modality=Modality.IN_PERSON,
            minutes=60,
            phq9="211211210",
            acts=(
                NoAllergies(),
                Start(
                    medicine="lisdexamfetamine",
                    total="30",
                    taken=MORNING,
                    purpose="ADHD",
                    reason="ADHD since childhood, school reports seen; methylphenidate wore off at noon",
                    refills=0,
                ),
            ),
            note=note(
                reason="“I start ten things and finish none.” New job as a site planner.",
                interval="Loses tools, misses dates, reads a page three times. Low since a warning at work. PHQ-9 11.",
                history="Diagnosed at nine, methylphenidate to 17. No tics, no psychosis, no hospital stay.",
                substances="No alcohol in the week. Cannabis at 20, not since.",
                medical="Healthy. No heart disease, no sudden death in the family. Blood pressure 122, pulse 72, 84 "
                "kg.",
                family="Son with ADHD. Married. Site planner.",
                mental_status="Fidgets, warm, loses the thread and finds it. No psychosis.",
                risk=SAFE,
                assessment="ADHD, combined, with secondary low mood.",
                plan="Seen in person. Lisdexamfetamine 30 mg in the morning; schedule II, so each prescription "
                f"needs a visit here. {PDMP} Four weeks.",
            ),
        ),
        Held(
            name="2",
            when=On(179, "14:00"),
            by="tomas",
            modality=Modality.IN_PERSON,
            phq9="111211210",
            acts=(
                Change(
                    medicine="lisdexamfetamine",
                    total="40",
                    taken=MORNING,
                    reason="Helps until two in the afternoon; pulse and pressure in order",
                    days=36,
                    refills=0,
                ),
            ),
            note=note(
                interval="Finished a plan on time. Afternoon is lost. PHQ-9 10.",
                tolerance="Less hungry at noon. Sleeps well.",
                mental_status="Stays with the subject.",
                risk=SAFE,
                assessment="Good first response.",
                plan=f"40 mg. Blood pressure 124, pulse 76. {PDMP}",
            ),
        ),
        Held(
            name="3",
            when=On(151, "14:00"),
            by="tomas",
            phq9="111121210",
            acts=(Attempt("lisdexamfetamine 40 mg capsule", "renew"),),
            note=note(
                interval="Away on a site, so by video. Works well at 40 mg. PHQ-9 10.",
                tolerance="Appetite low at noon. Weight 82.",
                mental_status="Focused, on a noisy site.",
                risk=SAFE,
                assessment="Good effect.",
                plan="Renewal not possible by video. Capsules last eight more days; comes to Ybor next week.",
            ),
        ),
        Held(
            name="4",
            when=On(144, "14:00"),
            by="tomas",
            modality=Modality.IN_PERSON,
            acts=(Renew("lisdexamfetamine", "Stable at 40 mg", days=36, refills=0),),
            note=note(
                interval="Came in for the renewal, no gap.",
                tolerance="Eats breakfast before the capsule now.",
                mental_status="Calm, on time.",
                risk=SAFE,
                assessment="ADHD responding to 40 mg.",
                plan=f"Lisdexamfetamine 40 mg, no change. Pressure 126, pulse 78, 82.6 kg. {PDMP}",
            ),
        ),
        Held(
            name="5",
            when=On(109, "14:00"),
            by="tomas",
            modality=Modality.IN_PERSON,
            phq9="111211210",
            acts=(
                Change(
                    medicine="lisdexamfetamine",
                    total="50",
                    taken=MORNING,
                    reason="Afternoons still weak",
                    days=36,
                    refills=0,
                ),
            ),
            note=note(
                interval="Praised at work. Loses the last two hours of the day. PHQ-9 10.",
                tolerance="Appetite as before.",
                mental_status="Even, no restlessness.",
                risk=SAFE,
                assessment="Nearly there.",
                plan=f"50 mg. Pressure 128, pulse 84. {PDMP}",
            ),
        ),
        Held(
            name="6",
            when=On(74, "14:00"),
            by="tomas",
            modality=Modality.IN_PERSON,
            acts=(Renew("lisdexamfetamine", "Stable at 50 mg", days=36, refills=0),),
            note=note(
                interval="Whole days work.",
                tolerance="Skips lunch. Falls asleep at midnight, earlier at ten.",
                mental_status="A little tense.",
                risk=SAFE,
                assessment="Effect good, side effects growing.",
                plan=f"One more month at 50 mg with lunch by the clock; lower if weight falls on. {PDMP}",
            ),
        ),
        Held(
            name="7",
            when=On(39, "14:00"),
            by="drew",
            modality=Modality.IN_PERSON,
            phq9="111121210",
            acts=(
                Change(
                    medicine="lisdexamfetamine",
                    total="40",
                    taken=MORNING,
                    reason="Weight down 5 percent and late sleep at 50 mg",
                    days=45,
                    refills=0,
                ),
            ),
            note=note(
                interval="Seen for Dr. Beaulieu. Lost 4 kg since spring. PHQ-9 10.",
                tolerance="Appetite low, asleep at half past twelve.",
                mental_status="Thinner, alert. No tics.",
                risk=SAFE,
                assessment="50 mg is more than he needs.",
                plan=f"Back to 40 mg. Weight 80.1, pressure 130, pulse 88. {PDMP} In person again in six weeks.",
            ),
        ),
        Held(
            name="8",
            when=On(14, "14:00"),
            by="drew",
            phq9="111211210",
            acts=(
                Attempt("Vyvanse 40 mg capsule", "renew"),
                Attempt("lisdexamfetamine 30 mg capsule"),
            ),
            note=note(
                interval="Eats and sleeps again at 40 mg. Ran low early, as two capsules got wet. PHQ-9 10.",
                tolerance="None to speak of.",
                mental_status="Steady.",
                risk=SAFE,
                assessment="40 mg is the dose.",
                plan="Blocked by video, twice tried: it is the rule, also for a smaller dose. In person at the clinic, "
                "with Dr. Beaulieu.",
            ),
        ),
        Booked(
            name="today",
            when=Slot("caleb"),
            by="tomas",
            modality=Modality.IN_PERSON,
            minutes=30,
            phq9="-",
            booked_before=timedelta(days=14),
        ),
        Booked(name="ahead", when=On(-4, "14:00"), by="tomas", kind=VisitKind.MEDICATION_REVIEW, phq9="-"),
    ),
    between=(
        Measured(On(207, "14:50"), "tomas", "weight", "84.2"),
        Measured(On(207, "14:52"), "tomas", "systolic", "122"),
        Measured(On(207, "14:54"), "tomas", "pulse", "72"),
        Measured(On(179, "14:40"), "tomas", "systolic", "124"),
        Measured(On(179, "14:42"), "tomas", "pulse", "76"),
        Measured(On(144, "14:40"), "tomas", "weight", "82.6"),
        Measured(On(144, "14:42"), "tomas", "systolic", "126"),
        Measured(On(144, "14:44"), "tomas", "pulse", "78"),
        Measured(On(109, "14:40"), "tomas", "systolic", "128"),
        Measured(On(109, "14:42"), "tomas", "pulse", "84"),
        Measured(On(39, "14:40"), "drew", "weight", "80.1"),
        Measured(On(39, "14:42"), "drew", "systolic", "130"),
        Measured(On(39, "14:44"), "drew", "pulse", "88"),
        Measured(On(14, "8:10"), "drew", "home weight", "81.0"),
        Noticed(
            when=On(167, "12:40"), name="Low appetite", severity=SideEffectSeverity.MILD, since=175, detail="at noon"
        ),
        Followed(when=On(74, "13:00"), name="Low appetite", severity=SideEffectSeverity.MODERATE),
        Followed(when=On(14, "13:10"), name="Low appetite", severity=SideEffectSeverity.MILD),
        Noticed(when=On(77, "23:50"), name="Late sleep", severity=SideEffectSeverity.MILD, since=92),
        Followed(when=On(14, "13:12"), name="Late sleep", severity=SideEffectSeverity.MILD, ended=22),
        OutOfHours(On(64, "20:20"), "tomas", "6", Attempt("Vyvanse 50 mg capsule", "renew")),
        Wrote(On(5, "12:15"), "Could I get three months at once?"),
        Took(when=On(39, "13:20"), medicine="Lisdexamfetamine", since=74, until=40, due=35, taken=33),
        Took(when=On(14, "13:15"), medicine="Lisdexamfetamine", since=38, until=15, due=27, taken=27),
    ),
)
