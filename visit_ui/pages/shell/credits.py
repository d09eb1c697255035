"""Whose work the product shows, and by which permission."""

from dataclasses import dataclass
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame


@dataclass(frozen=True, slots=True)
class Credit:
    """One work: "PHQ-9", "Patient Health Questionnaire-9", "Free: Pfizer states no permission needed ..."."""

    short: str
    name: str
    permission: str


@dataclass(frozen=True, slots=True)
class Credits:
    """`/credits`. `questionnaires`: those that can be asked here; `notices`: what the sources of other data ask for."""

    template: ClassVar[str] = "shell/credits.html"
    frame: Frame
    questionnaires: tuple[Credit, ...]
    notices: tuple[Credit, ...]
