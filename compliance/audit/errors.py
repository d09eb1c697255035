"""What can go wrong with the log itself: a kind exists because callers act differently on it."""

from compliance.shared.errors import ComplianceError


class InvalidEntry(ComplianceError):
    """A fact that cannot be written to the log as it is: a fault of the caller. Nothing was written."""

    code = "invalid_entry"

    def __init__(self, field: str, problem: str) -> None:
        """Name the field and what is wrong with it, never its value."""
        super().__init__(f"A log entry was refused: {field} {problem}.")
        self.field = field


class BadNote(ComplianceError):
    """A signed note, a checkpoint or a key that cannot be read, or that no known key has signed."""

    code = "bad_note"


class UnknownSigningKey(BadNote):
    """A signed note that is well-formed and that none of the keys given has signed."""

    code = "unknown_key"


class LogDamaged(ComplianceError):
    """The log is not what was sealed or signed before: stop signing and exporting, run the verification."""

    code = "log_damaged"


class CounterBehind(LogDamaged):
    """The database gives transaction numbers that the log has had: it was restored into another cluster."""

    code = "counter_behind"


class StoreDisagrees(LogDamaged):
    """The checkpoints kept outside the database and those in it are not of one log."""

    code = "store_disagrees"
