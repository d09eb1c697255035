"""Inés Carrasco, 29: bipolar II depression. Lamotrigine raised slowly by a physician assistant under supervision; seen
by Dr. Marsh today, note not signed yet."""

from datetime import timedelta

from emr.diary.model import SideEffectSeverity
from emr.dosing.model import TimeOfDay as Taken
from emr.visits.model import VisitKind
from server.demo.story import (
    Attempt,
    Booked,
    Change,
    Followed,
    Held,
    NoAllergies,
    Noticed,
    PatientStory,
    Place,
    Renew,
    Start,
    Took,
    Wrote,
    note,
)
from server.demo.when import On, Slot

HOME = Place("Home, 1631 Hillview St", "Sarasota", "FL", "34236", "(941) 555-0108")
PARENTS = Place("My parents’ house, 512 E Moore St", "Valdosta", "GA", "31601", "(941) 555-0108")
NIGHT = (Taken.NIGHT,)
SAFE = "No thoughts of death or self-harm now. Roommate and parents know her plan for bad days."
LABEL = {"step:lamotrigine": "The label’s own steps: 25, 50, 100, then 200 mg, two weeks or more apart."}
WITHOUT = {
    "not_checked:liver": "Asked: no liver disease. No valproate, no carbamazepine.",
    "not_checked:contraception": "Copper IUD, no estrogen.",
}

STORY = PatientStory(
    slug="ines",
    prescribers=("jonah", "drew"),
    home=HOME,
    visits=(
        Held(
            name="1",
            when=On(181, "9:30"),
            by="jonah",
            kind=VisitKind.FIRST_EVALUATION,
            minutes=50,
            phq9="233312220",
            gad7="2121122",
            invited={"tomas": "supervisor"},
            acts=(
                NoAllergies(),
                Start(
                    medicine="lamotrigine",
                    total="25",
                    taken=NIGHT,
                    purpose="bipolar II depression",
                    reason="Depression with past hypomania; an antidepressant alone made her restless",
                    answers=WITHOUT,
                ),
            ),
            note=note(
                reason="“Every winter I disappear, and in spring I talk too fast.” Dr. Beaulieu joined.",
                interval="Low for four months: sleeps eleven hours, missed shifts. PHQ-9 18, GAD-7 11.",
                history="Two hypomanic springs, a week each, seen by her roommate. Fluoxetine made her restless and "
                "awake, stopped. No hospital stay. Cut herself at 16, not since.",
                substances="Cannabis twice a month, stopped last year. Rarely drinks.",
                medical="Healthy. Copper IUD. No rash from any medicine.",
                family="Aunt with bipolar disorder. Night nurse, now on days. Lives with a roommate.",
                mental_status="Slow, soft-spoken. Mood “gone”, affect narrow. No psychosis, no mixed signs.",
                risk="Passing thoughts of not waking up last winter, none now. No plan ever.",
                assessment="Bipolar II disorder, depressed. Discussed with Dr. Beaulieu, who agrees.",
                plan="Lamotrigine 25 mg at night, raised every two weeks as the label has it. Any rash: stop and "
                "call the same day. If missed for five days, begin again from 25 mg. Two weeks.",
            ),
        ),
        Held(
            name="2",
            when=On(167, "9:30"),
            by="jonah",
            phq9="223312210",
            acts=(
                Change(
                    medicine="lamotrigine",
                    total="50",
                    taken=NIGHT,
                    reason="Second step after two weeks, no rash",
                    answers={**LABEL, **WITHOUT},
                ),
            ),
            note=note(
                interval="No change yet. Sleeps ten hours. PHQ-9 16.",
                tolerance="Headache on some days. No rash; arms and neck shown.",
                mental_status="As before.",
                risk=SAFE,
                assessment="Too early for effect; tolerated.",
                plan="50 mg. Two weeks.",
            ),
        ),
        Held(
            name="3",
            when=On(153, "9:30"),
            by="jonah",
            phq9="232312210",
            acts=(
                Change(
                    medicine="lamotrigine",
                    total="100",
                    taken=NIGHT,
                    reason="Third step after two weeks, no rash",
                    answers={**LABEL, **WITHOUT},
                ),
            ),
            note=note(
                interval="Got to work every day. PHQ-9 16.",
                tolerance="Headache less. No rash.",
                mental_status="A little more voice. No elation.",
                risk=SAFE,
                assessment="On schedule.",
                plan="100 mg, one tablet. Four weeks now that the first steps are done.",
            ),
        ),
        Held(
            name="4",
            when=On(125, "9:30"),
            by="jonah",
            phq9="222312210",
            gad7="1121111",
            acts=(Renew("lamotrigine", "Four weeks at 100 mg, some effect", answers=WITHOUT),),
            note=note(
                interval="Swims again. Oversleeps on days off. PHQ-9 15, GAD-7 8.",
                tolerance="Headache gone. Missed one dose.",
                mental_status="More present. Mood “beige”.",
                risk=SAFE,
                assessment="Slow gain.",
                plan="Stay at 100 mg. Keep a sleep and mood diary. Six weeks.",
            ),
        ),
        Held(
            name="5",
            when=On(83, "9:30"),
            by="jonah",
            place=PARENTS,
            phq9="222212210",
            acts=(
                Attempt("Xanax 0.5 mg tablet"),
                Change(
                    medicine="lamotrigine",
                    total="150",
                    taken=NIGHT,
                    reason="Partial response after ten weeks at 100 mg",
                    answers={**LABEL, **WITHOUT},
                ),
            ),
            note=note(
                interval="With her parents for two weeks. Anxious on the bus there. PHQ-9 14.",
                tolerance="No rash. Took 40 of 42 doses.",
                mental_status="From her parents’ kitchen in Georgia; brighter with them near.",
                risk=SAFE,
                assessment="Partial response.",
                plan="150 mg. Wanted alprazolam for the bus: not by video in any state. Told how to ride it out.",
            ),
        ),
        Held(
            name="6",
            when=On(55, "9:30"),
            by="jonah",
            phq9="222211210",
            acts=(
                Attempt("clonazepam 0.5 mg tablet"),
                Change(
                    medicine="lamotrigine",
                    total="200",
                    taken=NIGHT,
                    reason="To the target dose; gaining at each step",
                    answers={**LABEL, **WITHOUT},
                ),
            ),
            note=note(
                interval="Good weeks and flat weeks. No spring yet, she jokes. PHQ-9 13.",
                tolerance="None. No rash.",
                mental_status="Humor back. No pressure, no distractibility.",
                risk=SAFE,
                assessment="Improving. No hypomania. Asked about sleep medicine of a colleague (clonazepam): "
                "blocked, as it must be, and explained.",
                plan="200 mg, the usual target. Morning light. Four weeks.",
                later=(
                    30,
                    "Reviewed with Dr. Beaulieu in supervision. He agrees with 200 mg and with waiting eight weeks.",
                ),
            ),
        ),
        Held(
            name="7",
            when=On(27, "9:30"),
            by="jonah",
            phq9="122311210",
            gad7="1111111",
            acts=(Renew("lamotrigine", "Four weeks at 200 mg", refills=2, answers=WITHOUT),),
            note=note(
                interval="Holding. Dreads December. PHQ-9 13, GAD-7 7.",
                tolerance="None.",
                mental_status="Steady.",
                risk=SAFE,
                assessment="Better than any late autumn she remembers.",
                plan="Same dose. Half-year review with Dr. Marsh at the next visit.",
            ),
        ),
        Held(
            name="today",
            when=Slot("ines"),
            by="drew",
            kind=VisitKind.MEDICATION_REVIEW,
            phq9="122211210",
            gad7="1111111",
            booked_before=timedelta(days=26),
            note=note(
                interval="Half-year review. Works full time, swims twice a week. PHQ-9 12, GAD-7 7.",
                tolerance="No rash, no headache. Took 27 of 28 doses.",
                mental_status="Open, quick to smile. Mood “okay, really”.",
                assessment="Bipolar II disorder, partial remission on lamotrigine 200 mg.",
                signed=False,
            ),
        ),
        Booked(name="ahead", when=On(-21, "9:30"), by="jonah", phq9="-", gad7="-"),
    ),
    between=(
        Noticed(
            when=On(171, "21:00"),
            name="Headache",
            severity=SideEffectSeverity.MILD,
            since=177,
            detail="some afternoons",
        ),
        Followed(when=On(125, "8:40"), name="Headache", severity=SideEffectSeverity.MILD, ended=139),
        Wrote(On(129, "22:30"), "What do I do if I forget it for two days?"),
        Took(when=On(83, "9:00"), medicine="Lamotrigine", since=125, until=84, due=42, taken=40),
        Took(when=Slot("ines", -45), medicine="Lamotrigine", since=28, until=1, due=28, taken=27),
    ),
)
