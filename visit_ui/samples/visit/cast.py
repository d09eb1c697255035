"""What the samples of the visit pages share: Ada's visit on November 24, 2026: her scores, doses and medicines."""

from datetime import UTC, date, datetime
from decimal import Decimal

from visit_ui.charts.timeline import ChartedDose, ChartedSideEffect, DoseBand, ScorePoint, SeverityBand, Timeline
from visit_ui.pages.shell.frame import Frame, NavItem, Viewer
from visit_ui.pages.shell.parts import PatientBanner
from visit_ui.pages.staff.outcome import Corrected
from visit_ui.pages.visit.chart import ChartView
from visit_ui.pages.visit.medicines import DoseMove, MedicineKind, MedicineRow
from visit_ui.pages.visit.parts import CallPerson, CallSetup, StatedPlace, VisitContext, pronouns_of
from visit_ui.samples.shell.cast import HELP

VISIT = "5b0d7f6e-7f5c-4d5e-9a53-0f1c6b1f7a10"
ADA = "0d5cbb0e-54f6-4b83-9a3e-c1f5a2f7d001"
ZONE = "America/New_York"
TODAY = date(2026, 11, 24)
CONFIRMED = datetime(2026, 11, 24, 15, 2, tzinfo=UTC)
STARTED = datetime(2026, 11, 24, 15, 3, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 15, 16, tzinfo=UTC)
CLINIC = "(813) 555-0100"

visit = VisitContext(VISIT, ADA, "Ada", "sample-token", ZONE, TODAY, pronouns_of("she/her"))

drew_frame = Frame(
    title="Ada Lindqvist, visit",
    viewer=Viewer("Dr. Drew Marsh", "Psychiatrist", "DM"),
    csrf_token="sample-token",  # noqa: S106  # not a secret: a sample
    nav=(NavItem("Day", "/day"),),
    demo=True,
    patient_id=ADA,
    zone=ZONE,
)


def ada_frame(title: str) -> Frame:
    """The patient's frame, named for one page."""
    return Frame(
        title=title,
        viewer=Viewer("Ada Lindqvist", "Patient", "AL"),
        csrf_token="sample-token",  # noqa: S106  # not a secret: a sample
        demo=True,
        patient_id=ADA,
        zone=ZONE,
        help_now=HELP,
    )


def guest_frame() -> Frame:
    """Ilse Lindqvist's frame: a guest of Ada's visit."""
    viewer = Viewer("Ilse Lindqvist", "Guest", "IL")
    return Frame("Ada's visit", viewer, "sample-token", demo=True, patient_id=ADA, zone=ZONE, help_now=HELP)


banner = PatientBanner(
    name="Ada Lindqvist",
    age="34 years",
    pronouns="she/her",
    born="Mar 14, 1992",
    allergies=("Penicillin (rash)",),
    location="Home, Tampa FL",
    confirmed_at=CONFIRMED,
    call_back="(813) 555-0142",
    crisis_href="#crisis-path",
    back_href="/day",
    back_label="Back to the day",
    place_heading="Where she is now",
)
bare_banner = PatientBanner(
    name="Ada Lindqvist",
    age="34 years",
    pronouns=None,
    born="Mar 14, 1992",
    allergies=None,
    location=None,
    confirmed_at=None,
    call_back=None,
    crisis_href="#crisis-path",
    back_href="/day",
    back_label="Back to the day",
)
location = StatedPlace("Home, Tampa FL", "1408 E Palm Ave, Tampa, FL 33605", CONFIRMED)
crisis_lines = (
    "988 Suicide & Crisis Lifeline, call 988 or text 988. Free and confidential, day and night.",
    "Emergency services, call 911. If you or someone else is in danger right now.",
)

drew = CallPerson("p-drew", "Dr. Drew Marsh", "Dr. Marsh", "DM", "prescriber")
ada = CallPerson("p-ada", "Ada Lindqvist", "Ada", "AL", "patient")
ilse = CallPerson("p-ilse", "Ilse Lindqvist", "Ilse", "IL", "guardian")


def call_for(person: CallPerson) -> CallSetup:
    """A call that this person may join; nothing answers at its address."""
    return CallSetup(
        socket_url=f"/visits/{VISIT}/call",
        room="sample-room",
        ticket="sample-ticket",  # not a secret: a sample
        participant=person.participant,
        people=(drew, ada, ilse),
        started_at=STARTED,
        minutes=30,
    )


PHQ9_BANDS = (
    SeverityBand(0, "minimal", "minimal"),
    SeverityBand(5, "mild", "mild"),
    SeverityBand(10, "moderate", "moderate"),
    SeverityBand(15, "moderately severe", "mod. severe"),
    SeverityBand(20, "severe", "severe"),
)
GAD7_BANDS = (
    SeverityBand(0, "minimal", "minimal"),
    SeverityBand(5, "mild", "mild"),
    SeverityBand(10, "moderate", "moderate"),
    SeverityBand(15, "severe", "severe"),
)


def _severity(value: int, bands: tuple[SeverityBand, ...]) -> str:
    return [band.name for band in bands if band.lowest <= value][-1]


def scores(bands: tuple[SeverityBand, ...], *values: tuple[int, int, int]) -> tuple[ScorePoint, ...]:
    """Points from (month, day, value) of 2026."""
    return tuple(ScorePoint(date(2026, m, d), value, _severity(value, bands)) for m, d, value in values)


def step(month: int, day: int, mg: int) -> ChartedDose:
    """A daily total in mg from that day of 2026 on; 0 reads "stopped"."""
    return ChartedDose(date(2026, month, day), Decimal(mg), f"{mg} mg" if mg else "stopped")


SERTRALINE = DoseBand("Sertraline", (step(6, 23, 25), step(7, 14, 50), step(8, 25, 75), step(10, 6, 100)))
SERTRALINE_PROPOSED = DoseBand("Sertraline", SERTRALINE.steps, ChartedDose(TODAY, Decimal(150), "150 mg"))
HYDROXYZINE = DoseBand("Hydroxyzine", (step(7, 14, 25), step(9, 8, 50), step(10, 27, 25)))
VISITS = (
    date(2026, 6, 23),
    date(2026, 7, 14),
    date(2026, 8, 25),
    date(2026, 10, 6),
    date(2026, 10, 27),
    TODAY,
)
PHQ9_SCORES = scores(
    PHQ9_BANDS,
    (6, 23, 17), (7, 14, 16), (8, 4, 15), (8, 25, 13), (9, 15, 12), (10, 6, 11), (10, 27, 9), (11, 22, 9),
)  # fmt: skip

phq9_timeline = Timeline(
    key="phq9",
    scale="PHQ-9",
    highest=27,
    bands=PHQ9_BANDS,
    scores=PHQ9_SCORES,
    medicines=(SERTRALINE,),
    side_effects=(ChartedSideEffect("Night sweats, mild", date(2026, 11, 9), None),),
    visits=VISITS,
    today=TODAY,
)
gad7_timeline = Timeline(
    key="gad7",
    scale="GAD-7",
    highest=21,
    bands=GAD7_BANDS,
    scores=scores(GAD7_BANDS, (6, 23, 14), (7, 14, 13), (8, 25, 10), (10, 6, 8), (11, 22, 7)),
    medicines=(SERTRALINE, HYDROXYZINE),
    side_effects=(ChartedSideEffect("Drowsy mornings, mild", date(2026, 7, 20), date(2026, 9, 20)),),
    visits=VISITS,
    today=TODAY,
)
phq9_chart = ChartView("PHQ-9 and sertraline", phq9_timeline)
gad7_chart = ChartView("GAD-7, sertraline and hydroxyzine", gad7_timeline)

sertraline_row = MedicineRow(
    "a1", "Sertraline", "100 mg each morning", date(2026, 10, 6), "Dr. Marsh", MedicineKind.PRESCRIBED_HERE,
    now="100 mg", down=DoseMove("75 mg", "75"), up=DoseMove("150 mg", "150"), adjustable=True,
)  # fmt: skip
hydroxyzine_row = MedicineRow(
    "a2", "Hydroxyzine", "25 mg at night as needed", date(2026, 7, 14), "Dr. Marsh",
    MedicineKind.PRESCRIBED_HERE, note="11 of 28 nights",
    now="25 mg", down=DoseMove("10 mg", "10"), up=DoseMove("50 mg", "50"), adjustable=True,
)  # fmt: skip
melatonin_row = MedicineRow(
    "a3", "Melatonin", "3 mg at night", date(2026, 10, 27), "her own report", MedicineKind.SELF_REPORTED
)
lorazepam_row = MedicineRow(
    "a4", "Lorazepam", "0.5 mg when needed", date(2025, 3, 2), "Dr. Pell, primary care",
    MedicineKind.PRESCRIBED_ELSEWHERE, schedule="IV",
)  # fmt: skip
alprazolam_row = MedicineRow(
    "a7", "Alprazolam", "0.5 mg at night as needed", date(2026, 11, 24), "Dr. Marsh", MedicineKind.PRESCRIBED_HERE,
    now="0.5 mg", down=DoseMove("0.25 mg", "0.25"), up=DoseMove("1 mg", "1"), adjustable=True, schedule="IV",
    hand_off_href=f"/visits/{VISIT}/medicines/a7/hand-off",
)  # fmt: skip
held_row = MedicineRow(
    "a5", "Bupropion XL", "150 mg each morning", date(2026, 9, 1), "Dr. Marsh", MedicineKind.PRESCRIBED_HERE,
    held_since=date(2026, 11, 12),
)  # fmt: skip
tea_row = MedicineRow(
    "a6", "Calm Nights herbal tea", "one cup most evenings", None, "her own report",
    MedicineKind.SELF_REPORTED, not_interpreted=True,
)  # fmt: skip
medicines = (sertraline_row, hydroxyzine_row, melatonin_row)

corrected = Corrected(
    was="Missed",
    to="held",
    by="Noa Reyes",
    at=NOW,
    reason="The link failed, and Dr. Marsh saw her on the clinic’s phone.",
    times="10:05 AM to 10:31 AM",
)
