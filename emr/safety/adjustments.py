"""Dose rules for some patients: by age, kidney, heart, other medicines, indication. What is unknown is asked. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import assert_never

from emr.formulary.conditions import AdviceWhen, AgeWhen, AsksWhen, IndicationWhen, MeasuredWhen, WithWhen
from emr.formulary.entries import Adjustment, SourceReview
from emr.safety.finding import Finding, Severity
from emr.safety.subject import CheckSubject, finding
from emr.shared.quantity import Quantity

_MEASURES = {"egfr": "eGFR", "qtc": "QTc"}
_TOPICS = {"liver": "liver disease", "pregnancy": "contraception and pregnancy"}
_ADULT = 18  # formulary.csv gives adult doses


def check_adjustments(subject: CheckSubject) -> Iterator[Finding]:
    """Every dose rule of the medicine: applied where the record decides it, asked where it does not."""
    unknown: dict[str, list[Adjustment]] = defaultdict(list)
    for rule in subject.formulary.contents.adjustments:
        if rule.medicine != subject.medicine.id:
            continue
        match _holds(subject, rule):
            case True:
                yield _applied(subject, rule)
            case str() as topic:
                unknown[topic].append(rule)
            case None:
                yield from _told(subject, rule)
            case False:
                pass
    for topic, rules in unknown.items():
        yield _asked(subject, topic, rules)
    yield from _below_every_band(subject)
    yield from _adult_doses(subject)


def _holds(subject: CheckSubject, rule: Adjustment) -> bool | str | None:
    """Whether the rule holds; a topic to ask about when that is unknown; None when it can only be told."""
    when = rule.when
    match when:
        case AgeWhen():
            return "age" if subject.chart.age is None else subject.chart.age >= when.at_least
        case MeasuredWhen():
            value = subject.chart.measure(when.measure)
            if value is None:
                return _MEASURES[when.measure]
            return all(bound.holds(value.value) for bound in when.bounds)
        case WithWhen():
            return any(not other.keys.isdisjoint(when.tags) for other in subject.others)
        case AsksWhen():
            return _TOPICS.get(when.topic, when.topic)
        case IndicationWhen():
            return any(word in subject.proposal.indication.lower() for word in when.words) or None
        case AdviceWhen():
            return None
        case _:
            assert_never(when)


def _applied(subject: CheckSubject, rule: Adjustment) -> Finding:
    most, total = rule.maximum, subject.total
    if most is None:
        return _of(subject, rule, Severity.WARNING, f"{rule.threshold}: {rule.rule}", _known(subject, rule))
    if most.value == 0:
        return _of(subject, rule, Severity.STOP, f"do not use: {rule.threshold}", _known(subject, rule))
    if total > most:
        title = f"above the maximum for {rule.threshold}"
        return _of(subject, rule, Severity.STOP, title, f"{total} a day; maximum {most} a day. {_known(subject, rule)}")
    title = f"within the limit for {rule.threshold}"
    return _of(
        subject, rule, Severity.INFORMATION, title, f"{total} a day; maximum {most} a day. {_known(subject, rule)}"
    )


def _known(subject: CheckSubject, rule: Adjustment) -> str:
    """The value of the record by which the rule holds, as a sentence."""
    when = rule.when
    if isinstance(when, AgeWhen):
        return f"Age {subject.chart.age}."
    if isinstance(when, MeasuredWhen):
        return f"{_MEASURES[when.measure]} {subject.chart.measure(when.measure)}."
    if isinstance(when, WithWhen):
        names = [other.name for other in subject.others if not other.keys.isdisjoint(when.tags)]
        return f"Taken with {', '.join(names)}."
    return ""


def _told(subject: CheckSubject, rule: Adjustment) -> Iterator[Finding]:
    """A rule that only a person can decide. By indication it is told only where it would change the answer."""
    if isinstance(rule.when, IndicationWhen) and (rule.maximum is None or subject.total <= rule.maximum):
        return
    title = f"{rule.threshold}: {rule.rule}{_cap(rule.maximum)}"
    yield _of(subject, rule, Severity.INFORMATION, title, "The record does not say whether this applies.")


def _asked(subject: CheckSubject, topic: str, rules: list[Adjustment]) -> Finding:
    texts = "; ".join(f"{rule.threshold}: {rule.rule}{_cap(rule.maximum)}" for rule in rules)
    weakest = max((rule.verified for rule in rules), key=list(SourceReview).index)
    return finding(
        subject,
        f"not_checked:{topic}:{subject.medicine.id}",
        Severity.NOT_CHECKED,
        f"{topic} unknown",
        f"The {topic} rules for {subject.name} could not be checked ({texts}). This does not mean it is safe.",
        management=f"Ask about {topic}, then enter what you found.",
        source="; ".join(dict.fromkeys(rule.source for rule in rules)),
        verified=weakest,
    )


def _cap(most: Quantity | None) -> str:
    """ ", at most 40 mg a day"; nothing where the rule's own words say that it is not to be used."""
    return f", at most {most} a day" if most is not None and most.value else ""


def _below_every_band(subject: CheckSubject) -> Iterator[Finding]:
    """An eGFR lower than the lowest band that the data has: no rule holds, and that is not a pass."""
    value = subject.chart.measure("egfr")
    rules = [rule for rule in subject.formulary.contents.adjustments if rule.medicine == subject.medicine.id]
    bands = [rule.when for rule in rules if isinstance(rule.when, MeasuredWhen) and rule.when.measure == "egfr"]
    if value is None or not bands:
        return
    floors = [[bound.limit for bound in band.bounds if bound.relation in {">", ">="}] for band in bands]
    if all(floors) and value.value < min(limit for limits in floors for limit in limits):
        yield finding(
            subject,
            f"not_checked:egfr-band:{subject.medicine.id}",
            Severity.NOT_CHECKED,
            "eGFR is below every range in the reference data",
            f"eGFR {value}; the data for {subject.name} do not go that low. This does not mean it is safe.",
            management="Look up the dose for severe kidney disease and enter what you found.",
            source="; ".join(dict.fromkeys(rule.source for rule in rules)),
            verified=SourceReview.UNVERIFIED,
        )


def _adult_doses(subject: CheckSubject) -> Iterator[Finding]:
    age = subject.chart.age
    if age is None or age < _ADULT:
        title = "age unknown" if age is None else "reference doses are for adults"
        yield finding(
            subject,
            "not_checked:adult_doses",
            Severity.NOT_CHECKED,
            title,
            "The reference data cover adult doses only, so this dose was not checked. This does not mean it is safe.",
            management="Check the dose against a source for this age and enter what you found.",
            source=subject.medicine.source,
            verified=SourceReview.UNVERIFIED,
        )


def _of(subject: CheckSubject, rule: Adjustment, severity: Severity, title: str, what: str) -> Finding:
    return finding(
        subject,
        f"adjustment:{subject.medicine.id}:{rule.factor}:{rule.threshold}",
        severity,
        title,
        what.strip(),
        management=f"{rule.rule[:1].upper()}{rule.rule[1:].rstrip('.')}.",
        source=rule.source,
        verified=rule.verified,
    )
