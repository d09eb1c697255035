"""The refusals of the record: one kind for each thing a caller does differently.

Messages are sentences for people and never hold patient data; `code` is the stable name for machines.
"""

from __future__ import annotations

from collections.abc import Mapping

from emr.shared.marks import N_


class RecordError(Exception):
    """Base of every refusal that `emr` raises on purpose. The caller's transaction must not be committed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NotFound(RecordError):
    """No such thing, or it belongs to another patient: to the asker these look alike. Answer: 404."""

    def __init__(self, code: str = "not_found", message: str = N_("Nothing was found under that name.")) -> None:
        super().__init__(code, message)


class Refused(RecordError):
    """A rule says no and asking again changes nothing. Answer: say why, and what would make it possible."""


class Invalid(RecordError):
    """What was typed cannot be used. Answer: show the form again, keep what was typed.

    `fields` maps the form field's name to one sentence that says how to put it right.
    """

    def __init__(self, fields: Mapping[str, str], code: str = "invalid_input") -> None:
        super().__init__(code, N_("Some entries cannot be used."))
        self.fields: Mapping[str, str] = dict(fields)


class Conflict(RecordError):
    """Someone changed it meanwhile. Answer: show `current` beside what was to be written."""

    def __init__(self, code: str, message: str, current: object) -> None:
        super().__init__(code, message)
        self.current = current
