"""What happens by the clock: sealing the log, signing and exporting its checkpoints, joins and leaves, missed visits,
effects that did not happen at once.

One loop for each job. A failure of an engine is logged by its kind and tried again; one job never stops another.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from redis.exceptions import RedisError

from compliance.audit.errors import LogDamaged
from compliance.audit.store import DirectoryStore
from server.application import audit_coverage as coverage
from server.application.context import AppContext
from server.application.demo_parts import DemoParts
from server.application.effects.doing import Repeating
from server.audit import keys as log_keys
from server.audit.sealer import Sealer
from server.audit.verification.job import Verifying
from server.calls import events as call_events
from server.calls import lost_leaves
from server.calls.lost_leaves import LostLeaves
from server.http.idempotency import keeping
from server.platform.database import UNREACHABLE
from server.platform.database_clock import ClockWrong
from server.platform.settings import Settings
from server.processes.resources import open_app_context

log = logging.getLogger("titrate.worker")

SEAL_EVERY_S = 0.5  # the aim: sealed within a second
VERIFY_EVERY_S = 1.0  # looks whether one is asked for or due
MISSED_EVERY_S = 60.0
FORGET_EVERY_S = 3_600.0
EFFECTS_EVERY_S = 1.0
DEMO_EVERY_S = 1_800.0
AFTER_A_FAILURE_S = 2.0


async def work(settings: Settings, *, demo: DemoParts | None = None) -> None:
    """Run every job until cancelled."""
    signer = log_keys.signer(settings)
    async with AsyncExitStack() as stack:
        app_context = await stack.enter_async_context(open_app_context(settings, demo=demo is not None, seals=True))
        jobs = await stack.enter_async_context(asyncio.TaskGroup())
        sealer = Sealer(app_context, signer, DirectoryStore(settings.checkpoint_folder))
        jobs.create_task(_again("sealing", SEAL_EVERY_S, sealer.look))
        jobs.create_task(_again("verification", VERIFY_EVERY_S, Verifying(app_context, (coverage.COMPARISON,)).round))
        jobs.create_task(_again("missed visits", MISSED_EVERY_S, lambda: call_events.close_missed(app_context)))
        jobs.create_task(_again("abandoned visits", MISSED_EVERY_S, lambda: call_events.end_abandoned(app_context)))
        jobs.create_task(_again("sent changes", FORGET_EVERY_S, lambda: _forget_sent_changes(app_context)))
        jobs.create_task(_again("effects", EFFECTS_EVERY_S, Repeating(app_context).round))
        if demo is not None:
            keep_alive = demo.keep_alive
            jobs.create_task(_again("demo", DEMO_EVERY_S, lambda: keep_alive(settings, app_context.clock())))
        jobs.create_task(_again("lost leaves", lost_leaves.EVERY_S, LostLeaves(app_context).round))
        jobs.create_task(_again("call events", AFTER_A_FAILURE_S, lambda: call_events.follow(app_context)))


async def _forget_sent_changes(app_context: AppContext) -> None:
    async with app_context.database.begin() as conn:
        await keeping.forget(conn)


async def _again(name: str, every_s: float, job: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await job()
            await asyncio.sleep(every_s)
        except ClockWrong:  # said by `database_clock`, once a minute, and by the sealer's beat
            await asyncio.sleep(AFTER_A_FAILURE_S)
        except LogDamaged as error:
            # A broken log is not sealed over. It stays visible: the officer's page and `audit verify` name the break.
            log.error("job %s stopped over a damaged log (%s)", name, type(error).__name__)
            await asyncio.sleep(MISSED_EVERY_S)
        except (RedisError, *UNREACHABLE) as error:
            log.warning("job %s failed (%s), trying again", name, type(error).__name__)
            await asyncio.sleep(AFTER_A_FAILURE_S)
