"""What is worth a look beside the list: how often each rule of the pack is met, and the filter that shows it."""

from dataclasses import replace

from compliance.reports.officer_list.amount import Amount, Certainty
from compliance.reports.worth_a_look import clauses
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Ask
from server.routes.officer.log_filters import LogQuery, href, looking
from visit_ui.pages.officer.log import WorthALook

MOST = 99


async def found(ask: Ask, work: UnitOfWork, asked: LogQuery) -> tuple[WorthALook, ...]:
    """Each rule that is met under the other filters, in the days that the rules look at; those that are not are left
    out. None at all beside refused accesses, or when nothing is listed.
    """
    if asked.where is None or asked.refused:
        return ()
    open_to_all = replace(asked.where, besides=())
    rules = ask.app_context.references.worth_a_look
    shown = []
    for rule in rules.by_id.values():
        where = await looking(ask, work, open_to_all, rule)
        amount = await clauses.count(work.conn, where.branches(), MOST)
        if amount.number:
            only = replace(asked.filters, look=rule.id, sort="")
            shown.append(WorthALook(_count(amount), rule.title, rule.words, href(only), asked.filters.look == rule.id))
    return tuple(shown)


def _count(amount: Amount) -> str:
    return f"{amount.number}+" if amount.sureness is Certainty.MORE_THAN else str(amount.number)
