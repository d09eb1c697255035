"""What can go wrong in compliance: a kind exists because callers act differently on it."""

from emr.shared.validation import BadFile


class ComplianceError(Exception):
    """Base of every error of this package: `code` is for machines, the message (no patient data) for people."""

    code = "compliance"


class BadReference(ComplianceError, BadFile):
    """A reference file is damaged or rows of it are wrong: the program must not start with it. All are named."""

    code = "bad_reference"


class BadPack(ComplianceError):
    """A policy pack is damaged or unknown: the caller falls back to strict-block, never to no pack."""

    code = "bad_pack"


class UnusableInput(ComplianceError):
    """A word outside a closed list, an unreadable date: nothing can be decided; say what is expected."""

    code = "unusable_input"
