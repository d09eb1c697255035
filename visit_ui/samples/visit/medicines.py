"""Samples of the list of medicines in the panel, and of what ends a medicine."""

from dataclasses import replace
from datetime import date

from visit_ui.pages.visit.medicines import EndKind, EndPanel, MedicinesPanel, ReportValues, StoppedMedicine
from visit_ui.samples.visit import cast

medicines = MedicinesPanel(
    cast.visit,
    (
        cast.sertraline_row,
        cast.hydroxyzine_row,
        cast.held_row,
        cast.lorazepam_row,
        cast.melatonin_row,
        cast.tea_row,
    ),
    (StoppedMedicine("Fluoxetine", "20 mg a day", date(2026, 6, 2), "Restless, slept badly."),),
    none_confirmed=False,
)
medicines_changed = replace(
    medicines,
    medicines=(
        replace(
            cast.sertraline_row,
            sentence="150 mg each morning",
            since=cast.TODAY,
            now="150 mg",
            down=None,
            just_changed=True,
        ),
        cast.hydroxyzine_row,
    ),
    stopped=(),
    notice="Sertraline is 150 mg a day from Wed, Nov 25. Signed 10:24 AM. Patient agreement not requested here.",
    signed=(
        "Take one 100 mg and one 50 mg tablet by mouth each morning. 30 days, 30 of each, 1 refill.",
        "Reason: Partial response, flat for four weeks at 100 mg",
        "Two medicines can lengthen QT: No cardiac history today; ECG ordered.",
    ),
)
medicines_unknown = MedicinesPanel(cast.visit, (), (), none_confirmed=False)
medicines_report = replace(
    medicines_unknown,
    report=ReportValues("", "3 mg at night", errors={"name": "Enter the name as on the label."}),
)
medicines_to_hand_off = replace(medicines, medicines=(cast.alprazolam_row, cast.sertraline_row), stopped=())
medicines_read_only = replace(
    medicines, may_prescribe=False, may_not_why="The visit has ended. Prescribing needs a visit in progress."
)

stop = EndPanel(
    cast.visit,
    EndKind.STOP,
    "a1",
    "Sertraline",
    "100 mg each morning",
    "Lower by 25 to 50 mg every two weeks; watch for dizziness and shock sensations.",
    "tapers.yaml, sertraline. Not yet reviewed by a clinician.",
    reasons=("Side effects", "Not helping enough", "No longer needed"),
)
stop_refused = replace(
    stop,
    errors={"reason": "Enter the reason in a few words."},
    conflict="Dr. Beaulieu changed it to 75 mg at 10:12 AM.",
)
hold = EndPanel(
    cast.visit, EndKind.HOLD, "a2", "Hydroxyzine", "25 mg at night as needed", None, None, reasons=("Side effects",)
)
