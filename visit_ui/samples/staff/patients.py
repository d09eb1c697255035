"""Finding a patient, and the chart outside a visit."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from visit_ui.charts.timeline import ChartedDose, ChartedSideEffect, DoseBand, ScorePoint, SeverityBand, Timeline
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import Badge, LabeledFact, OrderRow, PatientBanner
from visit_ui.pages.staff.patients import ChartNote, FoundPatient, LatestScore, PatientChart, PatientSearch, VisitLine
from visit_ui.pages.visit.chart import ChartView
from visit_ui.samples.shell.cast import ADA, VISIT, at, prescriber

_LIST = prescriber("Patients", "Patients")
_CHART = prescriber("Ada Lindqvist", "Patients", ADA)

_FOUND = (
    FoundPatient(
        "Ada Lindqvist",
        "34, she/her",
        "Mar 14, 1992",
        f"/patients/{ADA}",
        "Sertraline, hydroxyzine, melatonin",
        at(10, day=27, month=10),
        at(10),
    ),
    FoundPatient("Gwen Tadesse", "23, they/them", "Jan 9, 2003", f"/patients/{ADA}", "none on record", None, at(11)),
    FoundPatient(
        "Marcus Oyelaran",
        "46, he/him",
        "Jul 2, 1980",
        f"/patients/{ADA}",
        "Bupropion XL, lorazepam from elsewhere",
        at(14, day=2),
        None,
    ),
)
SEARCH: Final = PatientSearch(_LIST, "", _FOUND, 3)
SEARCH_TOO_LONG: Final = PatientSearch(
    _LIST, "Lindqvist " * 12, (), 0, error="At most 80 characters fit into “Name or date of birth”; this has 119."
)

_PHQ_BANDS = (
    SeverityBand(0, "minimal", "minimal"),
    SeverityBand(5, "mild", "mild"),
    SeverityBand(10, "moderate", "moderate"),
    SeverityBand(15, "moderately severe", "mod. severe"),
    SeverityBand(20, "severe", "severe"),
)
_SCORES = (
    (date(2026, 6, 23), 17, "moderately severe"),
    (date(2026, 7, 14), 16, "moderately severe"),
    (date(2026, 8, 25), 13, "moderate"),
    (date(2026, 10, 6), 11, "moderate"),
    (date(2026, 11, 24), 9, "mild"),
)
_DOSES = ((date(2026, 6, 23), 25), (date(2026, 7, 14), 50), (date(2026, 8, 25), 75), (date(2026, 10, 6), 100))
_TIMELINE = Timeline(
    key="phq-9",
    scale="PHQ-9",
    highest=27,
    bands=_PHQ_BANDS,
    scores=tuple(ScorePoint(on, value, word) for on, value, word in _SCORES),
    medicines=(
        DoseBand(
            "Sertraline",
            tuple(ChartedDose(on, Decimal(mg), f"{mg} mg") for on, mg in _DOSES),
        ),
    ),
    side_effects=(ChartedSideEffect("Night sweats, mild", date(2026, 11, 9), None),),
    visits=(date(2026, 6, 23), date(2026, 8, 25), date(2026, 10, 6)),
    today=date(2026, 11, 24),
)

BANNER: Final = PatientBanner(
    name="Ada Lindqvist",
    age="34 years",
    pronouns="she/her",
    born="Mar 14, 1992",
    allergies=("Penicillin (rash)",),
    location=None,
    confirmed_at=None,
    call_back="(813) 555-0142",
    crisis_href="/crisis",
    back_href="/patients",
    back_label="All patients",
    place_heading="Where she is now",
)
_HER_OWN = OrderRow(
    "Melatonin", "3 mg at night", "reported Oct 27", "her own", Badge("Patient-reported", "unknown"), reported=True
)
MEDICINES: Final = (
    OrderRow("Sertraline", "100 mg each morning", "since Oct 6", "Dr. Marsh"),
    OrderRow(
        "Hydroxyzine", "25 mg at night as needed", "since Jul 14", "Dr. Marsh", Badge("On hold", "pending", "pause")
    ),
    _HER_OWN,
)
_UPCOMING = VisitLine(
    at(10),
    "Follow-up, video",
    "Dr. Marsh",
    Badge("Waiting", "information"),
    ("Ilse Lindqvist, family",),
    f"/visits/{VISIT}",
)
_PAST = (
    VisitLine(at(10, day=27, month=10), "Follow-up, video", "Dr. Marsh", Badge("Ended", "plain", "check")),
    VisitLine(at(9, 30, day=8, month=9), "Follow-up, video", "Dr. Marsh", Badge("Missed", "warning")),
    VisitLine(at(11, day=23, month=6), "Initial evaluation, in person", "Dr. Marsh", Badge("Ended", "plain", "check")),
)
_NOTES = (
    ChartNote(
        "Follow-up",
        at(10, 31, day=27, month=10),
        "Dr. Drew Marsh",
        Badge("Signed", "plain", "lock"),
        (
            LabeledFact("Interval history", "Mood better, sleeps through four nights of seven. No thoughts of death."),
            LabeledFact("Plan", "Stay at 100 mg, look again in four weeks.\nSodium before the next visit."),
        ),
        (LabeledFact("Dr. Drew Marsh, Oct 28, 2026, 8:12 AM", "Sodium was ordered on Oct 27."),),
    ),
    ChartNote(
        "Initial evaluation",
        at(11, 58, day=23, month=6),
        "Dr. Drew Marsh",
        Badge("Draft", "unknown"),
        (LabeledFact("History", "Six weeks of low mood."),),
        (),
        f"/visits/{VISIT}",
    ),
)
CHART: Final = PatientChart(
    frame=_CHART,
    banner=BANNER,
    charts=(ChartView("PHQ-9 and sertraline", _TIMELINE),),
    scores=(
        LatestScore("PHQ-9", 9, "mild", at(9, 41), "no change since Oct 27"),
        LatestScore("GAD-7", 6, "mild", at(9, 44), "2 less than Oct 27"),
    ),
    medicines=MEDICINES,
    past_medicines=(OrderRow("Bupropion XL", "150 mg each morning", "Feb 4 to Jun 23", "stopped, no help"),),
    upcoming=(_UPCOMING,),
    visits=_PAST,
    notes=_NOTES,
    book_href=f"/visits/new?patient={ADA}",
)

SAMPLES: Final[dict[str, Page]] = {
    "patients": SEARCH,
    "patients.more": replace(SEARCH, q="a", total=41),
    "patients.too-long": SEARCH_TOO_LONG,
    "patients.nobody": replace(SEARCH, q="Zzyzx", found=(), total=0),
    "patients.none-yet": replace(SEARCH, found=(), total=0),
    "chart": CHART,
    "chart.alert": replace(
        CHART,
        scores=(
            LatestScore("PHQ-9", 16, "moderately severe", at(9, 41), "4 more than Oct 27", "Self-harm item answered 1"),
        ),
    ),
    "chart.empty": replace(
        CHART,
        banner=replace(BANNER, allergies=None, call_back=None, pronouns=None),
        charts=(),
        scores=(),
        medicines=(),
        past_medicines=(),
        upcoming=(),
        visits=(),
        notes=(),
    ),
    "chart.to-hand-off": replace(
        CHART,
        medicines=(
            OrderRow(
                "Alprazolam",
                "0.5 mg at night as needed",
                "since Nov 24",
                "Dr. Marsh",
                hand_off_href=f"/visits/{VISIT}/medicines/a7/hand-off",
            ),
            *MEDICINES,
        ),
    ),
    "chart.care-team": replace(CHART, notes=None, book_href=None),
    "chart.long": replace(
        CHART,
        banner=replace(
            BANNER,
            name="María de los Ángeles Fernández-Etxeberria y Gutiérrez",
            allergies=("Penicilina (erupción)", "Sulfamidas (angioedema)", "Látex (dermatitis de contacto)"),
            location="Residencia estudiantil, Nuestra Señora de la Consolación, TX",
            confirmed_at=at(9, 52),
        ),
        medicines=(
            OrderRow(
                "Dexmethylphenidate hydrochloride extended-release",
                "Una cápsula de 20 mg cada mañana con el desayuno y media tableta de 10 mg a mediodía",
                "desde 6 oct",
                "enfermera practicante Ruth Adeyemi",
            ),
        ),
    ),
}
