"""A proposed medicine against what the patient is allergic to. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from emr.formulary.entries import SourceReview
from emr.formulary.names import words
from emr.people.model import Allergy, AllergyStatus
from emr.safety.finding import Finding, Severity
from emr.safety.subject import CheckSubject, finding


def check_allergies(subject: CheckSubject) -> Iterator[Finding]:
    """Each listed allergy against the ingredients and class of the medicine. Never asked is not the same as none."""
    if subject.chart.allergies.status is AllergyStatus.NOT_ASKED:
        yield finding(
            subject,
            "not_checked:allergies",
            Severity.NOT_CHECKED,
            "allergies have not been asked about",
            "Nobody has asked about allergies yet. This does not mean there are none.",
            management="Ask and record the answer.",
            source="the patient's record",
            verified=SourceReview.UNVERIFIED,
        )
    for allergy in subject.chart.allergies.listed:
        yield from _one(subject, allergy)


def _one(subject: CheckSubject, allergy: Allergy) -> Iterator[Finding]:
    found = subject.formulary.recognize(allergy.substance)
    medicines = [subject.formulary.medicine(each) for each in found.medicines]
    alike = {part.same_as for medicine in medicines for part in medicine.ingredients} | set(found.substances)
    if alike & subject.alike or _names_class(subject, allergy.substance):
        yield _finding(
            subject,
            allergy,
            Severity.STOP,
            f"allergy to {allergy.substance}",
            f"{subject.medicine.name} contains it or belongs to that class. Reaction: {allergy.reaction or 'unknown'}.",
            "Choose another medicine, or enter why this one may be given.",
        )
    elif any(medicine.drug_class == subject.medicine.drug_class for medicine in medicines):
        yield _finding(
            subject,
            allergy,
            Severity.INFORMATION,
            f"allergy to {allergy.substance}, in the same class",
            f"A different drug in the same class. Reaction: {allergy.reaction or 'unknown'}.",
            "",
        )
    elif not found.complete and not subject.formulary.harmless_allergen(allergy.substance):
        yield _finding(
            subject,
            allergy,
            Severity.NOT_CHECKED,
            f"allergy to {allergy.substance} is not in the reference data",
            f"It was compared with {subject.name} by name only. This does not mean it is safe.",
            "Confirm that it is unrelated to this medicine, and enter that.",
        )


def _names_class(subject: CheckSubject, substance: str) -> bool:
    """Whether the allergy names the class or a tag of the medicine: "SSRIs", "benzodiazepine"."""
    told = {"_".join(words(substance)), "_".join(words(substance)).removesuffix("s")}
    return bool(told & subject.keys)


def _finding(
    subject: CheckSubject, allergy: Allergy, severity: Severity, title: str, what: str, management: str
) -> Finding:
    unread = SourceReview.UNVERIFIED if severity is Severity.NOT_CHECKED else SourceReview.SECONDARY
    return finding(
        subject,
        f"allergy:{allergy.substance}:{subject.medicine.id}",
        severity,
        title,
        what,
        management=management,
        source="the patient's allergies; ingredients.csv",
        verified=unread,
    )
