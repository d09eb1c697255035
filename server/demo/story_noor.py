"""Noor Haddad, 41: depression with broken sleep. Escitalopram helped in part; quetiapine was added, with weight and
lipids watched. Seen this morning, her note is not signed yet."""

from datetime import timedelta

from emr.diary.model import SideEffectSeverity
from emr.dosing.model import TimeOfDay as Taken
from emr.visits.model import Modality, VisitKind
from server.demo.story import (
    Allergic,
    Attempt,
    Booked,
    Change,
    Followed,
    Held,
    Measured,
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

HOME = Place("Home, 744 Delmar Ter S", "St. Petersburg", "FL", "33701", "(727) 555-0131")
SAFE = "No thoughts of death or self-harm. Husband and two children at home."
QT = "ECG before the start: QTc 421 ms. No heart disease, potassium normal, no other QT medicine."

STORY = PatientStory(
    slug="noor",
    prescribers=("drew", "ruth"),
    home=HOME,
    visits=(
        Held(
            name="1",
            when=On(198, "8:30"),
            by="drew",
            kind=VisitKind.FIRST_EVALUATION,
            minutes=50,
            phq9="323312210",
            gad7="3222222",
            acts=(
                Allergic("Sulfa drugs", "hives"),
                Start(
                    medicine="escitalopram",
                    total="10",
                    taken=(Taken.MORNING,),
                    purpose="depression",
                    reason="Sertraline gave her diarrhea twice; mood and anxiety together",
                ),
            ),
            note=note(
                reason="“I snap at the children and then cry.”",
                interval="Low and irritable for a year, worse since spring. Sleeps four hours. PHQ-9 17, GAD-7 15.",
                history="Depression after her second child, sertraline twice, stopped for diarrhea. No mania, no "
                "psychosis, no self-harm.",
                substances="None.",
                medical="Migraine without aura, no daily medicine. Hives from a sulfa antibiotic. Tubal ligation.",
                family="Sister takes escitalopram. Teaches chemistry. Married, children 9 and 12.",
                mental_status="Fast, precise, tearful when speaking of the children. No flight of ideas. Oriented.",
                risk=SAFE,
                assessment="Major depressive disorder, recurrent, moderate to severe. Bipolarity asked for, not found.",
                plan="Escitalopram 10 mg. Told what to expect. Cognitive therapy for sleep, online. Four weeks.",
            ),
        ),
        Held(
            name="2",
            when=On(170, "8:30"),
            by="drew",
            phq9="223212110",
            gad7="2222111",
            acts=(
                Change(
                    medicine="escitalopram",
                    total="20",
                    taken=(Taken.MORNING,),
                    reason="Partial response at 10 mg, well tolerated",
                ),
            ),
            note=note(
                interval="Less irritable, children noticed. Sleep unchanged. PHQ-9 14, GAD-7 11.",
                tolerance="Yawning. Every dose taken.",
                mental_status="Calmer. Mood “a bit better”.",
                risk=SAFE,
                assessment="Early partial response.",
                plan="Escitalopram 20 mg. Four weeks.",
            ),
        ),
        Held(
            name="3",
            when=On(142, "8:30"),
            by="drew",
            phq9="223202110",
            acts=(Renew("escitalopram", "Four more weeks at 20 mg before adding anything"),),
            note=note(
                interval="Same as a month ago. Awake from two. PHQ-9 13.",
                tolerance="None.",
                mental_status="Tired, otherwise as before.",
                risk=SAFE,
                assessment="Partial response at the label’s maximum.",
                plan="Wait three weeks; if no better, add quetiapine. Baseline weight, lipids, glucose and ECG "
                "asked for.",
            ),
        ),
        Held(
            name="4",
            when=On(121, "8:30"),
            by="drew",
            phq9="223211110",
            gad7="2222111",
            acts=(
                Start(
                    medicine="quetiapine",
                    total="50",
                    taken=(Taken.NIGHT,),
                    purpose="depression, with escitalopram",
                    reason="Augmentation: eight weeks of escitalopram 20 mg, PHQ-9 still 13; sleeps four hours",
                    answers={"interaction:qt": QT},
                ),
            ),
            note=note(
                interval="No change. Afraid of the new school year. PHQ-9 13, GAD-7 11.",
                tolerance="None. Every dose taken.",
                mental_status="Worn out, clear. No psychosis, no mania.",
                risk=SAFE,
                assessment="Inadequate response to a full trial of escitalopram.",
                plan="Choices were bupropion, lithium, quetiapine. Chose quetiapine for sleep; weight, sugar and "
                "lipids explained. 50 mg at night. Baseline done: 71.2 kg, LDL 118, A1c 5.4, QTc 421. Three weeks.",
            ),
        ),
        Held(
            name="5",
            when=On(100, "8:30"),
            by="drew",
            phq9="222201110",
            acts=(
                Change(
                    medicine="quetiapine",
                    total="100",
                    taken=(Taken.NIGHT,),
                    reason="Better sleep at 50 mg, mood lags behind",
                    answers={"interaction:qt": QT},
                ),
            ),
            note=note(
                interval="Sleeps six hours. Slow until nine in the morning. PHQ-9 11.",
                tolerance="Sleepy in the morning, mild. Dry mouth.",
                mental_status="Rested. Mood “less raw”. No stiffness, no tremor.",
                risk=SAFE,
                assessment="Responding to augmentation.",
                plan="100 mg an hour earlier in the evening. Weight each month.",
            ),
        ),
        Held(
            name="6",
            when=On(72, "8:30"),
            by="drew",
            phq9="122201110",
            acts=(
                Attempt("Xanax 0.25 mg tablet"),
                Renew("quetiapine", "Gaining, tolerable", answers={"interaction:qt": QT}),
                Renew("escitalopram", "Continues with quetiapine", answers={"interaction:qt": QT}),
            ),
            note=note(
                interval="A panic attack before parents’ evening, one in four weeks. PHQ-9 10.",
                tolerance="Weight up 1.6 kg; eats late. Morning sleepiness gone.",
                mental_status="Even. No abnormal movements on camera; AIMS at the next in-person check.",
                risk=SAFE,
                assessment="Improving. Weight to be watched.",
                plan="No change. No eating after eight. Asked for alprazolam for parents’ evenings: not by video; "
                "breathing exercise instead, helped in session.",
            ),
        ),
        Held(
            name="7",
            when=On(44, "8:30"),
            by="drew",
            phq9="122111100",
            gad7="1111111",
            acts=(Attempt("clonazepam 0.5 mg tablet"), Renew("quetiapine", "Stable", answers={"interaction:qt": QT})),
            note=note(
                interval="First month without crying at school. PHQ-9 9, GAD-7 7.",
                tolerance="Weight steady since she walks in the evening.",
                mental_status="Bright. Mood “good”.",
                risk=SAFE,
                assessment="Close to remission.",
                plan="Same doses for three months. Twelve-week lipids and glucose now due.",
            ),
        ),
        Held(
            name="8",
            when=On(23, "8:30"),
            by="drew",
            phq9="112111100",
            acts=(Renew("escitalopram", "Stable", answers={"interaction:qt": QT}),),
            note=note(
                interval="Well. Sleeps seven hours. PHQ-9 8.",
                tolerance="Mild dry mouth. No missed doses.",
                mental_status="Relaxed. No abnormal movements.",
                risk=SAFE,
                assessment="Sustained response. Weight 74.0 kg, up 4 percent; under the 5 percent at which we act.",
                plan="Twelve-week labs again overdue, she goes this week. Otherwise no change.",
            ),
        ),
        Held(
            name="today",
            when=Slot("noor"),
            by="drew",
            phq9="111210100",
            gad7="1111011",
            booked_before=timedelta(days=21),
            acts=(Renew("quetiapine", "Stable; weight discussed", answers={"interaction:qt": QT}),),
            note=note(
                interval="Well through report-card week. Sleeps seven hours. PHQ-9 7, GAD-7 6.",
                tolerance="No side effects but the weight. Took 20 of 21 doses.",
                mental_status="Bright, quick, humor. Mood “like myself”.",
                risk=SAFE,
                assessment="Near remission on escitalopram 20 mg and quetiapine 100 mg.",
                signed=False,
            ),
        ),
        Booked(
            name="labs",
            when=Slot("noor-labs"),
            by="ruth",
            kind=VisitKind.LAB_REVIEW,
            modality=Modality.AUDIO,
            minutes=10,
            booked_before=timedelta(days=3),
        ),
        Booked(name="ahead", when=On(-35, "8:30"), by="drew", phq9="-", gad7="-"),
    ),
    between=(
        Measured(On(124, "9:20"), "drew", "qtc", "421"),
        Measured(On(124, "9:22"), "drew", "weight", "71.2"),
        Measured(On(123, "16:00"), "drew", "ldl", "118"),
        Measured(On(123, "16:02"), "drew", "a1c", "5.4"),
        Measured(On(123, "16:04"), "drew", "glucose", "91"),
        Measured(On(73, "18:10"), "ruth", "home weight", "72.8"),
        Measured(On(45, "18:20"), "ruth", "home weight", "73.1"),
        Measured(On(24, "18:05"), "ruth", "home weight", "74.0"),
        Measured(On(2, "11:15"), "ruth", "ldl", "131"),
        Measured(On(2, "11:17"), "ruth", "a1c", "5.5"),
        Measured(On(2, "11:19"), "ruth", "glucose", "95"),
        Noticed(when=On(112, "7:40"), name="Morning sleepiness", severity=SideEffectSeverity.MILD, since=119),
        Followed(when=On(72, "8:00"), name="Morning sleepiness", severity=SideEffectSeverity.MILD, ended=86),
        Noticed(
            when=On(73, "18:15"), name="Weight gain", severity=SideEffectSeverity.MILD, since=92, detail="eats late"
        ),
        Wrote(On(32, "22:10"), "How long do I have to take both?"),
        Took(when=On(44, "8:05"), medicine="Quetiapine", since=72, until=45, due=28, taken=28),
        Took(when=Slot("noor", -40), medicine="Quetiapine", since=21, until=1, due=21, taken=20),
    ),
)
