"""The checks before a medicine is prescribed. Pure: a chart, a proposal and the reference data give findings.

A check that could not run is a finding too: "not checked" asks for an answer just as a warning does, and is never shown
as if nothing had been found.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from emr.chart.model import Chart
from emr.dosing.proposal import Proposal
from emr.formulary.model import Formulary
from emr.medications.model import Order
from emr.safety.adjustments import check_adjustments
from emr.safety.allergies import check_allergies
from emr.safety.doses import check_doses
from emr.safety.finding import Finding, Severity, ranked, unanswered
from emr.safety.interactions import check_duplicates, check_interactions, check_recognized, check_washouts
from emr.safety.subject import CheckSubject, finding, subject

__all__ = ["Finding", "Severity", "check", "check_stop", "unanswered"]

_CHECKS = (
    check_allergies,
    check_doses,
    check_duplicates,
    check_interactions,
    check_washouts,
    check_adjustments,
    check_recognized,
)
_ON_SITE = {
    "in_person_administration": "Staff give it on site; it is not taken at home.",
    "not_remote_administered": "It is taken on site under observation, not at home.",
    "not_prescribable_for_oud_outside_otp": "For opioid use disorder, only a treatment program may dispense it.",
}


def check(chart: Chart, proposal: Proposal, formulary: Formulary, now: datetime) -> tuple[Finding, ...]:
    """What is to be known before this is signed: stops first, then warnings, what was not checked, and information.

    `now` is when the question is asked; the days of stops and steps are counted to `proposal.starts_on`. NotFound
    when the formulary does not know the medicine, or the order to be replaced is not a current one of this chart.
    """
    about = subject(chart, proposal, formulary)
    found = [*_on_site(about), *(each for run in _CHECKS for each in run(about))]
    return ranked(found)


def check_stop(order: Order, formulary: Formulary) -> tuple[Finding, ...]:
    """What is to be known before this order is stopped or held; () when nothing is, or it is not in the formulary."""
    medicine = formulary.contents.medicines.get(order.medicine) if order.medicine is not None else None
    if medicine is None or not medicine.taper_needed:
        return ()
    return (
        Finding(
            key=f"taper:{medicine.id}",
            severity=Severity.INFORMATION,
            title="do not stop abruptly",
            what=f"{medicine.plain_name.capitalize()} is usually tapered.",
            why=f"Stopping abruptly risks {medicine.stopping_risk}." if medicine.stopping_risk else "",
            management="Taper it unless stopping at once is safer.",
            source=medicine.source,
            verified=medicine.verified,
            data_version=formulary.version,
        ),
    )


def _on_site(about: CheckSubject) -> Iterator[Finding]:
    if (why := _ON_SITE.get(about.medicine.telehealth_flag)) is not None:
        yield finding(
            about,
            f"on_site:{about.medicine.id}",
            Severity.STOP,
            "not for use at home",
            why,
            management="Refer the patient to a site that gives it, or enter where and by whom it will be given.",
            source=about.medicine.source,
            verified=about.medicine.verified,
        )
