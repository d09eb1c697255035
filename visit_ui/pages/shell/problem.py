"""A refusal inside a page, shown where the part would have been; and a part that stands alone."""

from dataclasses import dataclass
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame, Page


@dataclass(frozen=True, slots=True)
class ProblemNotice:
    """What could not be done, why, and what to do. Holds no patient data.

    keep_form: the page says it beside the form, which stays with what was typed (see `swaps.js`).
    """

    template: ClassVar[str] = "shell/_problem.html"
    heading: str
    sentence: str
    remedy: str
    keep_form: bool = False


@dataclass(frozen=True, slots=True)
class PartPage:
    """A part of a page as a page of its own, for a browser that asked for it without script. `back_href`: its page.

    `with_help`: for a patient or a guest.
    """

    template: ClassVar[str] = "shell/part.html"
    frame: Frame
    part: Page
    back_href: str
    with_help: bool = True
