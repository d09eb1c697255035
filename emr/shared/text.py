"""Text that people typed, as it may enter the record."""

from __future__ import annotations

import unicodedata

from emr.shared.errors import Invalid


def line(text: str | None, most: int) -> str | None:
    """`text` without outer blanks; None when it is empty, longer than `most`, or holds a control character."""
    clean = (text or "").strip()
    return clean if 1 <= len(clean) <= most and not any(map(_control, clean)) else None


def prose(text: str | None, most: int) -> str | None:
    """As `line`, where line breaks and tabs are welcome."""
    clean = (text or "").replace("\r\n", "\n").strip()
    unwelcome = any(_control(letter) and letter not in "\n\t" for letter in clean)
    return clean if 1 <= len(clean) <= most and not unwelcome else None


def optional(field: str, text: str | None, most: int) -> str | None:
    """As `prose`, for a field that may be left empty: None then. Raises `Invalid` rather than drop what was typed."""
    if not (text or "").strip():
        return None
    clean = prose(text, most)
    if clean is None:
        raise Invalid({field: f"Shorten this to {most} characters and remove unprintable characters."})
    return clean


def _control(letter: str) -> bool:
    # Cc: control characters, NUL among them, which PostgreSQL cannot keep. Cs: halves of a broken character.
    return unicodedata.category(letter) in ("Cc", "Cs")
