"""The administrator's sites: the places where the clinic meets patients in person."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import FieldError, Option


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site. state: in words ("Florida"). close_action: takes POST with `csrf_token`; None once it is closed."""

    name: str
    line: str
    city: str
    state: str
    postal: str
    since: datetime
    close_action: str | None
    closed: datetime | None = None


@dataclass(frozen=True, slots=True)
class SiteValues:
    """What was typed, as text. state: a value of the state options."""

    name: str = ""
    line: str = ""
    city: str = ""
    state: str = ""
    postal: str = ""


@dataclass(frozen=True, slots=True)
class Sites:
    """`/sites`. Posts `csrf_token`, `name`, `line`, `city`, `state` (two letters), `postal`.

    sites: open ones first, by name. said: what was just done ("Ybor clinic is open for check-in."), or None.
    """

    template: ClassVar[str] = "admin/sites.html"
    frame: Frame
    sites: tuple[SiteRow, ...]
    values: SiteValues
    errors: tuple[FieldError, ...]
    states: tuple[Option, ...]
    said: str | None = None
