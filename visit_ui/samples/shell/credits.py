"""The credits."""

from typing import Final

from visit_ui.pages.shell.credits import Credit, Credits
from visit_ui.pages.shell.frame import Page
from visit_ui.samples.shell.cast import patient

CREDITS = Credits(
    frame=patient("Credits"),
    questionnaires=(
        Credit("PHQ-9", "Patient Health Questionnaire-9", "Free: Pfizer states no permission needed to reproduce it"),
        Credit("GAD-7", "Generalized Anxiety Disorder-7", "Free, as PHQ-9"),
    ),
    notices=(Credit("RxNorm", "Names and codes of medicines", "NLM is not responsible for the product."),),
)

SAMPLES: Final[dict[str, Page]] = {"credits": CREDITS}
