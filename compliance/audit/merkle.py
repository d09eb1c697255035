"""The Merkle tree of RFC 6962 and RFC 9162 (section 2.1): roots, inclusion and consistency proofs. Pure.

A tree over n leaves is never held as a whole: ``CompactRange`` keeps one hash for each complete subtree, which is all
that growing and the root need. Proofs take the leaf hashes, which the database keeps.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH_BYTES = 32

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves (RFC 9162, 2.1.1)."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf; the prefix 0x00 keeps a leaf from passing for a node."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class CompactRange:
    """The smallest summary of a tree that can still grow.

    ``peaks`` are the roots of the complete subtrees, largest (leftmost) first: one for each bit that is set in
    ``size``.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Raise ``ValueError`` when the peaks cannot belong to a tree of this size."""
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ValueError("a compact range has one peak for each set bit of its size")
        if any(len(peak) != HASH_BYTES for peak in self.peaks):
            raise ValueError("a peak is a SHA-256 hash")

    def extend(self, leaves: Iterable[bytes]) -> "CompactRange":
        """The tree with these leaf hashes appended: amortized two hashes for each leaf."""
        size, peaks = self.size, list(self.peaks)
        for one in leaves:
            merged, remaining = one, size
            while remaining & 1:
                merged = node_hash(peaks.pop(), merged)
                remaining >>= 1
            peaks.append(merged)
            size += 1
        return CompactRange(size, tuple(peaks))

    def root(self) -> bytes:
        """The tree head: peaks folded from the smallest."""
        if not self.peaks:
            return EMPTY_ROOT
        folded = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            folded = node_hash(peak, folded)
        return folded


def root(leaves: Iterable[bytes]) -> bytes:
    """The tree head over leaf hashes in order."""
    return CompactRange().extend(leaves).root()


def _split(size: int) -> int:
    """The largest power of two smaller than ``size`` (which is at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path of leaf ``index``, from the leaf upwards (RFC 9162, 2.1.3.1). Raises ``IndexError`` outside."""
    if not 0 <= index < len(leaves):
        raise IndexError("there is no such leaf")
    start, end = 0, len(leaves)
    path: list[bytes] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(root(leaves[middle:end]))
            end = middle
        else:
            path.append(root(leaves[start:middle]))
            start = middle
    return tuple(reversed(path))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """The proof that the first ``old_size`` leaves are a prefix (RFC 9162, 2.1.4.1). Empty for all of them.

    Raises ``IndexError`` for an older tree that is larger or has no leaves: of the latter there is no proof.
    """
    if not 0 < old_size <= len(leaves):
        raise IndexError("there is no such older tree")
    if old_size == len(leaves):
        return ()
    start, end = 0, len(leaves)
    path: list[bytes] = []
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(root(leaves[middle:end]))
            end = middle
        else:
            path.append(root(leaves[start:middle]))
            start = middle
    # A verifier already knows the old root; it needs this subtree only when that is not the old tree itself.
    if start > 0:
        path.append(root(leaves[start:end]))
    return tuple(reversed(path))


def _are_hashes(*values: bytes) -> bool:
    return all(len(one) == HASH_BYTES for one in values)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    """Whether ``proof`` shows leaf hash ``leaf`` at ``index`` in the tree of ``size`` with root ``head`` (2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, head, *proof):
        return False
    at, last, result = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            result = node_hash(step, result)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            result = node_hash(result, step)
        at, last = at >> 1, last >> 1
    return last == 0 and result == head


def verify_consistency(old_size: int, old_head: bytes, size: int, head: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows that the older tree is a prefix of the newer one (RFC 9162, 2.1.4.2).

    An older tree without leaves is a prefix of every tree and says nothing: it is refused, whatever the proof.
    """
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not proof and old_head == head
    if not proof or not _are_hashes(old_head, head, *proof):
        return False
    steps = list(proof)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_head)
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_result = result = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_result, result = node_hash(step, old_result), node_hash(step, result)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            result = node_hash(result, step)
        at, last = at >> 1, last >> 1
    return last == 0 and old_result == old_head and result == head
