"""What others may read of this area as it stands; everything that changes it is a use case."""

from emr.presence.call_repository import JoinWatermark, OpenJoin, open_stays
from emr.presence.repository import (
    attending,
    attending_each,
    check_in,
    check_ins,
    check_ins_between,
    in_progress_with,
    site,
    sites,
    visits_checked_in,
    voided,
)

__all__ = [
    "JoinWatermark",
    "OpenJoin",
    "attending",
    "attending_each",
    "check_in",
    "check_ins",
    "check_ins_between",
    "in_progress_with",
    "open_stays",
    "site",
    "sites",
    "visits_checked_in",
    "voided",
]
