"""The provider's signing key. Kept in the data folder, so that a restarted demo can still end older sign-ins."""

import os
from pathlib import Path

from joserfc.jwk import RSAKey


def new_key() -> RSAKey:
    """A fresh key with a key id (its thumbprint, RFC 7638)."""
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=True, auto_kid=True)
    key.ensure_kid()
    return key


def load_key(path: Path) -> RSAKey:
    """The key at ``path`` (PEM), made there for its owner alone if there is none."""
    if path.exists():
        key = RSAKey.import_key(path.read_bytes(), {"use": "sig", "alg": "RS256"})
        key.ensure_kid()
        return key
    key = new_key()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.as_pem(private=True))
    return key
