"""What stands around every page: who looks, where they may go, and the token that their forms carry."""

from dataclasses import dataclass
from typing import ClassVar, Protocol


class Page(Protocol):
    """A dataclass that names its template; its fields are all the template's names."""

    template: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person signed in.

    `role` is in words ("Psychiatrist"); `initials` at most three letters.
    """

    name: str
    role: str
    initials: str


@dataclass(frozen=True, slots=True)
class NavItem:
    """One place in the header. `count` is shown when it is not None and not zero."""

    label: str
    href: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class HelpNow:
    """Numbers that stand on every page of a patient: the lifeline's to call and to text, and the emergency number."""

    call: str
    text: str
    emergency: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Common to all pages.

    title: of the browser's window, without the product's name.
    viewer: None when nobody is signed in; then there is no sign-out and no idle log-off warning.
    csrf_token: empty when nobody is signed in and the page has no form.
    nav: in reading order; only places that exist and that the viewer may open.
    live_url: the event stream (`/live?visit=...`) that says which topics to re-read; None: nothing is live.
    patient_id: the patient this page is for; every form on it carries it. None: about no patient.
    zone: IANA name of the viewer's time zone.
    search_url: where the header's "Find a patient" goes (POST `csrf_token`, `q`); None: no such field.
    home_url: where the product's name leads.
    help_now: whom to call at once. A page of a patient cannot be rendered without.
    """

    title: str
    viewer: Viewer | None
    csrf_token: str
    nav: tuple[NavItem, ...] = ()
    demo: bool = False
    live_url: str | None = None
    patient_id: str | None = None
    zone: str = "America/New_York"
    search_url: str | None = None
    home_url: str = "/"
    help_now: HelpNow | None = None
