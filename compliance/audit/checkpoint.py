"""Signed tree heads in the public formats, so that a tool which is not ours can check them. Pure but for the keys.

C2SP ``signed-note`` and ``tlog-checkpoint`` (https://c2sp.org, read 2026), Ed25519 only. Keys are written as the Go
module ``golang.org/x/mod/sumdb/note`` writes them. Signatures by keys that we do not know are ignored, as the format
demands: that is how a key is rotated and how a witness adds its own.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from compliance.audit import canonical as leaf
from compliance.audit.errors import BadNote, UnknownSigningKey
from compliance.audit.merkle import HASH_BYTES

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]{1,200}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
_MAX_NOTE_BYTES = 100_000
_TIME = "time "
_COMPLETE_TO = "complete-to "


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _unbase64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("A part that must be base64 is not.") from error


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a log's key, written ``name+hash+base64``: safe to publish, needed to verify."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read the written form; raises ``BadNote`` when it is damaged or not Ed25519."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3 or not _NAME.fullmatch(parts[0]):
            raise BadNote("A public key is written name+hash+base64.")
        raw = _unbase64(parts[2])
        if raw[:1] != _ED25519 or len(raw) != 33:
            raise BadNote("Only Ed25519 public keys are understood.")
        key = cls(parts[0], raw[1:])
        if key.key_id.hex() != parts[1].lower():
            raise BadNote("The public key does not match its own hash.")
        return key

    def __str__(self) -> str:
        """The written form."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(_ED25519 + self.public).decode()}"

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key in a signature line."""
        return _key_id(self.name, self.public)

    def accepts(self, text: str, signature: bytes) -> bool:
        """Whether this key signed ``text``."""
        return self.accepts_bytes(text.encode(), signature)

    def accepts_bytes(self, message: bytes, signature: bytes) -> bool:
        """Whether this key signed ``message``, by RFC 8032."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A log's private key. ``name`` is the log's origin; it is never printed with its secret by accident."""

    name: str
    _key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls, name: str) -> "Signer":
        """A new key for the log called ``name`` (no spaces, no plus; usually host and path)."""
        return cls._named(name, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """Read ``PRIVATE+KEY+name+hash+base64``; raises ``BadNote``, which never repeats what was read."""
        parts = text.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise BadNote("A private key is written PRIVATE+KEY+name+hash+base64.")
        raw = _unbase64(parts[4])
        if raw[:1] != _ED25519 or len(raw) != 33:
            raise BadNote("Only Ed25519 private keys are understood.")
        signer = cls._named(parts[2], Ed25519PrivateKey.from_private_bytes(raw[1:]))
        if signer.verifier.key_id.hex() != parts[3].lower():
            raise BadNote("The private key does not match its own hash.")
        return signer

    @classmethod
    def _named(cls, name: str, key: Ed25519PrivateKey) -> "Signer":
        if not _NAME.fullmatch(name):
            raise BadNote("The name of a log has no spaces and no plus sign.")
        return cls(name, key)

    def secret(self) -> str:
        """The written form of the private key, for a file that only the worker can read."""
        head = f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+"
        return head + b64encode(_ED25519 + self._key.private_bytes_raw()).decode()

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self._key.public_key().public_bytes_raw())

    def signature_line(self, text: str) -> str:
        """The line that signs ``text``, with its line end."""
        signed = b64encode(self.verifier.key_id + self._key.sign(text.encode())).decode()
        return f"\N{EM DASH} {self.name} {signed}\n"


def sign(text: str, signers: Sequence[Signer]) -> str:
    """The note over ``text`` (which ends in a line end), signed by each key: several while a key is rotated."""
    if not text.endswith("\n") or not signers:
        raise BadNote("A note ends in a line end and has at least one signature.")
    return text + "\n" + "".join(signer.signature_line(text) for signer in signers)


def open_note(note: str, keys: Sequence[VerifierKey]) -> str:
    """The text of a note that at least one of ``keys`` signed; raises ``BadNote``.

    A signature that names a known key and does not hold refuses the note, whatever else has signed it.
    """
    if len(note) > _MAX_NOTE_BYTES or any(ord(char) < 0x20 and char != "\n" for char in note):
        raise BadNote("This is not a signed note.")
    body, found, tail = note.rpartition("\n\n")
    if not found or not tail.endswith("\n"):
        raise BadNote("This is not a signed note.")
    text = body + "\n"
    by_id = {(key.name, key.key_id): key for key in keys}
    held = False
    for line in tail[:-1].split("\n"):
        name, signature = _read_signature(line)
        key = by_id.get((name, signature[:4]))
        if key is None:
            continue
        if not key.accepts(text, signature[4:]):
            raise BadNote("The signature of a known key does not hold.")
        held = True
    if not held:
        raise UnknownSigningKey("No known key has signed this note.")
    return text


def _read_signature(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\N{EM DASH}" or not _NAME.fullmatch(parts[1]):
        raise BadNote("A signature line is damaged.")
    signature = _unbase64(parts[2])
    if len(signature) < 5:
        raise BadNote("A signature line is damaged.")
    return parts[1], signature


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: which log, how many leaves, which root, and (None in those of version 0.2.0 and before) when.

    `at`: when it was signed. `complete_to`: whatever was recorded up to then is among these leaves, so an entry behind
    them that says it was recorded before is back-dated. Both aware, UTC, and part of what is signed.
    """

    origin: str
    size: int
    root: bytes
    at: datetime | None = None
    complete_to: datetime | None = None

    @property
    def head(self) -> tuple[str, int, bytes]:
        """Which tree it is of, whenever it was signed."""
        return self.origin, self.size, self.root

    def text(self) -> str:
        """The lines that are signed: three, and an extension line for each time that is known."""
        lines = [self.origin, str(self.size), b64encode(self.root).decode()]
        times = ((_TIME, self.at), (_COMPLETE_TO, self.complete_to))
        lines += [name + leaf.instant(moment) for name, moment in times if moment is not None]
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a checkpoint's text; extension lines that are not ours are ignored. Raises ``BadNote``."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] != "" or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise BadNote("This is not a checkpoint.")
        head = _unbase64(lines[2])
        if len(head) != HASH_BYTES:
            raise BadNote("This is not a checkpoint.")
        return cls(lines[0], int(lines[1]), head, _moment(lines[3:-1], _TIME), _moment(lines[3:-1], _COMPLETE_TO))

    def signed(self, signers: Sequence[Signer]) -> str:
        """The signed note of this checkpoint."""
        return sign(self.text(), signers)


def _moment(extensions: Sequence[str], name: str) -> datetime | None:
    """The time in the extension line of that name; None without one. Raises ``BadNote``: two of them, or no time."""
    found = [line.removeprefix(name) for line in extensions if line.startswith(name)]
    if not found:
        return None
    try:
        moment = datetime.strptime(found[0], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        raise BadNote("A checkpoint's time cannot be read.") from None
    if len(found) > 1 or leaf.instant(moment) != found[0]:
        raise BadNote("A checkpoint's time cannot be read.")
    return moment


def open_checkpoint(note: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """The checkpoint in a note that a known key of that log signed; raises ``BadNote``."""
    found = Checkpoint.parse(open_note(note, keys))
    if all(found.origin != key.name for key in keys):
        raise BadNote("The checkpoint is of another log.")
    return found


def unverified(note: str) -> Checkpoint:
    """What a note says, whoever signed it: only to compare, never to trust. Raises ``BadNote``."""
    return Checkpoint.parse(note.rpartition("\n\n")[0] + "\n")
