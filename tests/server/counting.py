"""Counting what a page asks of PostgreSQL, where the server runs in the process of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import event
from sqlalchemy.engine import Engine


@dataclass(slots=True)
class Counter:
    """How many statements went to PostgreSQL since the last `take`."""

    statements: list[str] = field(default_factory=list)

    def take(self) -> int:
        """The count since the last call."""
        count = len(self.statements)
        self.statements.clear()
        return count


@contextmanager
def counting() -> Iterator[Counter]:
    """Count the statements of every engine of this process."""
    counter = Counter()

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        counter.statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield counter
    finally:
        event.remove(Engine, "before_cursor_execute", note)
