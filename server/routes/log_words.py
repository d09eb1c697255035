"""What the officer's pages call actions, places and outcomes."""

from collections.abc import Mapping

from compliance.vocabulary import Modality, Outcome, PrescribingAction
from emr.dose_proposal import Agreement
from visit_ui.pages.parts import Badge

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
    "not_asked_here": "Not asked for in this program",
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


def badge_of(outcome: Outcome, schedule: str) -> Badge:
    if outcome is Outcome.ALLOW:
        return Badge("Allowed", "plain", "check")
    if schedule == "unknown":
        return Badge("Blocked, name unknown", "unknown", "circle-dashed")
    return Badge("Blocked", "stop", "ban")
