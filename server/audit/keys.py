"""The key that signs the log's checkpoints: one file, made once, readable by its owner alone."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from compliance.audit.checkpoint import Signer, VerifierKey
from compliance.audit.errors import BadNote
from server.platform.settings import SettingError, Settings


def signer(settings: Settings) -> Signer:
    """The log's private key, made at first. Raises ``SettingError`` when the file cannot be used.

    The public half is written beside it (``.pub``): that is what a stranger verifies with.
    """
    path = settings.log_key_file
    if not path.exists():
        _make(path, origin(settings))
    try:
        found = Signer.parse(path.read_text(encoding="ascii"))
    except (OSError, ValueError, BadNote) as error:
        raise SettingError(f"LOG_KEY_FILE {path} cannot be used: {type(error).__name__}.") from error
    return found


def verifier(settings: Settings) -> VerifierKey:
    """The public half, from its own file: verifying needs no secret."""
    return read_public(settings.log_key_file)


def read_public(secret: Path) -> VerifierKey:
    """The public half that lies beside the private key's path."""
    path = public_path(secret)
    try:
        return VerifierKey.parse(path.read_text(encoding="ascii"))
    except (OSError, ValueError, BadNote) as error:
        raise SettingError(f"The log's public key {path} cannot be read: start the worker once.") from error


def public_path(secret: Path) -> Path:
    """Where the public half is kept."""
    return secret.with_name(secret.name + ".pub")


def origin(settings: Settings) -> str:
    """The log's name in its checkpoints: host and purpose, as C2SP's tlog-checkpoint suggests."""
    return f"{urlsplit(settings.public_url).netloc}/prescribing-log"


def _make(path: Path, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Signer.generate(name)
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(made.secret() + "\n")
    try:
        os.link(unfinished, path)  # the whole file or none: another process may be reading
    except FileExistsError:
        return  # another process was quicker
    finally:
        unfinished.unlink()
    public_path(path).write_text(f"{made.verifier}\n", encoding="ascii")
