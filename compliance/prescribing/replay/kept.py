"""What a decision kept of its request, as the request again; and how it was read, when it cannot be read anew. Pure."""

from collections.abc import Mapping
from datetime import date

from compliance.prescribing.deciding import TEXTS, PrescribingRequest, RequestReading
from compliance.prescribing.decision import Decision
from compliance.shared.vocabulary import CheckInState
from compliance.substances.free_text import Named
from compliance.substances.resolver import NAME_REASONS, NameStatus, Resolution


def request_of(made: Decision, product: str) -> PrescribingRequest:
    """The request, for a medicine by this name; its texts were not kept. Raises ``KeyError`` or ``ValueError`` for
    evidence that is not as the third format has it.
    """
    seen = dict(made.evidence)
    return PrescribingRequest(
        action=made.action,
        modality=made.modality,
        product=product,
        code=seen.get("rxcui"),
        state=None if seen["state"] == "unknown" else seen["state"],
        on=date.fromisoformat(seen["law_on"]),
        attends=seen["attends"] == "yes",
        check_in=CheckInState(seen.get("check_in_state", CheckInState.MISSING.value)),
        days_supply=_number(seen, "days_supply"),
        refills=_number(seen, "refills"),
    )


def reading_of(made: Decision) -> RequestReading:
    """How name and texts were read then. Raises ``KeyError`` or ``ValueError`` as `request_of` does."""
    seen = dict(made.evidence)
    resolution = Resolution(
        status=NameStatus(seen["name_status"]),
        ingredients=made.ingredients,
        schedule=made.schedule,
        reasons=tuple(one for one in made.reasons if one.code in NAME_REASONS),
        prescribable=seen.get("prescribable") != "no",
        exempted=seen.get("exempted") == "yes",
        stricter_states=tuple(seen["stricter_states"].split("; ")) if "stricter_states" in seen else (),
    )
    return RequestReading(resolution, seen.get("state_stricter") == "yes", named_of(made))


def named_of(made: Decision) -> tuple[tuple[str, Named], ...]:
    """Which text named which other controlled substance."""
    seen = dict(made.evidence)
    found = ((field, seen.get(f"named_in_{field}")) for field in TEXTS)
    return tuple((field, Named(told, tuple(told.split("; ")))) for field, told in found if told)


def _number(seen: Mapping[str, str], name: str) -> int | None:
    return int(seen[name]) if name in seen else None
