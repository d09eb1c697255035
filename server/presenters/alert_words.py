"""A safety answer in words: what was asked and answered, and what somebody said of it since."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from emr.danger import alert_use_cases as danger_alerts
from emr.people import queries as people_records
from emr.questionnaires.alert import Alert
from emr.shared.ids import AlertId, PersonId
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Ask
from visit_ui.pages.visit.danger import AlertNote, AlertStory


@dataclass(frozen=True, slots=True)
class Described:
    """The questionnaire's short name, the question, and the answer in its own words."""

    scale: str
    question: str
    answer: str


def described(ask: Ask, alert: Alert) -> Described:
    """As the patient read it; codes where the reference file does not know them any more."""
    scale = ask.app_context.references.scales.get(alert.scale)
    item = scale.item(alert.item)
    options = item.options if item else ()
    answer = next((one.label for one in options if one.value == alert.value), str(alert.value))
    return Described(scale.short, item.text if item else alert.item, answer)


async def names(work: UnitOfWork, of: Collection[PersonId]) -> Mapping[PersonId, str]:
    """How people are named in the record: "Dr. Drew Marsh"."""
    return {id: person.name_words for id, person in (await people_records.people(work.conn, of)).items()}


async def told(work: UnitOfWork, alerts: Sequence[Alert]) -> Mapping[AlertId, tuple[AlertNote, ...]]:
    """What was said of each alert, oldest first: why it was left open, and what was done."""
    if not alerts:
        return {}
    left = await danger_alerts.left_open(work.conn, alerts[0].patient)
    by = {one.by for one in left} | {one.acknowledged.by for one in alerts if one.acknowledged}
    known = await names(work, by)
    found: dict[AlertId, tuple[AlertNote, ...]] = {}
    for alert in alerts:
        every = [
            AlertNote("Not addressed because", one.reason, known[one.by], one.at)
            for one in left
            if one.alert == alert.id
        ]
        if (done := alert.acknowledged) is not None:
            every.append(AlertNote("Done", done.what_was_done or "nothing entered", known[done.by], done.at))
        found[alert.id] = tuple(sorted(every, key=lambda word: word.at))
    return found


async def stories(ask: Ask, work: UnitOfWork, alerts: Sequence[Alert]) -> tuple[AlertStory, ...]:
    """Each alert with what became of it."""
    said = await told(work, alerts)
    return tuple(
        AlertStory(words.scale, words.question, words.answer, alert.raised_at, said[alert.id])
        for alert in alerts
        for words in (described(ask, alert),)
    )
