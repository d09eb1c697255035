"""What can go wrong in compliance: a kind exists because callers act differently on it."""

from pathlib import Path


class ComplianceError(Exception):
    """Base of every error of this package: `code` is for machines, the message (no patient data) for people."""

    code = "compliance"


class BadReference(ComplianceError):
    """A reference file is damaged or a row of it is wrong: the program must not start with it."""

    code = "bad_reference"

    def __init__(self, path: Path | str, line: int, problem: str) -> None:
        """Name the file, the line (1 is the header) and what is wrong with it."""
        super().__init__(f"{path}, line {line}: {problem}")
        self.path = str(path)
        self.line = line
        self.problem = problem


class BadPack(ComplianceError):
    """A policy pack is damaged or unknown: the caller falls back to strict-block, never to no pack."""

    code = "bad_pack"


class UnusableInput(ComplianceError):
    """A word outside a closed list, an unreadable date: nothing can be decided; say what is expected."""

    code = "unusable_input"
