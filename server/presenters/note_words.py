"""What a note begins with, in words: medicines changed, scores with dates, what was done about safety answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from emr.danger import crisis_lines as crisis
from emr.danger.model import CrisisStep
from emr.medications.model import Act, Order
from emr.notes.beginning import reading
from emr.notes.beginning.model import OrderChange, VisitHistory, VisitScore
from emr.notes.model import SectionSource, Template
from emr.shared import contact
from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import day_of
from emr.shared.ids import AlertId, PersonId
from emr.shared.together import together
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Ask
from server.presenters import alert_words
from server.presenters.crisis_words import STEP_WORDS
from server.presenters.visit_parts import VisitPeople, viewer_zone
from server.routes.staff.medicine_list import capital
from visit_ui.pages.visit.danger import AlertNote


@dataclass(frozen=True, slots=True)
class _Told:
    """Everything the words are made from. `said`: of each alert; `names`: who took a step."""

    ask: Ask
    happened: VisitHistory
    zone: str
    said: Mapping[AlertId, tuple[AlertNote, ...]]
    names: Mapping[PersonId, str]


async def beginning(ask: Ask, work: UnitOfWork, visit_people: VisitPeople, template: Template) -> dict[str, str]:
    """The text of each part that begins with facts of this visit, by its id; of which nothing is known is absent."""
    happened = await reading.happened(work.conn, visit_people.visit)
    names, zone, said = await together(
        work.conn,
        alert_words.names(work, {step.by for step in happened.steps}),
        viewer_zone(work),
        alert_words.told(work, happened.alerts),
    )
    told = _Told(ask, happened, zone, said, names)
    texts = {
        section.id: "\n".join(line for begins in section.begins for line in _LINES[begins](told))
        for section in template.sections
    }
    return {id: text for id, text in texts.items() if text}


def _changes(told: _Told) -> Sequence[str]:
    return [change_words(change) for change in told.happened.changes]


def change_words(change: OrderChange) -> str:
    """ "Sertraline: raised from 50 mg to 100 mg a day, from Nov 29. Partial response." """
    order, name = change.order, capital(change.order.name)
    why = f" {_sentence(order.reason)}" if order.reason else ""
    return f"{name}: {_what(change)}.{why}"


def _what(change: OrderChange) -> str:
    order, before = change.order, change.before
    from_day = f", from {_day(order.starts_on)}"
    match order.act:
        case Act.STARTED:
            return f"started, {order.sentence}{f', for {order.indication}' if order.indication else ''}{from_day}"
        case Act.HELD:
            return f"put on hold{_was(before)}"
        case Act.STOPPED:
            return f"stopped{_was(before)}"
        case Act.REPORTED:
            return f"reported by the patient, {order.sentence}"
        case Act.RENEWED:
            return f"renewed, {order.sentence}{from_day}"
        case _ if change.resumes:
            return f"resumed, {order.sentence}{from_day}"
        case _ if change.direction and before is not None:
            verb = "raised" if change.direction > 0 else "lowered"
            return f"{verb} from {before.daily_total} to {order.daily_total} a day{from_day}"
        case _:
            return f"changed to {order.sentence}{from_day}"


def _was(before: Order | None) -> str:
    return f", was {before.sentence}" if before else ""


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _scores(told: _Told) -> Sequence[str]:
    return [_score_words(told, score) for score in told.happened.scores]


def _score_words(told: _Told, score: VisitScore) -> str:
    """ "PHQ-9: 10 (moderate), Nov 28; before that 9 (mild), Nov 22." """
    now, before = score.response, score.before
    name = told.ask.app_context.references.scales.get(now.scale).short
    was = f"; before that {before.total} ({before.severity}), {_date(before.answered_at, told.zone)}" if before else ""
    return f"{name}: {now.total} ({now.severity}), {_date(now.answered_at, told.zone)}{was}."


def _safety(told: _Told) -> Sequence[str]:
    lines = []
    for alert in told.happened.alerts:
        asked_of = alert_words.described(told.ask, alert)
        asked = f"{asked_of.scale}, “{asked_of.answer}” at {_clock(alert.raised_at, told.zone)}."
        lines.append(" ".join([asked, *(_word(word, told.zone) for word in told.said[alert.id])]))
    emergency = crisis.now().emergency.call
    for step in told.happened.steps:
        about = step.place if step.step is CrisisStep.CALLED_911 else contact.phone_words(step.number or "")
        what = STEP_WORDS[step.step].format(emergency=emergency)
        said = f": {_sentence(step.said)}" if step.said else "."
        lines.append(
            f"{_clock(step.at, told.zone)} {what}{f', {about}' if about else ''}{said} ({told.names[step.by]})"
        )
    return lines


def _word(word: AlertNote, zone: str) -> str:
    return f"{word.what}: {_sentence(word.words)} ({word.by}, {_clock(word.at, zone)})"


def _clock(at: datetime, zone: str) -> str:
    return words.clock(at, zone)


def _date(at: datetime, zone: str) -> str:
    return words.short(day_of(at, zone))


def _day(on: date) -> str:
    return words.short(on)


_LINES: Mapping[SectionSource, Callable[[_Told], Sequence[str]]] = {
    SectionSource.SCORES: _scores,
    SectionSource.CHANGES: _changes,
    SectionSource.SAFETY: _safety,
}
