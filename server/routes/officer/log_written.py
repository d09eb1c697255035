"""What a prescriber wrote for a decision, as an officer sees it, and the form that asks for a purpose before."""

from compliance.prescribing.decisions import StoredDecision
from compliance.reports.purposes import stating
from compliance.reports.purposes.stating import StatedPurpose
from emr.medications.dose_change import DoseChange
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Ask
from server.presenters.log_words import AGREEMENT_WORDS
from visit_ui.pages.officer.log import PurposeForm, WrittenTexts
from visit_ui.pages.shell.parts import FieldError, LabeledFact, Option


def form_of(ask: Ask, purpose: str = "", words: str = "", errors: tuple[FieldError, ...] = ()) -> PurposeForm:
    """The purposes to choose from, each with where the law speaks of it."""
    options = (Option(one.id, one.words, one.source) for one in ask.app_context.references.purposes.values())
    return PurposeForm(tuple(options), purpose, words, errors)


async def stated(ask: Ask, work: UnitOfWork, found: StoredDecision) -> StatedPurpose | None:
    """What was stated in this session for this decision."""
    return await stating.stated(work.conn, ask.person_id, found, ask.session.begun_at)


def written(ask: Ask, change: DoseChange, said: StatedPurpose) -> WrittenTexts:
    """The texts of an order."""
    order = change.order
    purpose = ask.app_context.references.purposes.get(said.code)
    return WrittenTexts(
        purpose=purpose.words if purpose else said.code,
        words=said.words,
        stated_at=said.at,
        entry=said.entry_id,
        why=order.reason,
        indication=order.indication,
        answers=tuple(LabeledFact(one.title[:1].upper() + one.title[1:], one.reason) for one in order.answers),
        agreement=AGREEMENT_WORDS[order.agreement],
    )
