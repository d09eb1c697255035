"""Notes as values: templates, drafts, seals and addenda, and the hash that a signature stands on. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import Field

from emr.shared import reference_files
from emr.shared import text as words
from emr.shared.ids import NoteId, PersonId, VisitId
from emr.shared.validation import NeededText
from emr.visits.model import VisitKind

_FILE = "note_templates.yaml"
SECTION_MOST = 20_000  # characters; a note of some forty pages is a mistake of pasting


class SectionSource(StrEnum):
    """What of the visit a part of a note begins with, until somebody types there."""

    SCORES = "scores"
    CHANGES = "changes"
    SAFETY = "safety"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a note. `prompt` is shown beside the field and never becomes part of the note.

    `begins`: the facts of the visit it begins with, None for none. `large`: more is written here than elsewhere.
    """

    id: str
    title: str
    prompt: str
    begins: tuple[SectionSource, ...] = ()
    large: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    id: NeededText
    name: NeededText
    kinds: Annotated[tuple[VisitKind, ...], Field(alias="for")]
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]

    def section_of(self, begins: SectionSource) -> Section | None:
        """The part that begins with these facts."""
        return next((section for section in self.sections if begins in section.begins), None)


@dataclass(frozen=True, slots=True)
class Templates:
    """The reference file, checked; templates in the order to be offered."""

    version: str
    every: Mapping[str, Template]

    def usual(self, kind: VisitKind) -> Template:
        """The template that is offered first for that kind of visit."""
        return next(template for template in self.every.values() if kind in template.kinds)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was saved last. `version` counts saves from 1; `sections`: section id -> text.

    A section that is absent was never typed into: it still begins with the facts of the visit. One that somebody
    emptied is there, and empty.
    """

    version: int
    template: str
    sections: Mapping[str, str]
    saved_at: datetime
    saved_by: PersonId


@dataclass(frozen=True, slots=True)
class SealedSection:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class NoteSeal:
    """A signed note. `content` is canonical JSON and `sha256` its hash; `sections` are read from it."""

    content: str
    sha256: str
    signed_at: datetime
    signed_by: PersonId

    @property
    def intact(self) -> bool:
        """Does the content still have the hash that was signed?"""
        return digest(self.content) == self.sha256

    @property
    def signature(self) -> str:
        """ "Drew Marsh, MD" as it read on the day."""
        words: str = json.loads(self.content)["signature"]
        return words

    @property
    def sections(self) -> tuple[SealedSection, ...]:
        """In the template's order; empty ones are left out."""
        return tuple(SealedSection(one["title"], one["text"]) for one in json.loads(self.content)["sections"])


@dataclass(frozen=True, slots=True)
class Addendum:
    """What somebody added after the note was signed, under their own name."""

    author: PersonId
    text: str
    sha256: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """The note of a visit. `seal` is None while it may still be changed; addenda oldest first."""

    id: NoteId
    visit: VisitId
    patient: PersonId
    author: PersonId
    draft: Draft
    seal: NoteSeal | None
    addenda: tuple[Addendum, ...]


def seal(note: Note, signature: str, by: PersonId, now: datetime) -> NoteSeal:
    """The seal of the draft as it stands: every id, the text, who signs and when, in one canonical JSON text."""
    template = templates().every[note.draft.template]
    content = canonical(
        {
            "note": str(note.id),
            "visit": str(note.visit),
            "patient": str(note.patient),
            "author": str(note.author),
            "template": template.id,
            "templates_version": templates().version,
            "sections": [
                {"id": section.id, "title": section.title, "text": note.draft.sections[section.id]}
                for section in template.sections
                if note.draft.sections.get(section.id, "").strip()
            ],
            "signed_by": str(by),
            "signature": signature,
            "signed_at": now.isoformat(),
        }
    )
    return NoteSeal(content, digest(content), now, by)


def addendum(note: Note, text: str, by: PersonId, now: datetime) -> Addendum:
    """An addendum bound to the sealed note by its hash. The note must be sealed."""
    if note.seal is None:
        raise ValueError("only a signed note has addenda")
    bound = {
        "note": str(note.id),
        "of": note.seal.sha256,
        "author": str(by),
        "text": text,
        "written_at": now.isoformat(),
    }
    return Addendum(by, text, digest(canonical(bound)), now)


def canonical(value: Mapping[str, object]) -> str:
    """JSON with sorted keys, no spaces and no escapes beyond JSON's own: the same value is the same text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """SHA-256 of the UTF-8 bytes, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def carry_over(sections: Mapping[str, str], old: Template, new: Template) -> Mapping[str, str]:
    """The texts of a draft under another template; what has no section there goes to its last one, titled."""
    kept = {section.id: sections.get(section.id, "") for section in new.sections}
    homeless = [
        f"{section.title}: {sections[section.id]}"
        for section in old.sections
        if section.id not in kept and sections.get(section.id, "").strip()
    ]
    last = new.sections[-1].id
    kept[last] = "\n\n".join(part for part in (kept[last], *homeless) if part)
    return kept


def faults(template: Template, sections: Mapping[str, str]) -> Mapping[str, str]:
    """A remedy for each section that cannot be saved; empty: all can."""
    known = {section.id for section in template.sections}
    wrong = {id: "This section is not part of the chosen template." for id in sections if id not in known}
    for id, text in sections.items():
        if id in known and len(text) > SECTION_MOST:
            wrong[id] = f"Shorten this section to {SECTION_MOST} characters; keep long documents elsewhere."
        elif text.strip() and words.prose(text, SECTION_MOST) is None:
            wrong[id] = "Remove the unprintable characters."
    return wrong


@dataclass(frozen=True, slots=True)
class _File:
    """The reference file: ids are unique, and every kind of visit has a template."""

    version: NeededText
    templates: tuple[Template, ...]

    def __post_init__(self) -> None:
        for ids in (
            [one.id for one in self.templates],
            *([part.id for part in one.sections] for one in self.templates),
        ):
            if len(set(ids)) != len(ids):
                raise ValueError(f"an id is there twice: {', '.join(ids)}")
        if missing := set(VisitKind) - {kind for template in self.templates for kind in template.kinds}:
            raise ValueError(f"no template for {', '.join(sorted(missing))}")


@cache
def templates() -> Templates:
    """Read and check the reference file. Raises `BadFile`: the program must not start on a bad row."""
    found = reference_files.read(_FILE, _File)
    return Templates(found.version, {one.id: one for one in found.templates})
