"""What others may read of this area as it stands; everything that changes it is a use case."""

from emr.people.repository import everybody, patients, people

__all__ = ["everybody", "patients", "people"]
