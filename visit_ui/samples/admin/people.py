"""The administrator's page."""

from dataclasses import replace
from typing import Final

from visit_ui.pages.admin.people import People, PersonRow, PersonValues
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import FieldError, Option
from visit_ui.samples.shell.cast import administrator, at

_ISSUER = "https://accounts.example.org/realms/bay"

PEOPLE: Final = People(
    frame=administrator("People"),
    people=(
        PersonRow("Ada Lindqvist", "Patient", _ISSUER, "ada", at(9, day=23, month=6), "P-7F2C"),
        PersonRow("Dr. Drew Marsh", "Prescriber", _ISSUER, "drew", at(9, day=1, month=5)),
        PersonRow("Dr. Tomás Beaulieu", "Prescriber, supervisor", _ISSUER, "tomas", at(9, day=1, month=5)),
        PersonRow("Olu Bankole", "Compliance officer", _ISSUER, "olu", at(9, day=1, month=5)),
    ),
    values=PersonValues(),
    errors=(),
    roles=(
        Option("patient", "Patient"),
        Option("guest", "Guest"),
        Option("prescriber", "Prescriber"),
        Option("supervisor", "Supervisor"),
        Option("care_team", "Care team"),
        Option("front_desk", "Front desk"),
        Option("officer", "Compliance officer"),
        Option("administrator", "Administrator"),
    ),
    records=(Option("r1", "Marcus Oyelaran", "P-C44E"),),
)

SAMPLES: Final[dict[str, Page]] = {
    "people": PEOPLE,
    "people.added": replace(PEOPLE, added="Ruth Adeyemi"),
    "people.nobody": replace(PEOPLE, people=()),
    "people.errors": replace(
        PEOPLE,
        values=PersonValues("accounts.example.org", "", (), "", "Gwen", "", "", "", "they/them", "01/31/2003", ""),
        errors=(
            FieldError("issuer", "Begin the address with https://."),
            FieldError("subject", "Copy the account number from the person’s “No access yet” page."),
            FieldError("role", "Choose at least one role."),
            FieldError("family_name", "Enter a last name, or choose a record."),
        ),
    ),
}
