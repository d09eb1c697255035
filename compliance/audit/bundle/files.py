"""Opening what a stranger was given: the exported file, the public key, the folder of checkpoints.

An editor's traces are read over (a byte order mark, line ends of another system, a blank last line); what is another
kind of file, or cannot be read, is ``UnusableInput`` with a sentence that says what to do.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from compliance.audit.checkpoint import VerifierKey
from compliance.audit.errors import BadNote
from compliance.audit.signed_heads import read_store
from compliance.audit.store import DirectoryStore, Kept
from compliance.shared.errors import UnusableInput

_PACKED: Final = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
"""How a packed file begins."""

_LONGEST: Final = 16 * 2**20
"""Bytes of the longest line that is read: the longest of an export, a policy pack, has a hundredth of it."""

_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
"""How a text begins whose characters take two bytes or four."""


def lines_of(export: Path) -> Iterator[str]:
    """The lines of an exported file, with their line ends; a byte that is no UTF-8 becomes a lone surrogate, which no
    export holds. Raises ``UnusableInput``.
    """
    try:
        with export.open("rb") as file:
            _refuse_another_kind(export, file.peek(8)[:8], "the exported file")
            while raw := file.readline(_LONGEST + 1):
                if len(raw) > _LONGEST:
                    raise UnusableInput(
                        f"{export} is not an exported log: a line of it is longer than any of an export."
                    )
                yield raw.decode("utf-8", "surrogateescape")
    except OSError as error:
        raise UnusableInput(_unreadable(export, error)) from error


def key_of(written: str) -> VerifierKey:
    """A public key as it is written, or the one in a file of that name. Raises ``UnusableInput``."""
    try:
        return VerifierKey.parse(written)
    except BadNote as error:
        problem = error
    path = Path(written)
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise UnusableInput(f"{written} is neither a file nor a public key. {problem}") from error
    except OSError as error:
        raise UnusableInput(_unreadable(path, error)) from error
    _refuse_another_kind(path, content[:8], "the key")
    try:
        return VerifierKey.parse(content.decode("utf-8-sig"))
    except (BadNote, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, BadNote) else "It is not UTF-8 text."
        raise UnusableInput(f"{path} holds no public key of a log: {why}") from error


def kept_in(folder: Path) -> list[Kept]:
    """The checkpoints kept in a folder, the newest last. Raises ``UnusableInput`` when none is there."""
    try:
        there = read_store(DirectoryStore(folder))
    except OSError as error:
        raise UnusableInput(_unreadable(folder, error)) from error
    kept = [*there.kept]
    if there.newest is not None and there.newest not in kept:
        kept.append(there.newest)
    if not kept:
        if folder.exists() and not folder.is_dir():
            raise UnusableInput(f"{folder} is not a folder.")
        raise UnusableInput(f"{'There are no checkpoints in' if folder.is_dir() else 'There is no folder'} {folder}.")
    return kept


def _refuse_another_kind(path: Path, beginning: bytes, wanted: str) -> None:
    for magic, kind in _PACKED.items():
        if beginning.startswith(magic):
            raise UnusableInput(f"{path} is packed ({kind}): unpack it, and name {wanted} that was in it.")
    if beginning.startswith(_WIDE) or b"\0" in beginning:
        raise UnusableInput(
            f"{path} is not UTF-8 text but UTF-16 or the like: save {wanted} as UTF-8, or take it anew."
        )


def _unreadable(path: Path, error: OSError) -> str:
    return f"{path} cannot be read: {error.strerror or 'it does not answer'}."
