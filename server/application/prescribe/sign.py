"""Signing: what may be signed is decided here, on what was read once under the lock, and then written at once."""

from emr.chart.model import MedicationListEntry
from emr.prescribing import ground as grounds
from emr.prescribing import use_cases as prescribing
from emr.prescribing.ground import Ground
from emr.prescribing.use_cases import PrescribingChange, SignedOrder
from emr.shared.errors import Conflict
from emr.shared.ids import OrderId, PersonId, VisitId
from server.application.prescribe import read_back
from server.application.prescribe import record as recording
from server.application.prescribe.attempt import Decided, PrescribeAttempt
from server.application.unit_of_work import UnitOfWork


class NotReady(Exception):
    """Something is missing, or (`unread`: the sentence that says so) it was not read back as it would be signed."""

    def __init__(self, unread: str | None = None) -> None:
        """`unread` None: something is missing."""
        super().__init__(unread or "something is missing")
        self.unread = unread


class Blocked(Exception):
    """The policy does not allow it."""

    def __init__(self, decided: Decided) -> None:
        """`decided`: the intent with its block, which is not on record yet."""
        super().__init__(decided.decision.rule)
        self.decided = decided


async def ground_of(work: UnitOfWork, *, lock: bool) -> Ground:
    """What a change in this unit of work's visit rests on. `lock`: to be signed on; without, only to be looked at."""
    visit, patient = work.subject.visit_id, work.subject.patient_id
    assert visit is not None
    assert patient is not None
    return await grounds.read(work.context, VisitId(visit), PersonId(patient), lock=lock)


def line_shown(ground: Ground, order_id: OrderId) -> MedicationListEntry:
    """The line whose current order a page shows. Raises ``NotFound``, or ``Conflict`` if it was replaced."""
    line = ground.line_of(order_id)
    if line.current.id != order_id:
        raise Conflict(
            "order_changed", "This medicine was changed in the meantime. Review it as it is now.", line.current
        )
    return line


async def sign(work: UnitOfWork, attempt: PrescribeAttempt, shown: str) -> SignedOrder:
    """Record the decision and write what it allows. `shown`: what stands for what the prescriber was shown.

    Raises `NotReady`; `Blocked`; and `Refused`, `Conflict` or `Invalid`, with nothing written.
    """
    if attempt.checked is None or attempt.decided is None or attempt.missing:
        raise NotReady
    if unread := read_back.refusal(shown, attempt.shown):
        raise NotReady(unread)
    intent, decision = attempt.decided.intent, attempt.decided.decision
    if not decision.allowed:
        raise Blocked(attempt.decided)
    with recording.grounds():
        async with work.conn.begin_nested():
            recorded = await recording.record(work, intent, decision)
            cleared = recording.clearance(recorded, intent)
            return await prescribing.sign(
                work.context, _change(attempt), attempt.checked, attempt.asked.answers, cleared
            )


def _change(attempt: PrescribeAttempt) -> PrescribingChange:
    if attempt.about.current is None:
        return PrescribingChange.START
    return PrescribingChange.RENEW if attempt.about.renews else PrescribingChange.REVISE
