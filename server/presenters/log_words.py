"""What the officer's pages call actions, places and outcomes."""

from collections.abc import Mapping

from compliance.reports.officer_list.amount import Amount
from compliance.reports.values import Counts
from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction
from emr.dosing.proposal import Agreement
from visit_ui.pages.shell.parts import Badge

ACTION_WORDS = {
    PrescribingAction.NEW: "Start",
    PrescribingAction.RENEW: "Renew",
    PrescribingAction.INCREASE: "Raise",
    PrescribingAction.DECREASE: "Lower",
    PrescribingAction.CONTINUE: "Continue",
    PrescribingAction.DISCONTINUE: "Stop",
    PrescribingAction.HOLD: "Hold",
    PrescribingAction.TAPER_FROM_SUPPLY: "Taper from supply",
    PrescribingAction.REFER: "Refer",
}
AGREEMENT_WORDS: Mapping[Agreement | None, str] = {
    "not_asked_here": "Not requested in this program",
    None: "Not needed: nothing was prescribed",
}
MODALITY_WORDS = {
    Modality.VIDEO: "Video",
    Modality.AUDIO: "Audio",
    Modality.IN_PERSON: "In person",
    Modality.NONE: "No visit",
}


def where_words(modality: Modality, state: str | None) -> str:
    return f"{MODALITY_WORDS[modality]}, {state}" if state else MODALITY_WORDS[modality]


def badge_of(outcome: DecisionOutcome, schedule: str) -> Badge:
    if outcome is DecisionOutcome.ALLOW:
        return Badge("Allowed", "plain", "check")
    if schedule == "unknown":
        return Badge("Blocked, name unknown", "unknown", "circle-dashed")
    return Badge("Blocked", "stop", "ban")


def amount_words(amount: Amount, one: str = "", many: str = "") -> str:
    """ "about 240,000 decisions"."""
    return f"{amount.sureness} {amount.number:,} {one if amount.number == 1 else many}".strip()


def counted_words(counts: Counts, outcome: DecisionOutcome | None) -> str:
    """How many decisions the list holds, by the name of what it was narrowed to: under the filter Blocked all of them
    are blocked ones, and "81 decisions, 81 blocked" would read as if there were no others.
    """
    if outcome is DecisionOutcome.ALLOW:
        return amount_words(counts.decisions, "allowed decision", "allowed decisions")
    if outcome is DecisionOutcome.BLOCK:
        said = amount_words(counts.blocked, "blocked decision", "blocked decisions")
    else:
        every = amount_words(counts.decisions, "decision", "decisions")
        said = f"{every}, {amount_words(counts.blocked)} blocked"
    unknown = counts.unknown_names
    return f"{said}, {amount_words(unknown)} of them for an unrecognized name" if unknown.number else said
