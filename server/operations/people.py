"""``titrate person``: the first administrator comes in by ``add``, and anybody where there is no page yet; a role is
given or taken later by ``grant`` and ``revoke``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from compliance.shared.vocabulary import Role
from emr.shared.errors import NotFound
from server.auth import accounts, onboarding, roles
from server.auth.onboarding import OnboardingRequest
from server.operations.operating import operating
from server.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class NewPersonOptions:
    """The command's options, typed."""

    given: Mapping[str, object]

    @classmethod
    def from_command(cls, given: Mapping[str, object]) -> "NewPersonOptions":
        """What click read."""
        return cls(given)

    def onboarding_request(self, zone: str) -> OnboardingRequest:
        """What onboarding asks for."""
        roles = self.given["roles"]
        assert isinstance(roles, tuple)
        born = self.given["born"]
        return OnboardingRequest(
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


@dataclass(frozen=True, slots=True)
class RoleChangeOptions:
    """Which role whoever signs in as this subject is given (``give``), or loses."""

    issuer: str
    subject: str
    role: Role
    give: bool

    @property
    def rule(self) -> str:
        """What stands in the log as the rule by which it happened."""
        return "command.person_grant" if self.give else "command.person_revoke"


async def add_person(settings: Settings, new: NewPersonOptions) -> UUID:
    """Let the person in as the restricted login, with the audit entries that any way in leaves."""
    async with operating(settings, "command.person_add") as context:
        return await onboarding.onboard(context, new.onboarding_request(settings.clinic_zone), by=None)


async def change_role(settings: Settings, change: RoleChangeOptions) -> UUID:
    """Give or take the role; it counts at once. Raises ``NotFound`` for a subject that nobody signs in as."""
    async with operating(settings, change.rule) as context:
        person_id = await accounts.person_of(context.conn, change.issuer.rstrip("/"), change.subject)
        if person_id is None:
            raise NotFound("nobody", "Nobody signs in here by this issuer and subject.")
        if change.give:
            await roles.give(context, person_id, (change.role,), by=None)
        else:
            await roles.take(context, person_id, change.role)
        return person_id
