"""A refusal inside a page: shown where the part of the page would have been."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ProblemNotice:
    """What could not be done, why, and what to do. Holds no patient data.

    keep_form: the page says it beside the form, which stays with what was typed (see `swaps.js`).
    """

    template: ClassVar[str] = "_problem.html"
    heading: str
    sentence: str
    remedy: str
    keep_form: bool = False
