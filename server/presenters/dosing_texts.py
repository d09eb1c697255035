"""A dose form of which some texts are longer than what fits: made without them, and shown with them."""

from collections.abc import Mapping
from dataclasses import replace

from emr.shared.errors import Invalid
from server.routes.staff.dosing import ANSWER, Chosen
from visit_ui.pages.visit.dosing import DoseForm


def without(said: Chosen, wrong: Mapping[str, str]) -> Chosen:
    """What the form says but for the fields that hold too much: those are not looked at.

    Raises ``Invalid`` when one of them is the name, which the form does not show.
    """
    if "name" in wrong:
        raise Invalid(wrong)

    def fitting(name: str, text: str) -> str:
        return "" if name in wrong else text

    return replace(
        said,
        total=fitting("total", said.total),
        days=fitting("days", said.days),
        refills=fitting("refills", said.refills),
        reason=fitting("reason", said.reason),
        indication=fitting("indication", said.indication),
        answers={key: text for key, text in said.answers.items() if f"{ANSWER}{key}" not in wrong},
    )


def again(form: DoseForm, said: Chosen, wrong: Mapping[str, str]) -> DoseForm:
    """A form made `without` them, with what was typed into them and what is wrong with it."""
    checks = form.checks
    if checks is not None:
        cards = [(card, f"{ANSWER}{card.key}") for card in checks.findings]
        checks = replace(
            checks,
            findings=tuple(
                replace(card, answer=said.answers[card.key], error=wrong[name]) if name in wrong else card
                for card, name in cards
            ),
        )
    shown = replace(form, reason=said.reason, days=said.days, refills=said.refills, checks=checks)
    return replace(shown, errors={**form.errors, **wrong})
