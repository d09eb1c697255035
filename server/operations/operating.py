"""What an operator changes from the shell: as the restricted login, by nobody on record, and each fact in the log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from emr.shared.context import UseCaseContext
from emr.shared.ids import PersonId
from server.application.recording import record
from server.platform import database_clock as clocks
from server.platform.settings import Settings
from server.processes.resources import open_app_context


@asynccontextmanager
async def operating(settings: Settings, rule: str) -> AsyncIterator[UseCaseContext]:
    """The desk of whoever is at the shell, in one transaction; what happened there becomes entries by ``rule``."""
    async with open_app_context(settings, demo=False) as app_context, app_context.database.begin() as conn:
        context = UseCaseContext(conn, PersonId(uuid4()), await clocks.compared(conn, app_context))
        yield context
        await record(context, actor_id=None, role="operator", rule=rule)
