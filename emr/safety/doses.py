"""Doses against their limits: label maximum, usual maximum, by weight, and how fast a dose is raised. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from emr.dosing.model import total
from emr.formulary.entries import Basis, Medicine, SourceReview
from emr.safety.finding import Finding, Severity
from emr.safety.subject import CheckSubject, CurrentMedicine, finding
from emr.shared.quantity import Quantity, Unit, number


def check_doses(subject: CheckSubject) -> Iterator[Finding]:
    """Everything about how much. Daily totals of one ingredient are summed over all that is taken, salts converted."""
    if subject.medicine.basis not in {Basis.PER_DAY, Basis.PER_COURSE_DAY}:
        yield _finding(
            subject,
            f"not_checked:basis:{subject.medicine.id}",
            Severity.NOT_CHECKED,
            "no daily dose limit",
            f"It is dosed {subject.medicine.basis.value.replace('_', ' ')}, so no daily limit was checked.",
            "Check the dose against the label.",
        )
        return
    same = [other for other in subject.others if _shares(subject, other) and other.entry.taken]
    yield from _uncounted(subject, same)
    in_all = total([subject.total, *(amount for each in same if (amount := _counted(subject, each)) is not None)])
    yield from _maxima(subject, in_all)
    yield from _by_weight(subject, in_all)
    yield from _pace(subject)


def _shares(subject: CheckSubject, other: CurrentMedicine) -> bool:
    ours = {each.name for each in subject.medicine.ingredients}
    return any(each.name in ours for each in other.ingredients)


def _counted(subject: CheckSubject, other: CurrentMedicine) -> Quantity | None:
    """How much of the counted ingredient another entry adds, in mg as the proposed medicine counts them; None: unknown.

    The amounts of a combination's uncounted part are not known from its daily total alone.
    """
    amount, ours = other.order.daily_total, subject.medicine
    theirs = subject.formulary.contents.medicines.get(other.order.medicine) if other.order.medicine else None
    if amount is None or amount.unit is not Unit.MG or theirs is None:
        return None
    if _counted_name(theirs) != _counted_name(ours):
        return None
    return amount.scaled(theirs.ingredients[0].counts_as / ours.ingredients[0].counts_as)


def _counted_name(medicine: Medicine) -> str:
    return medicine.dose_component or medicine.ingredients[0].name


def _uncounted(subject: CheckSubject, same: list[CurrentMedicine]) -> Iterator[Finding]:
    for other in same:
        if _counted(subject, other) is None:
            yield _finding(
                subject,
                f"not_checked:sum:{other.order.chain}",
                Severity.NOT_CHECKED,
                f"daily total of {subject.name} unknown",
                f"{other.name} is also taken ({other.order.sentence}), and how much {subject.name} it adds is "
                "unknown. The maximum was checked without it.",
                "Find out the other dose and record it.",
            )


def _maxima(subject: CheckSubject, in_all: Quantity) -> Iterator[Finding]:
    limits = subject.medicine.limits
    others = "" if in_all == subject.total else f", of which {subject.total} from this order"
    if limits.label_max is not None and in_all > limits.label_max:
        yield _finding(
            subject,
            f"label_max:{subject.medicine.id}",
            Severity.STOP,
            "above the label's maximum",
            f"{in_all} a day{others}; the label maximum is {limits.label_max} a day.",
            "Choose a lower dose, or enter why this one is needed.",
        )
    elif limits.usual_max is not None and in_all > limits.usual_max:
        most = f"the label maximum is {limits.label_max}" if limits.label_max else "the label sets no daily maximum"
        yield _finding(
            subject,
            f"usual_max:{subject.medicine.id}",
            Severity.WARNING,
            "above the usual maximum",
            f"{in_all} a day{others}; the usual maximum is {limits.usual_max} a day, and {most}.",
            "Enter why a higher dose than usual is needed.",
        )
    elif limits.label_max is not None:
        yield _finding(
            subject,
            f"within_label:{subject.medicine.id}",
            Severity.INFORMATION,
            "within the label",
            f"{in_all} a day{others}; the label maximum is {limits.label_max} a day.",
            "",
        )
    elif limits.label_max_per_kg is None:
        yield _finding(
            subject,
            f"no_label_max:{subject.medicine.id}",
            Severity.INFORMATION,
            "the label sets no maximum",
            f"{in_all} a day{others}; the usual maximum is {limits.usual_max}. {subject.medicine.dose_note}".strip(),
            "",
        )


def _by_weight(subject: CheckSubject, in_all: Quantity) -> Iterator[Finding]:
    if (per_kg := subject.medicine.limits.label_max_per_kg) is None:
        return
    weight = subject.chart.measure("weight")
    if weight is None:
        yield _finding(
            subject,
            "not_checked:weight",
            Severity.NOT_CHECKED,
            "weight unknown",
            f"The maximum of {subject.name} depends on weight ({number(per_kg.value)} mg/kg a day), so it could not "
            "be checked. This does not mean it is safe.",
            "Ask for the weight and record it.",
        )
        return
    most = Quantity(per_kg.value * weight.value, Unit.MG)
    if in_all > most:
        yield _finding(
            subject,
            f"label_max_per_kg:{subject.medicine.id}",
            Severity.STOP,
            "above the label's maximum for this weight",
            f"{in_all} a day; the label maximum is {number(per_kg.value)} mg/kg a day, or {most} at {weight}.",
            "Choose a lower dose, or enter why this one is needed.",
        )


def _pace(subject: CheckSubject) -> Iterator[Finding]:
    limits = subject.medicine.limits
    before = subject.replaced
    if before is None:
        if limits.usual_start is not None and subject.total > limits.usual_start:
            yield _finding(
                subject,
                f"above_start:{subject.medicine.id}",
                Severity.WARNING,
                "above the usual start",
                f"{subject.total} a day to start; the usual start is {limits.usual_start} a day.",
                "Start lower, or enter why not.",
            )
        return
    now = before.current.daily_total
    if now is None or now.unit is not Unit.MG or subject.total <= now:
        return
    step, days = subject.total - now, (subject.proposal.starts_on - before.since).days
    asked = "the label calls for at least" if limits.pace_from == "label" else "usually at least"
    if limits.days_between_increases is not None and days < limits.days_between_increases:
        yield _finding(
            subject,
            f"pace:{subject.medicine.id}",
            Severity.WARNING,
            "raised sooner than usual",
            f"{_days(days)} after the last change; {asked} {_days(limits.days_between_increases)}.",
            "Wait, or enter why not.",
        )
    if limits.increment is not None and step > limits.increment:
        yield _finding(
            subject,
            f"step:{subject.medicine.id}",
            Severity.WARNING,
            "larger step than usual",
            f"{step} at once; usually at most {limits.increment} at a time.",
            "Choose a smaller step, or enter why not.",
        )


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _finding(subject: CheckSubject, key: str, severity: Severity, title: str, what: str, management: str) -> Finding:
    verified = SourceReview.UNVERIFIED if severity is Severity.NOT_CHECKED else subject.medicine.verified
    return finding(
        subject,
        key,
        severity,
        title,
        what,
        management=management,
        source=subject.medicine.source,
        verified=verified,
    )
