"""What others may read of this area as it stands; everything that changes it is a use case."""

from emr.danger.repository import left_open, steps

__all__ = ["left_open", "steps"]
