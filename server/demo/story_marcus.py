"""Marcus Oyelaran, 46: depression that came back. Switched from escitalopram to bupropion, worse of late, and lorazepam
from his own doctor. Three weeks ago he answered the self-harm item with 1; today's form waits for him."""

from datetime import timedelta

from emr.diary.model import SideEffectSeverity
from emr.dosing.model import TimeOfDay as Taken
from emr.medications.model import OrderOrigin as ListKind
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
    Report,
    Start,
    Stop,
    Took,
    Wrote,
    note,
)
from server.demo.when import On, Slot

HOME = Place("Home, 3305 E Wilder Ave", "Tampa", "FL", "33610", "(813) 555-0117")
MORNING = (Taken.MORNING,)
LOOKS = "Shaved, dressed for work. Slow to answer. Mood “tired”, affect flat but not distant. Thought goal-directed."
SAFE = "No thoughts of death or self-harm. No gun in the house. Two daughters live with him every other week."

STORY = PatientStory(
    slug="marcus",
    prescribers=("ruth", "drew"),
    home=HOME,
    visits=(
        Held(
            name="1",
            when=On(190, "10:30"),
            by="ruth",
            kind=VisitKind.FIRST_EVALUATION,
            minutes=50,
            phq9="332313210",
            gad7="2111212",
            acts=(
                NoAllergies(),
                Start(
                    medicine="escitalopram",
                    total="10",
                    taken=MORNING,
                    purpose="depression",
                    reason="Third episode; citalopram helped in 2014",
                ),
            ),
            note=note(
                reason="“My daughters asked why I am always in bed.” Referred by Dr. Brandt, primary care.",
                interval="Low since his divorce was final in winter. No appetite, sleeps nine hours and is tired, "
                "works from home to avoid people. PHQ-9 18, GAD-7 10.",
                history="Two episodes, 2009 and 2014. Citalopram 20 mg helped within two months, stopped after a "
                "year. No hospital stay, no attempt, no mania.",
                substances="Two beers on weekends. Stopped smoking in 2019.",
                medical="Blood pressure borderline, no medicine. No seizure, no head injury, no eating disorder.",
                family="Father drank. Software tester. Shares custody of two daughters, 11 and 14.",
                mental_status="Slowed, polite, long pauses. Mood “heavy”, affect flat. No psychosis.",
                risk=SAFE,
                assessment="Major depressive disorder, recurrent, severe without psychosis.",
                plan="Escitalopram 10 mg, close to what helped before. Told of side effects and of not stopping "
                "suddenly. Therapist list given. Four weeks.",
            ),
        ),
        Held(
            name="2",
            when=On(162, "10:30"),
            by="ruth",
            phq9="222312210",
            acts=(
                Change(
                    medicine="escitalopram",
                    total="20",
                    taken=MORNING,
                    reason="Some effect after four weeks at 10 mg",
                ),
            ),
            note=note(
                interval="Gets up at seven on school days. Appetite back. PHQ-9 15.",
                tolerance="Dry mouth. Took every dose.",
                mental_status=LOOKS,
                risk=SAFE,
                assessment="Partial response.",
                plan="Escitalopram 20 mg, the label’s maximum. Begins therapy next week. Four weeks.",
            ),
        ),
        Held(
            name="3",
            when=On(134, "10:30"),
            by="ruth",
            phq9="222211110",
            gad7="1111111",
            acts=(Renew("escitalopram", "Better, four weeks at 20 mg"),),
            note=note(
                interval="Took the girls to the coast. Works two days in the office. PHQ-9 12, GAD-7 7.",
                tolerance="Delayed orgasm since the dose was raised; can live with it for now.",
                mental_status="Livelier. Mood “getting there”.",
                risk=SAFE,
                assessment="Response, not remission. Sexual side effect.",
                plan="Keep 20 mg. If the side effect stays, talk about bupropion.",
            ),
        ),
        Held(
            name="4",
            when=On(106, "10:30"),
            by="ruth",
            phq9="122212110",
            acts=(Renew("escitalopram", "No change wanted before the school year begins"),),
            note=note(
                interval="Even. Less energy than a month ago. PHQ-9 12.",
                tolerance="Sexual side effect unchanged, now “a reason to stop”. Missed four doses.",
                mental_status=LOOKS,
                risk=SAFE,
                assessment="Plateau, and a side effect that keeps him from taking it.",
                plan="He wants to finish the first weeks of school first. Switch to bupropion at the next visit.",
            ),
        ),
        Held(
            name="5",
            when=On(78, "10:30"),
            by="ruth",
            phq9="222212210",
            acts=(
                Attempt("Xanax 0.5 mg tablet"),
                Change(
                    medicine="escitalopram",
                    total="10",
                    taken=MORNING,
                    reason="First step of the switch to bupropion",
                ),
                Start(
                    medicine="bupropion_xl",
                    total="150",
                    taken=MORNING,
                    purpose="depression",
                    reason="Sexual side effect and plateau on escitalopram",
                ),
            ),
            note=note(
                interval="Slipping: bed after work, cancelled two therapy hours. PHQ-9 14.",
                tolerance="As before. Takes escitalopram on most days.",
                mental_status=LOOKS,
                risk=SAFE,
                assessment="Relapse on a medicine he half takes. No seizure risk found: no seizure, no eating "
                "disorder, little alcohol.",
                plan="Escitalopram to 10 mg for three weeks, then stop. Bupropion XL 150 mg in the morning. Asked "
                "for alprazolam as his brother takes it: cannot be prescribed by video, and would not help here.",
            ),
        ),
        Held(
            name="6",
            when=On(57, "10:30"),
            by="drew",
            phq9="223212210",
            gad7="2221111",
            acts=(
                Stop("escitalopram", "Switch to bupropion completed; tapered over three weeks"),
                Change(
                    medicine="bupropion_xl",
                    total="300",
                    taken=MORNING,
                    reason="Three weeks at 150 mg without effect, well tolerated",
                ),
            ),
            note=note(
                interval="Seen at Ms. Adeyemi’s request. Some drive back, but sleep is worse and he broods at "
                "night. PHQ-9 15, GAD-7 10.",
                tolerance="Sexual side effect gone. Sleeps later. Blood pressure 128.",
                mental_status="More present than described. Mood “edgy”. No mixed features.",
                risk=SAFE,
                assessment="Switch under way; too early at 150 mg. Insomnia may be from bupropion or depression.",
                plan="Stop escitalopram. Bupropion XL 300 mg, before 8. Ms. Adeyemi sees him in three weeks.",
            ),
        ),
        Held(
            name="7",
            when=On(36, "10:30"),
            by="ruth",
            phq9="233212110",
            gad7="2221211",
            acts=(
                Report(
                    name="lorazepam",
                    sentence="0.5 mg at night",
                    since=39,
                    kind=ListKind.PRESCRIBED_ELSEWHERE,
                    total="0.5",
                    purpose="sleep",
                    prescriber="Dr. Helen Brandt, primary care",
                ),
                Attempt("lorazepam 0.5 mg tablet", "renew"),
                Renew("bupropion_xl", "Two to three more weeks before judging 300 mg"),
            ),
            note=note(
                interval="His doctor gave him lorazepam for sleep last week. Sleeps six hours with it. PHQ-9 15.",
                tolerance="No side effects of bupropion. Took 20 of 21 doses.",
                mental_status=LOOKS,
                risk=SAFE,
                assessment="No better at three weeks of 300 mg. Lorazepam from outside, nightly.",
                plan="Entered lorazepam as prescribed by Dr. Brandt; asked her by letter to keep it short. He asked "
                "whether we would take it over: not by video. No alcohol with it, and not before driving.",
            ),
        ),
        Held(
            name="8",
            when=On(22, "10:30"),
            by="drew",
            phq9="233211211",
            gad7="2222211",
            taken_up="Asked at once: passive thoughts twice last week, no plan, no intent, no means. Safety plan "
            "written with him and sent. Sister is his contact, called with his leave. Ms. Adeyemi calls in two weeks.",
            acts=(Attempt("alprazolam 0.25 mg"), Renew("bupropion_xl", "Full trial of 300 mg not yet reached")),
            note=note(
                interval="Custody hearing ahead. Awake from two to four. PHQ-9 16, the self-harm item 1.",
                tolerance="None. Lorazepam every night.",
                mental_status="Tired, near tears once, then composed. No psychosis, no agitation.",
                risk="Thought twice “they would manage without me”. No plan, intent or means, no attempt ever. "
                "Protective: daughters, sister, work. Safety plan made; 988 and our number known.",
                assessment="Worse under a stressor. Low acute risk, to be watched.",
                plan="Keep bupropion XL 300 mg to the full eight weeks. Options then: add an augmenting medicine or "
                "change class. Therapy weekly. Call by Ms. Adeyemi in two weeks, visit in three.",
                later=(
                    3,
                    "Sister reached by telephone at 2:10 PM. She stays with him over the weekend.",
                ),
            ),
        ),
        Held(
            name="9",
            when=On(7, "15:10"),
            by="ruth",
            kind=VisitKind.URGENT,
            modality=Modality.AUDIO,
            minutes=15,
            note=note(
                interval="Planned safety call. Hearing went well. Sleeps six hours. Has the safety plan on the fridge.",
                risk="Asked directly: no thoughts of death since the last visit. Sister visits on Sundays.",
                plan="Visit with Dr. Marsh next week as booked. To answer the questionnaire before it.",
            ),
        ),
        Booked(name="today", when=Slot("marcus"), by="drew", phq9="-", booked_before=timedelta(days=21)),
        Booked(name="ahead", when=On(-14, "10:30"), by="ruth", phq9="-"),
    ),
    between=(
        Noticed(when=On(141, "19:00"), name="Delayed orgasm", severity=SideEffectSeverity.MODERATE, since=151),
        Followed(when=On(57, "8:00"), name="Delayed orgasm", severity=SideEffectSeverity.MILD, ended=61),
        Measured(On(58, "12:10"), "ruth", "home systolic", "128"),
        Measured(On(34, "9:40"), "ruth", "home systolic", "132"),
        Took(when=On(78, "9:45"), medicine="Escitalopram", since=106, until=79, due=28, taken=19),
        Took(when=On(36, "9:50"), medicine="Bupropion", since=56, until=37, due=20, taken=19),
        Took(when=Slot("marcus", -60), medicine="Bupropion", since=21, until=1, due=21, taken=20),
        Wrote(On(3, "23:05"), "Would something else work better than bupropion?"),
        OutOfHours(On(27, "20:35"), "ruth", "7", Attempt("Xanax 0.5 mg tablet")),
    ),
)
