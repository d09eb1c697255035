"""Keeping signed checkpoints outside the database, where its owner cannot rewrite them.

A store only ever grows. `DirectoryStore` is a folder (another disk, a mounted share, a write-once volume); an object
store or another host takes the same three methods.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from compliance.checkpoint import Checkpoint, unverified
from compliance.log_errors import BadNote, StoreDisagrees

_SUFFIX: Final = ".checkpoint"
_MAX_BYTES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Kept:
    """One note as it is kept: `size` is what its place says, `note` is None when it cannot be read as text."""

    size: int
    note: str | None


class CheckpointStore(Protocol):
    """What the worker writes to and the verification reads. Calls may block: use a thread."""

    def put(self, size: int, note: str) -> None:
        """Keep a note; keeping the same again is no change. Raises ``StoreDisagrees`` for another tree of that size."""

    def latest(self) -> str | None:
        """The newest note; None when nothing was ever kept. Raises ``BadNote`` when it cannot be read."""

    def kept(self) -> Iterator[Kept]:
        """All notes, smallest tree first."""


class DirectoryStore:
    """A folder with one file for each checkpoint, never written twice, and `latest`, a copy of the newest."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made at the first `put`."""
        self._folder = folder

    def put(self, size: int, note: str) -> None:
        """See `CheckpointStore.put`; durable when it returns. Raises ``OSError`` when the folder cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._path(size)
        fresh = self._write_aside(note)
        try:
            os.link(fresh, target)  # unlike a rename, this refuses to replace
        except FileExistsError:
            self._refuse_another_tree(target, note)
        finally:
            fresh.unlink()
        newest = self._sizes()[-1]
        if newest == size:
            os.replace(self._write_aside(note), self._folder / "latest")
        self._sync_folder()

    def latest(self) -> str | None:
        """See `CheckpointStore.latest`."""
        sizes = self._sizes()
        if not sizes:
            return None
        note = _read(self._path(sizes[-1]))
        if note is None:
            raise BadNote("The newest checkpoint kept outside the database cannot be read.")
        return note

    def kept(self) -> Iterator[Kept]:
        """See `CheckpointStore.kept`."""
        for size in self._sizes():
            yield Kept(size, _read(self._path(size)))

    def _path(self, size: int) -> Path:
        return self._folder / f"{size:020d}{_SUFFIX}"

    def _sizes(self) -> list[int]:
        if not self._folder.is_dir():
            return []
        stems = (name[: -len(_SUFFIX)] for name in os.listdir(self._folder) if name.endswith(_SUFFIX))
        return sorted(int(stem) for stem in stems if stem.isascii() and stem.isdigit())

    def _write_aside(self, note: str) -> Path:
        path = self._folder / f".{secrets.token_hex(8)}.part"
        with path.open("xb") as file:
            file.write(note.encode())
            file.flush()
            os.fsync(file.fileno())
        path.chmod(0o444)
        return path

    def _refuse_another_tree(self, target: Path, note: str) -> None:
        there = _read(target)
        # The same tree signed by another set of keys is no contradiction: the first note stays.
        if there is None or _tree(there) != _tree(note):
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
