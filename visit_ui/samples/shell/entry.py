"""Signing in and out, and what did not work."""

from typing import Final

from visit_ui.pages.shell.entry import CastCard, CastGroup, DemoSignIn, NoAccess, SignedOut, SignIn, error_page
from visit_ui.pages.shell.frame import Page
from visit_ui.samples.shell.cast import nobody


def _card(name: str, initials: str, role: str, note: str, *, now: bool = False) -> CastCard:
    host = name.split()[-2 if name.endswith("Winn") else -1].lower()
    return CastCard(name, initials, role, note, f"http://{host}.localhost:8000/sign-in/start", now)


_CAST = (
    CastGroup(
        "Patients",
        (
            _card("Ada Lindqvist", "AL", "Patient, 34", "Visit with Dr. Marsh now", now=True),
            _card("Marcus Oyelaran", "MO", "Patient, 46", "Visit at 10:30 AM"),
            _card("Ilse Lindqvist", "IL", "Guest of Ada", "Invited to her visit"),
        ),
    ),
    CastGroup(
        "Prescribers",
        (
            _card("Dr. Drew Marsh", "DM", "Psychiatrist, MD", "Ada is waiting", now=True),
            _card("Dr. Tomás Beaulieu", "TB", "Psychiatrist, DO", "Supervises Jonah Pike"),
            _card("Ruth Adeyemi", "RA", "Nurse practitioner, PMHNP", "No visit waiting"),
            _card("Jonah Pike", "JP", "Physician assistant, PA-C", "Two visits today"),
        ),
    ),
    CastGroup(
        "Clinic and care team",
        (
            _card("Sofia Lund", "SL", "Therapist", "On Ada’s care team"),
            _card("Olu Bankole", "OB", "Compliance officer", "One new blocked attempt"),
            _card("Carla Winn", "CW", "Administrator", "Lets people in"),
        ),
    ),
)

SAMPLES: Final[dict[str, Page]] = {
    "sign-in": SignIn(nobody("Sign in"), "Bay Clinic account", "/sign-in/start"),
    "sign-in.failed": SignIn(
        nobody("Sign in"), "Bay Clinic account", "/sign-in/start", "It took longer than ten minutes. Please try again."
    ),
    "demo-sign-in": DemoSignIn(
        nobody("Who do you want to be?"),
        _CAST,
        "To hold a visit, sign in as Ada in one window and as Dr. Marsh in another.",
    ),
    "signed-out": SignedOut(nobody("Signed out"), "/sign-in"),
    "signed-out.idle": SignedOut(nobody("Signed out"), "/sign-in", "idle"),
    "signed-out.ended": SignedOut(nobody("Signed out"), "/sign-in", "ended"),
    "no-access": NoAccess(
        nobody("No access yet"), "https://accounts.example.org/realms/bay", "9f4c2a7e-51d0-4b7e-9d43-0c8c2f9a6f11"
    ),
    "no-access.contact": NoAccess(
        nobody("No access yet"), "https://accounts.example.org/realms/bay", "sam@example.org", "(813) 555-0100"
    ),
    **{f"error.{status}": error_page(nobody("Error"), status) for status in (400, 403, 404, 409, 413, 429, 503)},
    "error.500": error_page(nobody("Error"), 500, "5f1c-0a77"),
}
