"""What others may read of this area as it stands; everything that changes it is a use case."""

from emr.outcome.repository import every, newest, newest_each

__all__ = ["every", "newest", "newest_each"]
