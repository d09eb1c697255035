"""The sheet for a certified system."""

from dataclasses import replace
from typing import Final

from visit_ui.pages.shell.frame import Page
from visit_ui.pages.staff.hand_off import HandOffSheet, ObligationView
from visit_ui.samples.shell.cast import CALEB, VISIT, at, prescriber

SHEET: Final = HandOffSheet(
    frame=prescriber("Hand off", patient_id=CALEB),
    patient="Caleb Stone",
    born="Mar 2, 1988",
    address="911 N Willow Ave, Tampa, FL 33606",
    prescriber="Dr. Drew Marsh, MD",
    medicine="Alprazolam 0.5 mg tablet",
    directions="Take one 0.5 mg tablet by mouth at night as needed.",
    quantity="30 tablets",
    days_supply="30 days",
    refills="None",
    indication="panic attacks",
    schedule="IV",
    decided=at(14, 21),
    decision="7c3a5b7e-2a60-4a86-93c1-5f9f3e1b7d02",
    entry=48231,
    checked_in=at(13, 57),
    site="Ybor clinic, Tampa FL",
    checked_in_by="Noa Reyes",
    duties=(
        ObligationView(
            "Prescribe it in a system certified for electronic prescribing of controlled substances. Titrate records "
            "the decision and never signs or sends such a prescription.",
            "21 CFR 1311.100(c)",
        ),
    ),
    back_href=f"/visits/{VISIT}",
)

SAMPLES: Final[dict[str, Page]] = {
    "hand-off": SHEET,
    "hand-off.bare": replace(SHEET, address=None, indication=None),
    "hand-off.stopped": replace(SHEET, not_valid_why="Stopped on Nov 26, 2026 by Dr. Drew Marsh."),
    "hand-off.long": replace(
        SHEET,
        patient="María de los Ángeles Fernández-Etxeberria y Gutiérrez",
        address="Residencia Nuestra Señora de la Consolación, 12750 Bruce B. Downs Boulevard, Tampa, FL 33612-4455",
        prescriber="Dr. Bartholomew Featherstonehaugh-Cholmondeley, DO",
        medicine="Dexmethylphenidate hydrochloride extended-release 20 mg capsule",
        directions="Take one 20 mg capsule by mouth each morning with food, swallowed whole; do not take after noon.",
        quantity="30 capsules",
        indication="attention deficit hyperactivity disorder, predominantly inattentive presentation",
        schedule="II",
        site="Centro comunitario de salud mental del condado de Hillsborough, Saint Petersburg Beach FL",
    ),
}
