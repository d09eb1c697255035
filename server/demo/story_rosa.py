"""Rosa Benavides, 67: late-life depression and worry. Escitalopram to the maximum for her age, buspirone added, an
over-the-counter sleeping pill stopped. Seen and signed this morning."""

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

HOME = Place("Home, 918 Jasmine Way", "Clearwater", "FL", "33755", "(727) 555-0173")
DAUGHTER = Place("My daughter’s house, 2219 Harn Blvd", "Clearwater", "FL", "33759", "(727) 555-0173")
SAFE = "No thoughts of death or self-harm. Daughter calls daily. Church on Sundays."
TWICE = (Taken.MORNING, Taken.EVENING)

STORY = PatientStory(
    slug="rosa",
    prescribers=("ruth", "drew"),
    home=HOME,
    visits=(
        Held(
            name="1",
            when=On(187, "13:00"),
            by="ruth",
            kind=VisitKind.FIRST_EVALUATION,
            minutes=50,
            phq9="113211210",
            gad7="3322212",
            acts=(
                NoAllergies(),
                Start(
                    medicine="escitalopram",
                    total="5",
                    taken=(Taken.MORNING,),
                    purpose="worry and low mood",
                    reason="67 years old: half the usual start, sodium in two weeks",
                ),
            ),
            note=note(
                reason="“Since my husband died I worry from morning on.” Her daughter made the appointment.",
                interval="Two years of worry, low since spring, sleeps five hours. PHQ-9 12, GAD-7 15.",
                history="None before. Refused diazepam from a neighbor.",
                substances="None.",
                medical="Osteopenia, takes vitamin D. Walks daily. No falls. Sodium and ECG normal in spring.",
                family="Two daughters, one near. Retired seamstress.",
                mental_status="Well groomed, anxious hands. Mood “nervous”. Memory and orientation intact.",
                risk=SAFE,
                assessment="Generalized anxiety disorder with depression. No sign of dementia.",
                plan="Escitalopram 5 mg, then 10 mg, the most at her age. Sodium after two weeks. Grief group.",
            ),
        ),
        Held(
            name="2",
            when=On(166, "13:00"),
            by="ruth",
            phq9="113211110",
            gad7="3222212",
            acts=(
                Change(
                    medicine="escitalopram",
                    total="10",
                    taken=(Taken.MORNING,),
                    reason="Tolerated, sodium 139",
                ),
            ),
            note=note(
                interval="Little change. PHQ-9 11, GAD-7 14. Sodium 139.",
                tolerance="Upset stomach for a week. No dizziness, no fall.",
                mental_status="As before.",
                risk=SAFE,
                assessment="At the start of treatment.",
                plan="Escitalopram 10 mg, not more at her age. Six weeks.",
            ),
        ),
        Held(
            name="3",
            when=On(124, "13:00"),
            by="ruth",
            phq9="112211110",
            gad7="2222112",
            acts=(
                Renew("escitalopram", "Six weeks at 10 mg, helping"),
                Report(name="diphenhydramine", sentence="25 mg at night", since=138, total="25", purpose="sleep"),
                Stop("diphenhydramine", "Dry mouth and muddled mornings; not for her age"),
            ),
            note=note(
                interval="Goes to the grief group. PHQ-9 10, GAD-7 12.",
                tolerance="Bought a sleeping pill with diphenhydramine: dry mouth, muddled in the morning.",
                mental_status="Warmer. A little slow this morning.",
                risk=SAFE,
                assessment="Responding. Anticholinergic sleeping pill explains the mornings.",
                plan="Stop diphenhydramine. Sleep hours written down. Six weeks.",
            ),
        ),
        Held(
            name="4",
            when=On(96, "13:00"),
            by="ruth",
            phq9="112201110",
            gad7="2221112",
            acts=(
                Start(
                    medicine="buspirone",
                    total="10",
                    taken=TWICE,
                    purpose="worry",
                    reason="Escitalopram at its maximum for her age, GAD-7 still 11",
                ),
            ),
            note=note(
                interval="Mornings clear again. Worry the same. PHQ-9 9, GAD-7 11.",
                tolerance="None.",
                mental_status="Clear, talkative.",
                risk=SAFE,
                assessment="Mood better than anxiety.",
                plan="Add buspirone 5 mg twice a day; not habit-forming, takes weeks. Signs of serotonin excess told.",
            ),
        ),
        Held(
            name="5",
            when=On(61, "13:00"),
            by="ruth",
            place=DAUGHTER,
            phq9="112111100",
            gad7="1221111",
            acts=(
                Attempt("lorazepam 0.5 mg tablet"),
                Change(
                    medicine="buspirone",
                    total="20",
                    taken=TWICE,
                    reason="Some effect at 10 mg a day, no side effect",
                    answers={"step:buspirone": "5 mg more at each of two doses, after five weeks at 10 mg a day."},
                ),
            ),
            note=note(
                interval="Drives to her daughter again. PHQ-9 8, GAD-7 9.",
                tolerance="Dizzy twice after the morning dose, minutes only. No fall.",
                mental_status="Lively, shows her garden.",
                risk=SAFE,
                assessment="Gaining on both.",
                plan="Buspirone 10 mg twice a day with food. Her sister takes lorazepam and she asked: not by "
                "video, and falls are a reason not to at all.",
            ),
        ),
        Held(
            name="6",
            when=On(33, "13:00"),
            by="ruth",
            phq9="111111100",
            gad7="1111111",
            acts=(
                Attempt("zannix 0.5"),
                Attempt("Xanax 0.5 mg tablet"),
                Renew("buspirone", "Stable", refills=1),
                Renew("escitalopram", "Stable", refills=1),
            ),
            note=note(
                interval="Good month. One bad night before her brother’s surgery. PHQ-9 7, GAD-7 7.",
                tolerance="No dizziness with food.",
                mental_status="Relaxed.",
                risk=SAFE,
                assessment="Near remission.",
                plan="No change. She had a name on a slip from her sister, “zannix”, which means alprazolam: "
                "explained why not. Review by Dr. Marsh in five weeks, as I am away that morning.",
            ),
        ),
        Held(
            name="today",
            when=Slot("rosa"),
            by="drew",
            phq9="111101100",
            gad7="1111110",
            booked_before=timedelta(days=30),
            acts=(Renew("buspirone", "Stable", refills=2), Renew("escitalopram", "Stable", refills=2)),
            note=note(
                interval="Well. Sews for the church bazaar. Sleeps six and a half hours. PHQ-9 6, GAD-7 6.",
                tolerance="None. No falls. Sodium 138 last week.",
                mental_status="Bright, exact, remembers our last talk.",
                risk=SAFE,
                assessment="Generalized anxiety and depression, near remission.",
                plan="Same doses for six months from now. Ms. Adeyemi in eight weeks.",
            ),
        ),
        Booked(name="ahead", when=On(-56, "13:00"), by="ruth", phq9="-", gad7="-"),
    ),
    between=(
        Measured(On(171, "15:00"), "ruth", "sodium", "139"),
        Measured(On(152, "15:00"), "ruth", "sodium", "138"),
        Measured(On(6, "15:00"), "ruth", "sodium", "138"),
        Noticed(when=On(183, "10:00"), name="Nausea", severity=SideEffectSeverity.MILD, since=185),
        Followed(when=On(166, "11:00"), name="Nausea", severity=SideEffectSeverity.MILD, ended=176),
        Noticed(
            when=On(68, "18:00"),
            name="Dizziness",
            severity=SideEffectSeverity.MILD,
            since=73,
            detail="minutes, mornings",
        ),
        Followed(when=On(33, "11:00"), name="Dizziness", severity=SideEffectSeverity.MILD, ended=53),
        Wrote(On(64, "19:20"), "My sister takes lorazepam. Would it help me?"),
        Took(when=On(33, "11:05"), medicine="Buspirone", since=61, until=34, due=56, taken=54),
        Took(when=Slot("rosa", -50), medicine="Buspirone", since=28, until=1, due=56, taken=55),
    ),
)
