"""The Merkle tree against the known answers of RFC 6962's test tree and against the RFC's own recursive definition."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.audit import merkle
from compliance.audit.merkle import CompactRange

# The eight inputs and roots of the certificate-transparency reference implementations (merkletree test data).
INPUTS = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(data) for data in INPUTS]

leaf_lists = st.integers(0, 70).map(lambda n: [merkle.leaf_hash(str(i).encode()) for i in range(n)])


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if index < k:
        return [*naive_path(index, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(index - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(old: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """RFC 6962, 2.1.2, word for word."""
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if old <= k:
        return [*naive_subproof(old, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_subproof(old - k, leaves[k:], False), naive_root(leaves[:k])]


def test_the_roots_are_those_of_the_reference_trees() -> None:
    assert [merkle.root(LEAVES[: n + 1]).hex() for n in range(8)] == ROOTS


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert (
        merkle.root([]).hex()
        == merkle.EMPTY_ROOT.hex()
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


def test_a_known_inclusion_proof_of_the_reference_tree() -> None:
    proof = [one.hex() for one in merkle.inclusion_proof(LEAVES, 5)]
    assert proof == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_a_known_consistency_proof_of_the_reference_tree() -> None:
    proof = [one.hex() for one in merkle.consistency_proof(LEAVES, 6)]
    assert proof == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(leaf_lists, st.integers(0, 70))
def test_a_tree_grown_in_two_parts_has_the_root_of_the_definition(leaves: list[bytes], cut: int) -> None:
    grown = CompactRange().extend(leaves[:cut]).extend(leaves[cut:])
    assert grown.size == len(leaves)
    assert grown.root() == naive_root(leaves)


@given(leaf_lists.filter(bool), st.data())
def test_an_inclusion_proof_is_that_of_the_definition_and_holds(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.inclusion_proof(leaves, index)
    assert list(proof) == naive_path(index, leaves)
    assert merkle.verify_inclusion(leaves[index], index, len(leaves), proof, naive_root(leaves))


@given(leaf_lists.filter(bool), st.data())
def test_an_inclusion_proof_holds_for_nothing_else(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, head = merkle.inclusion_proof(leaves, index), naive_root(leaves)
    size = len(leaves)
    other = merkle.leaf_hash(b"another")
    assert not merkle.verify_inclusion(other, index, size, proof, head)
    assert not merkle.verify_inclusion(leaves[index], size, size, proof, head)
    assert not merkle.verify_inclusion(leaves[index], -1, size, proof, head)
    assert not merkle.verify_inclusion(leaves[index], index, size, (*proof, other), head)
    for cut in range(len(proof)):
        assert not merkle.verify_inclusion(leaves[index], index, size, proof[:cut], head)
        bent = (*proof[:cut], other, *proof[cut + 1 :])
        assert not merkle.verify_inclusion(leaves[index], index, size, bent, head)
    if size > 1:
        elsewhere = (index + 1) % size
        assert not merkle.verify_inclusion(leaves[index], elsewhere, size, proof, head)


@given(leaf_lists.filter(bool), st.data())
def test_a_consistency_proof_is_that_of_the_definition_and_holds(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    proof = merkle.consistency_proof(leaves, old)
    assert list(proof) == naive_subproof(old, leaves, True)
    assert merkle.verify_consistency(old, naive_root(leaves[:old]), len(leaves), naive_root(leaves), proof)


@given(leaf_lists.filter(lambda one: len(one) > 1), st.data())
def test_a_rewritten_past_has_no_consistency_proof(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves) - 1))
    altered = data.draw(st.integers(0, old - 1))
    rewritten = [*leaves[:altered], merkle.leaf_hash(b"rewritten"), *leaves[altered + 1 :]]
    old_head, head = naive_root(leaves[:old]), naive_root(rewritten)
    proof = merkle.consistency_proof(rewritten, old)
    assert not merkle.verify_consistency(old, old_head, len(leaves), head, proof)
    honest = merkle.consistency_proof(leaves, old)
    assert not merkle.verify_consistency(old, old_head, len(leaves), head, honest)
    assert not merkle.verify_consistency(old, old_head, len(leaves), naive_root(leaves), honest[:-1])
    assert not merkle.verify_consistency(old, old_head, len(leaves), naive_root(leaves), (*honest, head))


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_for_a_leaf_outside(index: int, size: int) -> None:
    with pytest.raises(IndexError):
        merkle.inclusion_proof(LEAVES[:size], index)


def test_a_tree_without_leaves_has_no_proof() -> None:
    """RFC 9162, 2.1.4: a proof is between a tree of at least one leaf and a larger one."""
    with pytest.raises(IndexError):
        merkle.consistency_proof(LEAVES, 0)
    for size, head in ((0, merkle.EMPTY_ROOT), (8, merkle.root(LEAVES))):
        assert not merkle.verify_consistency(0, merkle.EMPTY_ROOT, size, head, ())
        assert not merkle.verify_inclusion(b"", 0, size, (), b"")


@pytest.mark.parametrize("bend", [lambda one: one[:-1], lambda one: one + b"\0", lambda one: b""])
def test_what_is_no_hash_is_in_no_proof(bend: Callable[[bytes], bytes]) -> None:
    assert not merkle.verify_inclusion(bend(LEAVES[0]), 0, 1, (), bend(LEAVES[0]))
    first, second = LEAVES[0], bend(LEAVES[1])
    assert not merkle.verify_inclusion(first, 0, 2, (second,), merkle.node_hash(first, second))
    head = merkle.node_hash(bend(first), LEAVES[1])
    assert not merkle.verify_consistency(1, bend(first), 2, head, (LEAVES[1],))


@pytest.mark.parametrize(("size", "peaks"), [(1, ()), (2, (LEAVES[0], LEAVES[1])), (-1, ()), (1, (b"short",))])
def test_peaks_that_do_not_fit_the_size_are_refused(size: int, peaks: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match=r"peak"):
        CompactRange(size, peaks)
