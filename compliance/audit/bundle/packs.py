"""The policy packs inside an exported log, compared with their digests and with the decisions that name them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from compliance.audit.bundle.lines import PackText
from compliance.audit.findings import FindingCode, Findings


@dataclass(slots=True)
class BundledPacks:
    """The packs met so far, by digest, and the digests that decisions named."""

    _found: Findings
    _inside: dict[str, PackText] = field(default_factory=dict)
    _named: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        """How many are inside."""
        return len(self._inside)

    @property
    def lacking(self) -> int:
        """How many are named and not inside: the archive did not hold them, or the line was taken out."""
        return len(self._named - self._inside.keys())

    def take(self, pack: PackText) -> bool:
        """Take one in; False when it is not the next by its digest. Its text is compared with the digest."""
        if not pack.holds:
            self._altered(f"The text of policy pack {pack.id} {pack.version} is not what its digest says.")
        follows = pack.sha256 > max(self._inside, default="")
        self._inside[pack.sha256] = pack
        return follows

    def name(self, entry_id: int, fields: Mapping[str, str | None]) -> None:
        """A decision names its pack: the same digest is the same pack."""
        sha256 = fields["pack_sha256"] or ""
        self._named.add(sha256)
        pack = self._inside.get(sha256)
        if pack is not None and (pack.id, pack.version) != (fields["pack_id"], fields["pack_version"]):
            self._altered(f"Policy pack {pack.id} {pack.version} has another name in the decision of entry {entry_id}.")

    def end(self) -> None:
        """After the last line: nothing is inside that no decision was made by."""
        for sha256 in sorted(self._inside.keys() - self._named):
            pack = self._inside[sha256]
            self._altered(f"No decision in the file names policy pack {pack.id} {pack.version}.")

    def _altered(self, sentence: str) -> None:
        self._found.add(FindingCode.PACK_ALTERED, sentence)
