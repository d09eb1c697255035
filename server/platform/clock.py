"""The machine's clock."""

from datetime import UTC, datetime


def clock() -> datetime:
    """The time of day, aware, UTC. The only place below ``cli`` that reads the machine's clock."""
    return datetime.now(UTC)
