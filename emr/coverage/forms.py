"""Which columns of which rows the log covers: for each format, the columns that never change once they are written.

A released format never changes. A step that adds columns to a table adds a format (``medication_order/2``) and keeps
the old one. A format is ``<table>[.<moment>]/<number>``; a moment covers what is fixed from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Table

from emr.danger import tables as danger
from emr.diary import tables as diary
from emr.medications import tables as medications
from emr.notes import tables as notes
from emr.outcome import tables as outcome
from emr.people import tables as people
from emr.presence import tables as presence
from emr.questionnaires import tables as scales
from emr.visits import tables as visits

TABLES: Final[Mapping[str, Table]] = {
    table.name: table
    for table in (
        people.person,
        people.patient,
        people.allergy,
        people.allergy_inquiry,
        visits.visit,
        visits.visit_event,
        visits.visit_statement,
        visits.visit_participant,
        outcome.visit_correction,
        presence.site,
        presence.attendance,
        presence.check_in,
        presence.check_in_confirmation,
        presence.call_join,
        scales.scale_request,
        scales.scale_answer,
        scales.scale_response,
        scales.safety_alert,
        scales.alert_acknowledgement,
        danger.alert_left_open,
        danger.crisis_contact,
        danger.crisis_step,
        notes.note,
        notes.note_seal,
        notes.note_addendum,
        diary.side_effect,
        diary.side_effect_course,
        diary.agenda_item,
        diary.agenda_outcome,
        diary.adherence,
        diary.observation,
        medications.medication_order,
        medications.prescription,
    )
}
"""The rows that the log speaks of, by kind. Each has one key column."""

_BOOKED: Final = ("patient_id", "room", "booked_at", "booked_by")
_ARRIVED: Final = (
    *_BOOKED,
    "prescriber_id",
    "scheduled_start",
    "scheduled_minutes",
    "kind",
    "modality",
    "place",
    "site_id",
)
_ADMITTED: Final = (*_ARRIVED, "arrived_at", "admitted_at")

FORMS: Final[Mapping[str, Sequence[str]]] = {
    "person/1": ("given_name", "family_name", "added_at"),
    "patient/1": ("code", "birth_date"),
    "allergy/1": ("patient_id", "substance", "reaction", "recorded_at", "recorded_by"),
    "allergy_inquiry/1": ("patient_id", "none_known", "asked_at", "asked_by"),
    # A visit is changed as it goes on; from each moment on more of it is fixed (`guard_visit`, `guard_visit_arrived`).
    "visit.booked/1": _BOOKED,
    "visit.arrived/1": _ARRIVED,
    "visit.admitted/1": _ADMITTED,
    "visit.ended/1": (*_ADMITTED, "ended_at", "status"),
    "visit.called_off/1": (*_ARRIVED, "status"),
    "visit_event/1": ("visit_id", "what", "person_id", "detail", "happened_at"),
    "visit_statement/1": (
        "visit_id",
        "line",
        "city",
        "state",
        "postal",
        "country",
        "call_back",
        "stated_at",
        "stated_by",
    ),
    "visit_participant/1": ("visit_id", "person_id", "part", "invited_at", "invited_by"),
    "visit_correction/1": (
        "visit_id",
        "corrected_by",
        "corrected_at",
        "recorded_at",
        "outcome",
        "started_at",
        "ended_at",
        "reason",
    ),
    "site/1": ("name", "line", "city", "state", "postal", "added_at", "added_by"),
    "site.closed/1": ("name", "line", "city", "state", "postal", "added_at", "added_by", "closed_at"),
    "attendance/1": (
        "visit_id",
        "patient_id",
        "modality",
        "prescriber_id",
        "replaces",
        "began_at",
        "recorded_at",
    ),
    "check_in/1": (
        "visit_id",
        "patient_id",
        "modality",
        "prescriber_id",
        "site_id",
        "stated_by",
        "stated_at",
        "recorded_at",
        "valid_until",
    ),
    "check_in_confirmation/1": ("confirmed_at", "recorded_at"),
    "call_join/1": ("visit_id", "person_id", "joined_at", "recorded_at"),
    "scale_request/1": ("patient_id", "visit_id", "scale", "requested_at", "requested_by"),
    "scale_answer/1": ("request_id", "item", "value", "answered_at", "answered_by"),
    "scale_response/1": (
        "request_id",
        "patient_id",
        "visit_id",
        "scale",
        "reference_version",
        "answers",
        "total",
        "severity",
        "prorated",
        "answered_at",
        "answered_by",
    ),
    "safety_alert/1": (
        "patient_id",
        "visit_id",
        "request_id",
        "scale",
        "item",
        "value",
        "severity",
        "raised_at",
    ),
    "alert_acknowledgement/1": ("acknowledged_at", "acknowledged_by", "what_was_done"),
    "alert_left_open/1": ("alert_id", "visit_id", "left_by", "left_at", "reason"),
    "crisis_contact/1": (
        "patient_id",
        "visit_id",
        "kind",
        "name",
        "phone",
        "about",
        "checked_by",
        "checked_at",
    ),
    "crisis_step/1": (
        "patient_id",
        "visit_id",
        "step",
        "said",
        "number",
        "place",
        "taken_by",
        "taken_at",
    ),
    "note/1": ("visit_id", "patient_id", "author_id", "started_at"),
    "note_seal/1": ("content", "sha256", "signed_at", "signed_by"),
    "note_addendum/1": ("note_id", "text", "sha256", "written_at", "author_id"),
    "side_effect/1": ("patient_id", "name", "detail", "started_on", "reported_at", "reported_by"),
    "side_effect_course/1": ("side_effect_id", "severity", "ended_on", "reported_at", "reported_by"),
    "agenda_item/1": ("patient_id", "text", "written_at", "written_by"),
    "agenda_outcome/1": ("item_id", "visit_id", "outcome", "marked_at", "marked_by"),
    "adherence/1": (
        "patient_id",
        "medicine",
        "from_date",
        "to_date",
        "doses_due",
        "doses_taken",
        "detail",
        "reported_at",
        "reported_by",
    ),
    "observation/1": (
        "patient_id",
        "code",
        "name",
        "value",
        "unit",
        "observed_at",
        "source",
        "recorded_at",
        "recorded_by",
    ),
    "medication_order/1": (
        "chain_id",
        "replaces",
        "patient_id",
        "kind",
        "act",
        "status",
        "medicine",
        "name",
        "ingredients",
        "dose",
        "daily_total",
        "unit",
        "as_needed",
        "sentence",
        "sig",
        "indication",
        "reason",
        "starts_on",
        "product",
        "supply",
        "days_supply",
        "refills",
        "agreement",
        "prescriber_elsewhere",
        "answers",
        "reference_version",
        "reference_sha256",
        "visit_id",
        "author_id",
        "written_at",
    ),
    "prescription/1": (
        "order_id",
        "decision_id",
        "decision_outcome",
        "decision_action",
        "encounter_id",
        "modality",
        "schedule",
        "patient_id",
        "prescriber_id",
        "product",
        "valid_until",
        "audit_entry_id",
        "written_at",
        "recorded_at",
        "attendance_id",
        "check_in_id",
        "days_supply",
        "refills",
    ),
}

CHANGING: Final[Mapping[str, frozenset[str]]] = {
    "person": frozenset({"prefix", "credential", "profession", "pronouns", "zone"}),
    "patient": frozenset({"phone"}),
    "visit_participant": frozenset({"withdrawn_at"}),
}
"""The columns that no format covers, because they may change in place."""
