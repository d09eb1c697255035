"""Both engines in one data folder, held by one program at a time."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.platform.engines.places import (
    NOTE,
    EngineError,
    close_to_others,
    engine_user,
    forget_files,
    postgres_data,
    socket_folder,
)
from server.platform.engines.postgres import Postgres, start_postgres
from server.platform.engines.valkey import Valkey, start_valkey

SECRETS = "secrets.json"
# What a folder of an earlier release (0.2.0 and before) does not hold yet, and is given.
LATER = ("worker_password",)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The running engines. ``secrets`` are made once and kept in the data folder, readable by its owner alone."""

    postgres: Postgres
    valkey: Valkey
    secrets: "Secrets"

    def superuser_url(self, database: str = "postgres") -> str:
        """The address that may make roles and databases; no part of the running program uses it."""
        return self.postgres.url("postgres", self.secrets.superuser_password, database)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords and keys of one data folder; each a URL-safe text of 256 random bits."""

    superuser_password: str
    owner_password: str
    app_password: str
    worker_password: str
    session_key: str
    ticket_key: str
    oidc_client_secret: str

    def as_mapping(self) -> dict[str, str]:
        """The secrets by name."""
        return {name: getattr(self, name) for name in Secrets.__slots__}


@contextmanager
def start_embedded(
    data: Path, *, fresh: bool = False, durable: bool = True, temporary: bool = False
) -> Iterator[Embedded]:
    """Start PostgreSQL and Valkey for ``data`` and stop them at the end. Raises ``EngineError``.

    ``fresh`` first removes what an earlier run left; ``temporary`` removes PostgreSQL's files at the end, which need
    not lie in ``data``.
    """
    data.mkdir(mode=0o711, parents=True, exist_ok=True)
    data = data.resolve()
    with _alone(data):
        user = engine_user()
        files = postgres_data(data, user)
        close_to_others(data, user)
        if fresh:
            _empty(data, files)
        if (files / "PG_VERSION").exists() and not (data / SECRETS).exists():
            raise EngineError(f"{data / SECRETS} is missing, and the database needs it: begin again with --fresh.")
        known = _secrets(data)
        sockets = socket_folder(data, user)
        valkey = start_valkey(sockets, data / "valkey" if durable else None)
        try:
            postgres = start_postgres(files, sockets, known.superuser_password, user, durable=durable)
            try:
                yield Embedded(postgres, valkey, known)
            finally:
                postgres.stop()
        finally:
            valkey.stop()
            shutil.rmtree(sockets, ignore_errors=True)
            if temporary:
                forget_files(data)


def _empty(data: Path, files: Path) -> None:
    for path in data.iterdir():
        if path.name in ("lock", NOTE):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    shutil.rmtree(files, ignore_errors=True)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the data folder's lock: two programs on one cluster would destroy each other's files."""
    with (data / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EngineError(f"{data} is in use by another running titrate: stop it or choose --data.") from None
        yield


def kept_secrets(data: Path) -> dict[str, str]:
    """The data folder's secrets when its engines are not ours to start."""
    return _secrets(data).as_mapping()


def _secrets(data: Path) -> Secrets:
    path = data / SECRETS
    made = {name: secrets.token_urlsafe(32) for name in Secrets.__slots__}
    if not path.exists():
        _keep(path, made)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if lacking := {name: made[name] for name in LATER if name not in kept}:
            kept |= lacking
            _keep(path, kept)
        return Secrets(**kept)
    except (ValueError, TypeError) as error:
        raise EngineError(f"{path} is damaged: start again with --fresh.") from error


def _keep(path: Path, known: dict[str, str]) -> None:
    """Write the file whole or not at all, for its owner's eyes alone."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=1)
    beside.replace(path)
