"""Who treats in a visit, and what the front desk stated for it: on which a controlled substance is decided."""

from collections.abc import Collection
from dataclasses import dataclass

from compliance.shared.vocabulary import CheckInState
from emr.prescribing.ground import Ground
from emr.presence import attending
from emr.presence import queries as presence_records
from emr.presence.model import Attendance, CheckIn, Site
from emr.shared.ids import PersonId
from emr.shared.together import together
from emr.visits.model import Visit
from server.application.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class EncounterSetting:
    """Who treats in a visit, the front desk's newest check-in for it, and the site whose state counts.

    The site is the check-in's. Where a visit was booked is the word of whoever booked it, who may be the prescriber: it
    counts only where there is no state to choose, since all of the clinic's sites are in the same one.
    """

    attendance: Attendance | None
    check_in: CheckIn | None
    site: Site | None

    def attended_by(self, person: PersonId) -> bool:
        """Whether that person is who treats in the visit now."""
        return self.attendance is not None and self.attendance.prescriber == person

    @property
    def check_in_state(self) -> CheckInState:
        """Whether the check-in holds for who treats, or why it does not. Who does not treat is stopped for that."""
        if self.check_in is None:
            return CheckInState.MISSING
        if self.check_in.trouble is not None:
            return CheckInState(self.check_in.trouble.value)
        return CheckInState.HOLDS if self.attended_by(self.check_in.prescriber) else CheckInState.TAKEN_OVER

    @property
    def evidence(self) -> tuple[tuple[str, str], ...]:
        """The ids that a decision keeps."""
        found = {
            "attendance": self.attendance and self.attendance.id,
            "check_in": self.check_in and self.check_in.id,
            "site": self.site and self.site.id,
        }
        return tuple((name, str(id)) for name, id in found.items() if id)


def encounter_on(ground: Ground) -> EncounterSetting:
    """The meeting as it was read under the lock."""
    site = ground.check_in.site if ground.check_in else _booked(ground.visit, ground.sites)
    return EncounterSetting(ground.attendance, ground.check_in, site)


async def encounter_setting(work: UnitOfWork, visit: Visit) -> EncounterSetting:
    """The meeting of a visit in which nothing is to be signed now."""
    check_ins, attendance, sites = await together(
        work.conn,
        presence_records.check_ins(work.conn, [visit.id], work.now),
        attending.attending(work.conn, visit.id),
        _sites(work, visit),
    )
    check_in = check_ins.get(visit.id)
    return EncounterSetting(attendance, check_in, check_in.site if check_in else _booked(visit, sites))


async def _sites(work: UnitOfWork, visit: Visit) -> tuple[Site, ...]:
    return () if visit.site is None else await presence_records.sites(work.conn)


def _booked(visit: Visit, sites: Collection[Site]) -> Site | None:
    """The site at which it was booked, where all the open sites are in one state."""
    known = {one.id: one for one in sites}
    booked = known.get(visit.site) if visit.site is not None else None
    return booked if len({one.state for one in known.values()}) == 1 else None
