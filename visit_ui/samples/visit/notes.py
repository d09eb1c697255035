"""Samples of the note in the panel: begun, kept, sealed, refused."""

from dataclasses import replace
from datetime import UTC, datetime

from visit_ui.pages.shell.parts import Option
from visit_ui.pages.visit.notes import Addendum, NoteSection, NotesPanel, SealView
from visit_ui.samples.visit import cast, danger

_SECTIONS = (
    NoteSection(
        "interval",
        "Since the last visit",
        "Mood steady. Wakes at 3 am four nights of seven. Night sweats since Nov 9, mild.",
        "What the patient says, what changed",
    ),
    NoteSection(
        "mental_status",
        "Mental status",
        "Calm, well kempt. Speech normal. No thoughts of self-harm (item 9: 0).",
    ),
    NoteSection("assessment", "Assessment", "Partial response, flat for four weeks."),
    NoteSection("plan", "Plan", ""),
)
NOTE_TEMPLATES = (
    Option("follow_up", "Follow-up"),
    Option("first_evaluation", "Initial evaluation"),
    Option("brief", "Brief note"),
)
notes = NotesPanel(cast.visit, "drew", NOTE_TEMPLATES, "follow_up", _SECTIONS, version=4, saved_at=cast.NOW)
notes_new = replace(notes, sections=tuple(replace(section, text="") for section in _SECTIONS), version=0, saved_at=None)
notes_begun = replace(
    notes_new,
    sections=(
        _SECTIONS[0],
        *(replace(section, text="", begun=True) for section in _SECTIONS[1:2]),
        NoteSection(
            "assessment",
            "Assessment",
            "PHQ-9: 10 (moderate), Nov 24; before that 9 (mild), Nov 22.",
            "Diagnosis, response to treatment, scores and what they mean here.",
            rows=7,
            begun=True,
        ),
        NoteSection(
            "plan",
            "Plan",
            "Sertraline: raised from 100 mg to 150 mg a day, from Nov 25. Partial response.",
            rows=7,
            begun=True,
        ),
    ),
    version=2,
    open_alerts=danger.note_asks,
    stories=danger.stories,
)
notes_asked_again = replace(notes_begun, open_alerts=danger.note_asks_again)
notes_sealed = replace(
    notes,
    seal=SealView("Dr. Drew Marsh", datetime(2026, 11, 24, 15, 40, tzinfo=UTC), "9f3a 02c7"),
    addenda=(
        Addendum(
            "Sodium result 139, entered after signing.",
            "Dr. Drew Marsh",
            datetime(2026, 11, 25, 14, 5, tzinfo=UTC),
        ),
    ),
)
notes_read_only = replace(notes, may_write=False)
notes_refused = replace(notes, error="Nothing was signed: the note is empty. Write at least one section.")
