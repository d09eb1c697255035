"""The Notes tab: one note per visit, written from a template, saved as it is typed, signed and sealed, then only
added to.

GET `/notes?template=<key>` (the choice matters only until the first save). POST `/note` (autosave) takes
`template`, `version` (the
version this text grew from, 0: none) and one `section-<id>` each, and answers JSON: 200
`{"version": 4, "saved_at": "<ISO time>"}`;
409 `{"version": 5, "saved_at": "<ISO time>", "sections": {"<id>": "<text>"}}` when another tab or person saved
meanwhile; 410 when the note is
sealed. POST `/note/sign` takes the same fields and answers with this fragment; POST `/note/addendum` takes `text`
and does too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from visit_ui.pages.shell.parts import Option
from visit_ui.pages.visit.danger import AlertStory, OpenAlerts
from visit_ui.pages.visit.parts import VisitContext


@dataclass(frozen=True, slots=True)
class NoteSection:
    """One part of the note: id in field names, title, a hint of what belongs there (or None), and the text so far.

    `begun`: nobody has typed here; the text follows the visit (GET `/note/beginning`) and is not sent by a save.
    """

    section: str
    title: str
    text: str
    hint: str | None = None
    rows: int = 3
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was added after sealing, by whom and when. Newest last."""

    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SealView:
    """Who signed and when; `digest` is the short form of the note's SHA-256."""

    signed_by: str
    signed_at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class NotesPanel:
    """The draft, or with `seal` the signed note and its addenda.

    `viewer_id` keeps text typed here apart from another person's in the same browser. `templates` to choose from while
    `version` is 0 (never saved). `sections` of the chosen template. `may_write` False: read only (a supervisor, an
    old visit).
    `error`: why signing or adding was refused, with the remedy. `open_alerts`: asked about when it is signed.
    `stories`: the visit's safety answers and what became of them.
    """

    template: ClassVar[str] = "visit/_notes.html"
    visit: VisitContext
    viewer_id: str
    templates: tuple[Option, ...]
    chosen: str
    sections: tuple[NoteSection, ...]
    version: int
    saved_at: datetime | None
    may_write: bool = True
    seal: SealView | None = None
    addenda: tuple[Addendum, ...] = ()
    addendum_draft: str = ""
    error: str | None = None
    open_alerts: OpenAlerts | None = None
    stories: tuple[AlertStory, ...] = ()
