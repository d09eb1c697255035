"""Keeping signed checkpoints outside the database, where its owner cannot rewrite them.

`DirectoryStore` is a folder (another disk, a mounted share); an object store or another host takes the same methods.
What is kept, by rule: the first checkpoint of each hour (UTC, by the time that is signed in it), in a file of its own
that is never replaced, and the newest in `latest`, which is. So a folder grows by at most 8,784 files a year.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from compliance.audit.checkpoint import Checkpoint, unverified
from compliance.audit.errors import BadNote, StoreDisagrees

LATEST: Final = "latest"
SET_ASIDE: Final = "set-aside"
_SUFFIX: Final = ".checkpoint"
_MAX_BYTES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Kept:
    """One note as it is kept: `size` is what its place says, `note` is None when it cannot be read as text."""

    size: int
    note: str | None


class CheckpointStore(Protocol):
    """What the worker writes to and the verification reads. Calls may block: use a thread."""

    def keep(self, notes: Sequence[str]) -> None:
        """Keep what the rule keeps of these notes, smallest tree first, and the last as the newest.

        Raises ``StoreDisagrees`` where another tree of that size is kept.
        """

    def latest(self) -> str | None:
        """The note that is called the newest; None without one. Raises ``BadNote`` when it cannot be read."""

    def kept(self) -> Iterator[Kept]:
        """The notes that are kept for good, smallest tree first."""

    def set_aside(self) -> Sequence[str]:
        """The names of what could not be used and was put aside as evidence."""

    def put_aside(self, size: int | None) -> None:
        """Put the note of that size, or (None) the one called newest, aside: it is no checkpoint of this log."""


def hour_of(head: Checkpoint) -> datetime | None:
    """The hour for which the first checkpoint is kept; None for one without a time, which is kept always."""
    return None if head.at is None else head.at.replace(minute=0, second=0, microsecond=0)


class DirectoryStore:
    """A folder by the rule above. The hour last kept is remembered: the folder is listed once, at the first writing."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made at the first writing."""
        self._folder = folder
        self._hour: datetime | None = None
        self._listed = False

    def keep(self, notes: Sequence[str]) -> None:
        """See `CheckpointStore.keep`; durable when it returns. Raises ``OSError`` when the folder cannot be written."""
        if not notes:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._remember()
        for note in notes:
            head = unverified(note)
            hour = hour_of(head)
            if hour is None or self._hour is None or hour > self._hour:
                self._put(head.size, note)
                self._hour = hour or self._hour
        os.replace(self._write_aside(notes[-1]), self._folder / LATEST)
        self._sync_folder()

    def latest(self) -> str | None:
        """See `CheckpointStore.latest`."""
        path = self._folder / LATEST
        if not path.exists():
            return None
        note = _read(path)
        if note is None:
            raise BadNote("The newest checkpoint kept outside the database cannot be read.")
        return note

    def kept(self) -> Iterator[Kept]:
        """See `CheckpointStore.kept`."""
        for size in self._sizes():
            yield Kept(size, _read(self._path(size)))

    def set_aside(self) -> Sequence[str]:
        """See `CheckpointStore.set_aside`."""
        folder = self._folder / SET_ASIDE
        return sorted(os.listdir(folder)) if folder.is_dir() else []

    def put_aside(self, size: int | None) -> None:
        """See `CheckpointStore.put_aside`. Raises ``OSError`` in a folder that lets nothing be renamed."""
        path = self._folder / LATEST if size is None else self._path(size)
        (self._folder / SET_ASIDE).mkdir(exist_ok=True)
        os.rename(path, self._folder / SET_ASIDE / f"{path.name}.{secrets.token_hex(4)}")
        self._sync_folder()

    def _remember(self) -> None:
        """Which hour the newest file is of, once in the life of this store."""
        if self._listed:
            return
        sizes = self._sizes()
        newest = _tree(_read(self._path(sizes[-1])) or "") if sizes else None
        self._hour = None if newest is None else hour_of(newest)
        self._listed = True

    def _path(self, size: int) -> Path:
        return self._folder / f"{size:020d}{_SUFFIX}"

    def _sizes(self) -> list[int]:
        if not self._folder.is_dir():
            return []
        stems = (name[: -len(_SUFFIX)] for name in os.listdir(self._folder) if name.endswith(_SUFFIX))
        return sorted(int(stem) for stem in stems if stem.isascii() and stem.isdigit())

    def _put(self, size: int, note: str) -> None:
        target = self._path(size)
        fresh = self._write_aside(note)
        try:
            os.link(fresh, target)  # unlike a rename, this refuses to replace
        except FileExistsError:
            self._refuse_another_tree(target, note)
        finally:
            fresh.unlink()

    def _write_aside(self, note: str) -> Path:
        path = self._folder / f".{secrets.token_hex(8)}.part"
        try:
            with path.open("xb") as file:
                file.write(note.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)  # a full disk is not filled further by halves
            raise
        path.chmod(0o444)
        return path

    def _refuse_another_tree(self, target: Path, note: str) -> None:
        there, ours = _tree(_read(target) or ""), _tree(note)
        # The same tree signed at another time or by another set of keys is no contradiction: the first note stays.
        if there is None or ours is None or there.head != ours.head:
            raise StoreDisagrees("Another checkpoint of this size is already kept outside the database.")

    def _sync_folder(self) -> None:
        if os.name != "nt":
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode()
    except (OSError, UnicodeDecodeError):
        return None


def _tree(note: str) -> Checkpoint | None:
    try:
        return unverified(note)
    except BadNote:
        return None
