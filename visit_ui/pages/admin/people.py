"""The administrator's page: who can sign in, and as what."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import FieldError, Option


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Someone who can sign in. roles: in words, joined. record: the patient record's code, or None."""

    name: str
    roles: str
    issuer: str
    subject: str
    added: datetime
    record: str | None = None


@dataclass(frozen=True, slots=True)
class PersonValues:
    """What was typed, as text. `roles` are values of the role options that were ticked."""

    issuer: str = ""
    subject: str = ""
    roles: tuple[str, ...] = ()
    person: str = ""
    given_name: str = ""
    family_name: str = ""
    prefix: str = ""
    credential: str = ""
    pronouns: str = ""
    born: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """`/people`. Posts `csrf_token`, `issuer`, `subject`, `role` (once or more), `person` (an existing record, or
    empty for a new one), `given_name`, `family_name`, `prefix`, `credential`, `pronouns`, `born` (a day), `phone`.

    records: people on record who cannot sign in yet. added: who was added just now, or None.
    """

    template: ClassVar[str] = "admin/people.html"
    frame: Frame
    people: tuple[PersonRow, ...]
    values: PersonValues
    errors: tuple[FieldError, ...]
    roles: tuple[Option, ...]
    records: tuple[Option, ...]
    added: str | None = None
