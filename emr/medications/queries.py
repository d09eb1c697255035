"""What others may read of this area as it stands; everything that changes it is a use case."""

from emr.medications.change_repository import Ended, dosed, ended, prescribed, warned
from emr.medications.repository import Controlled, controlled, get

__all__ = ["Controlled", "Ended", "controlled", "dosed", "ended", "get", "prescribed", "warned"]
