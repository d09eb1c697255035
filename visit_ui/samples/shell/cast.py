"""Names, times and frames shared by the samples: one invented clinic on one morning."""

from datetime import UTC, datetime

from visit_ui.pages.shell.frame import Frame, HelpNow, NavItem, Viewer

ZONE = "America/New_York"
TOKEN = "sample-token"  # noqa: S105  # stands where the session's CSRF token stands
ADA = "11111111-1111-4111-8111-111111111111"
MARCUS = "22222222-2222-4222-8222-222222222222"
CALEB = "55555555-5555-4555-8555-555555555555"
VISIT = "33333333-3333-4333-8333-333333333333"


def at(hour: int, minute: int = 0, *, day: int = 24, month: int = 11, second: int = 0) -> datetime:
    """A moment of 2026 by the clinic's clock in Florida (EST, five hours behind; EDT before November is four)."""
    behind = 5 if month >= 11 or month <= 2 else 4
    hours = hour + behind
    return datetime(2026, month, day + hours // 24, hours % 24, minute, second, tzinfo=UTC)


NOW = at(9, 58)

DREW = Viewer("Dr. Drew Marsh", "Psychiatrist", "DM")
OLU = Viewer("Olu Bankole", "Compliance officer", "OB")
NOA = Viewer("Noa Reyes", "Front desk", "NR")
CARLA = Viewer("Carla Winn", "Administrator", "CW")
ADA_VIEWER = Viewer("Ada Lindqvist", "Patient", "AL")
ILSE_VIEWER = Viewer("Ilse Lindqvist", "Guest of Ada", "IL")

_LIVE = "/live"
HELP = HelpNow(call="988", text="988", emergency="911")


def nobody(title: str) -> Frame:
    """Not signed in."""
    return Frame(title, None, TOKEN, zone=ZONE, help_now=HELP)


def prescriber(title: str, current: str = "", patient_id: str | None = None) -> Frame:
    """Drew's frame; `current` is the label of the place he is in."""
    places = (("Day", "/day"), ("Patients", "/patients"))
    nav = tuple(NavItem(label, href, label == current) for label, href in places)
    return Frame(
        title,
        DREW,
        TOKEN,
        nav,
        live_url=_LIVE,
        patient_id=patient_id,
        zone=ZONE,
        search_url="/patients",
        home_url="/day",
        help_now=HELP,
    )


def officer(title: str) -> Frame:
    """Olu's frame."""
    return Frame(title, OLU, TOKEN, (NavItem("Prescribing log", "/log", True),), zone=ZONE, home_url="/log")


def front_desk(title: str, current: str = "", patient_id: str | None = None) -> Frame:
    """Noa's frame; `patient_id` when the page is about one visit."""
    nav = (NavItem("Front desk", "/desk", current == "Front desk"),)
    return Frame(
        title, NOA, TOKEN, nav, live_url=_LIVE, patient_id=patient_id, zone=ZONE, home_url="/desk", help_now=HELP
    )


def administrator(title: str, current: str = "People") -> Frame:
    """Carla's frame; `current` is the label of the place she is in."""
    places = (("People", "/people"), ("Sites", "/sites"))
    nav = tuple(NavItem(label, href, label == current) for label, href in places)
    return Frame(title, CARLA, TOKEN, nav, zone=ZONE, home_url="/people")


def patient(title: str, viewer: Viewer = ADA_VIEWER) -> Frame:
    """Ada's frame, or that of a guest at her visit."""
    return Frame(title, viewer, TOKEN, live_url=_LIVE, patient_id=ADA, zone=ZONE, home_url="/home", help_now=HELP)
