"""What is taken together: duplicates, interactions, medicines stopped too recently, names nobody here knows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from emr.formulary.entries import Interaction, SourceReview, Washout
from emr.formulary.model import Formulary
from emr.safety.finding import Finding, Severity
from emr.safety.subject import CheckSubject, CurrentMedicine, finding
from emr.shared.clinic_time.words import short

_SEVERITY = {
    "contraindicated": Severity.STOP,
    "major": Severity.WARNING,
    "moderate": Severity.INFORMATION,
}


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that holds between the proposed medicine and another one: `ours` and `theirs` are its two sides."""

    rule: Interaction
    ours: str
    theirs: str


def check_duplicates(subject: CheckSubject) -> Iterator[Finding]:
    """The same or a related substance twice. Two formulations may be meant, so it asks and does not forbid."""
    for other in subject.others:
        if shared := subject.alike & other.alike:
            name = " and ".join(sorted(shared))
            yield finding(
                subject,
                f"duplicate:{name}:{other.order.chain}",
                Severity.WARNING,
                f"{name} is already on the list",
                f"{other.name}, {other.order.sentence}{_who(other)}. Daily totals are counted together.",
                why="A substance listed twice is easily taken twice.",
                management="Stop or adjust the other entry, or enter why both are intended.",
                source="the patient's medicine list; ingredients.csv",
                verified=subject.medicine.verified,
            )


def check_interactions(subject: CheckSubject) -> Iterator[Finding]:
    """Rules between the proposed medicine and each other one on the list; held medicines count."""
    for other in subject.others:
        for match in interactions(subject, other):
            rule = match.rule
            yield finding(
                subject,
                f"interaction:{rule.a}:{rule.b}:{other.order.chain}",
                _SEVERITY[rule.severity],
                f"{subject.name} with {other.name}: {rule.effect}",
                f"{rule.severity.capitalize()} interaction. {other.name}: {other.order.sentence}{_who(other)}.",
                why=_sentence(rule.mechanism),
                management=_sentence(rule.management),
                source=rule.source,
                verified=rule.verified,
            )


def check_washouts(subject: CheckSubject) -> Iterator[Finding]:
    """Medicines stopped, or about to be, fewer days before the start than the rules ask for."""
    for other in subject.stopped:
        since = (subject.proposal.starts_on - other.order.starts_on).days
        for rule in _washouts(subject, other):
            if since >= rule.days:
                continue
            worst = next(
                (one.rule for one in interactions(subject, other) if one.rule.severity == "contraindicated"), None
            )
            first = other.order.starts_on + timedelta(days=rule.days)
            yield finding(
                subject,
                f"washout:{rule.before}:{rule.after}:{other.order.chain}",
                Severity.STOP if worst else Severity.WARNING,
                f"{other.name} was stopped too recently" + (f": {worst.effect}" if worst else ""),
                f"{_since(since, other.name)}; at least {rule.days} required. Not before "
                f"{short(first, subject.proposal.starts_on)}.",
                why="A medicine keeps acting for some time after it is stopped.",
                management=_sentence(rule.rule),
                source=rule.source,
                verified=rule.verified,
            )


def _since(days: int, name: str) -> str:
    """ "Only 1 day since Phenelzine was stopped"; a stop that lies ahead, or on the same day, leaves none."""
    if days <= 0:
        return f"No days between stopping {name} and this start"
    return f"Only {days} day{'s' if days > 1 else ''} since {name} was stopped"


def check_recognized(subject: CheckSubject) -> Iterator[Finding]:
    """Names on the list that the reference data does not know: nothing about them could be checked."""
    for other in subject.others:
        if not other.complete:
            part = "part of " if other.keys else ""
            yield finding(
                subject,
                f"not_checked:unknown:{other.order.chain}",
                Severity.NOT_CHECKED,
                f"{other.name} is not in the reference data",
                f"Interactions with {part}{other.name} and duplicates could not be checked. "
                "This does not mean it is safe.",
                management="Look it up elsewhere and enter what you found.",
                source="no source: not in the reference data",
                verified=SourceReview.UNVERIFIED,
            )


def interactions(subject: CheckSubject, other: CurrentMedicine) -> tuple[Match, ...]:
    """The rules that hold between two medicines, without those that a more specific one replaces.

    A rule is more specific when each of its sides lies within the other rule's side. A medicine does not interact with
    itself: substances that count as one are a duplicate, whatever classes they are in.
    """
    if subject.alike <= other.alike or (other.alike and other.alike <= subject.alike):
        return ()
    found = list(_matches(subject, other))
    return tuple(each for each in found if not any(_narrower(subject.formulary, more, each) for more in found))


def _matches(subject: CheckSubject, other: CurrentMedicine) -> Iterator[Match]:
    for rule in subject.formulary.contents.interactions:
        if rule.a in subject.keys and rule.b in other.keys:
            yield Match(rule, rule.a, rule.b)
        elif rule.b in subject.keys and rule.a in other.keys:
            yield Match(rule, rule.b, rule.a)


def _narrower(formulary: Formulary, one: Match, than: Match) -> bool:
    ours, theirs = formulary.members(one.ours), formulary.members(one.theirs)
    wide_ours, wide_theirs = formulary.members(than.ours), formulary.members(than.theirs)
    return ours <= wide_ours and theirs <= wide_theirs and (ours, theirs) != (wide_ours, wide_theirs)


def _washouts(subject: CheckSubject, other: CurrentMedicine) -> Iterable[Washout]:
    members = subject.formulary.members
    found = [
        rule for rule in subject.formulary.contents.washouts if rule.before in other.keys and rule.after in subject.keys
    ]
    for rule in found:
        wide = (members(rule.before), members(rule.after))
        narrow = ((members(more.before), members(more.after)) for more in found if more is not rule)
        if not any(before <= wide[0] and after <= wide[1] and (before, after) != wide for before, after in narrow):
            yield rule


def _who(other: CurrentMedicine) -> str:
    return f", {other.entry.by}" if other.entry.by else ", taken on their own"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
