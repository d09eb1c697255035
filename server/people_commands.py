"""``titrate person add``: the first administrator comes in this way, and anybody where there is no page yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from compliance import audit
from compliance.vocabulary import Role
from emr.desk import Desk
from emr.ids import PersonId
from server import ledger, newcomers
from server.newcomers import Newcomer
from server.resources import open_house
from server.settings import Settings


@dataclass(frozen=True, slots=True)
class NewPerson:
    """The command's options, typed."""

    given: Mapping[str, object]

    @classmethod
    def from_command(cls, given: Mapping[str, object]) -> "NewPerson":
        """What click read."""
        return cls(given)

    def newcomer(self, zone: str) -> Newcomer:
        """The person as the house lets them in."""
        roles = self.given["roles"]
        assert isinstance(roles, tuple)
        born = self.given["born"]
        return Newcomer(
            issuer=self._text("issuer") or "",
            subject=self._text("subject") or "",
            roles=frozenset(Role(str(role)) for role in roles),
            zone=zone,
            given_name=self._text("given_name") or "",
            family_name=self._text("family_name") or "",
            prefix=self._text("prefix"),
            credential=self._text("credential"),
            pronouns=self._text("pronouns"),
            born=_day(born),
            phone=self._text("phone"),
        )

    def _text(self, name: str) -> str | None:
        value = self.given.get(name)
        return str(value) if value else None


def _day(value: object) -> date | None:
    return value.date() if isinstance(value, datetime) else None


async def add_person(settings: Settings, new: NewPerson) -> UUID:
    """Let the person in as the restricted login, with the audit entries that any way in leaves."""
    async with open_house(settings, demo=False) as house, house.database.begin() as conn:
        desk = Desk(conn, PersonId(uuid4()), house.clock())
        person_id = await newcomers.let_in(desk, new.newcomer(settings.clinic_zone), by=None)
        for fact in desk.facts:
            entry = ledger.entry(fact, actor_id=None, actor_role="operator", rule="command.person_add", now=desk.now)
            await audit.append(conn, entry)
        return person_id
