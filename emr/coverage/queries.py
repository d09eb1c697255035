"""What others may read of this area as it stands; everything that changes it is a use case."""

from emr.coverage.repository import CoveredRows

__all__ = ["CoveredRows"]
