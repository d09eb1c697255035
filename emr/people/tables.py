"""Persons, patients and allergies, and the relationships between people by which access is decided."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, DateTime, ForeignKey, Index, Table, Text, Uuid, text

from emr.shared.metadata import metadata

_INSTANT = DateTime(timezone=True)

person = Table(
    "person",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("prefix", Text),  # "Dr.", only for those who are so addressed
    Column("credential", Text),  # MD, DO, PMHNP, PA-C ...
    Column("profession", Text),  # the word a patient is told: "Psychiatrist", "Therapist"
    Column("pronouns", Text),
    Column("zone", Text, nullable=False),  # IANA name
    Column("added_at", _INSTANT, nullable=False),
)

patient = Table(
    "patient",
    metadata,
    Column("person_id", Uuid, ForeignKey("person.id"), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("birth_date", Date, nullable=False),
    Column("phone", Text),  # E.164
)

# An allergy is never edited. That someone asked and heard "none" is a fact of its own, so that an
# empty list can be told from an unasked question.
allergy = Table(
    "allergy",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False, index=True),
    Column("substance", Text, nullable=False),
    Column("reaction", Text),
    Column("recorded_at", _INSTANT, nullable=False),
    Column("recorded_by", Uuid, ForeignKey("person.id"), nullable=False),
)

allergy_inquiry = Table(
    "allergy_inquiry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False, index=True),
    Column("none_known", Boolean, nullable=False),
    Column("asked_at", _INSTANT, nullable=False),
    Column("asked_by", Uuid, ForeignKey("person.id"), nullable=False),
)


def _tie(name: str, of: Column[object], to: str) -> Table:
    """A relationship between two people with a beginning and, when it is over, an end; one open one for each pair."""
    return Table(
        name,
        metadata,
        Column("id", Uuid, primary_key=True),
        of,
        Column(to, Uuid, ForeignKey("person.id"), nullable=False, index=True),
        Column("since", _INSTANT, nullable=False),
        Column("until", _INSTANT),
        Index(f"uq_{name}_open", of.name, to, unique=True, postgresql_where=text("until IS NULL")),
    )


supervision = _tie(
    "supervision", Column("supervisee_id", Uuid, ForeignKey("person.id"), nullable=False), "supervisor_id"
)
care_team_member = _tie(
    "care_team_member",
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False),
    "person_id",
)
patient_prescriber = _tie(
    "patient_prescriber",
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False),
    "prescriber_id",
)
