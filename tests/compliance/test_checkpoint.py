"""Signed notes and checkpoints: against the published example of the Go module, and against damage."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.audit import merkle
from compliance.audit.checkpoint import Checkpoint, Signer, VerifierKey, open_checkpoint, open_note, sign, unverified
from compliance.audit.errors import BadNote, StoreDisagrees
from compliance.audit.store import DirectoryStore, Kept

# The example in the documentation of golang.org/x/mod/sumdb/note; Ed25519 is deterministic, so every byte must match.
GO_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

VECTORS = Path(__file__).parent / "vectors" / "ed25519.json"

SIGNER = Signer.generate("titrate.example/log")
OTHER = Signer.generate("titrate.example/log")
WITNESS = Signer.generate("witness.example")
HEAD = Checkpoint("titrate.example/log", 3, merkle.root([bytes(32)] * 3))


def test_the_published_example_is_signed_to_the_byte() -> None:
    assert sign(GO_TEXT, [Signer.parse(GO_SECRET)]) == GO_NOTE


def test_the_published_example_opens() -> None:
    assert open_note(GO_NOTE, [VerifierKey.parse(GO_PUBLIC)]) == GO_TEXT


def test_every_signature_of_wycheproof_is_answered_as_it_says() -> None:
    """What it calls acceptable has a public key that nobody makes by chance: RFC 8032 leaves the answer open."""
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))
    wrong = [
        number
        for number, result, public, message, signature in cases
        if result != "acceptable"
        and VerifierKey("vector", bytes.fromhex(public)).accepts_bytes(bytes.fromhex(message), bytes.fromhex(signature))
        != (result == "valid")
    ]
    assert (len(cases), wrong) == (210, [])


def test_keys_are_written_as_they_are_read() -> None:
    assert str(VerifierKey.parse(GO_PUBLIC)) == GO_PUBLIC
    assert str(Signer.parse(GO_SECRET).verifier) == GO_PUBLIC
    assert Signer.parse(GO_SECRET).secret() == GO_SECRET


def test_a_private_key_is_not_printed_by_accident() -> None:
    signer = Signer.parse(GO_SECRET)
    assert "AYEKFALVFGyNhPJEMzD1QIDr" not in repr(signer) + str(signer)


def test_a_checkpoint_is_three_lines_and_opens_again() -> None:
    note = HEAD.signed([SIGNER])
    assert note.split("\n")[:2] == ["titrate.example/log", "3"]
    assert open_checkpoint(note, [SIGNER.verifier]) == HEAD
    assert unverified(note) == HEAD


def test_signatures_of_unknown_keys_are_ignored() -> None:
    note = HEAD.signed([SIGNER, WITNESS])
    assert open_checkpoint(note, [SIGNER.verifier]) == HEAD


def test_while_a_key_is_rotated_either_key_opens_the_note() -> None:
    note = HEAD.signed([SIGNER, OTHER])
    assert open_checkpoint(note, [SIGNER.verifier]) == open_checkpoint(note, [OTHER.verifier]) == HEAD


def test_a_witness_alone_does_not_make_a_checkpoint_of_our_log() -> None:
    with pytest.raises(BadNote, match="another log"):
        open_checkpoint(HEAD.signed([WITNESS]), [WITNESS.verifier])


def test_a_note_of_unknown_signers_is_refused() -> None:
    with pytest.raises(BadNote, match="No known key"):
        open_checkpoint(HEAD.signed([OTHER]), [SIGNER.verifier])


def test_a_known_signature_that_does_not_hold_refuses_the_note_even_beside_a_good_one() -> None:
    forged = HEAD.signed([SIGNER, OTHER]).replace("\n3\n", "\n4\n")
    with pytest.raises(BadNote):
        open_checkpoint(forged, [SIGNER.verifier])
    good, bad = HEAD.signed([SIGNER]), Checkpoint(HEAD.origin, 4, HEAD.root).signed([OTHER])
    mixed = good + bad.rpartition("\n\n")[2]
    with pytest.raises(BadNote, match="does not hold"):
        open_checkpoint(mixed, [SIGNER.verifier, OTHER.verifier])


@given(st.data())
def test_no_single_changed_character_of_a_checkpoint_goes_unseen(data: st.DataObject) -> None:
    note = HEAD.signed([SIGNER])
    at = data.draw(st.integers(0, len(note) - 1))
    char = data.draw(st.characters(blacklist_categories=["Cs"]).filter(lambda one: one != note[at]))
    changed = note[:at] + char + note[at + 1 :]
    with pytest.raises(BadNote):
        open_checkpoint(changed, [SIGNER.verifier])


@given(st.text())
def test_any_text_is_a_bad_note_or_key_and_nothing_worse(text: str) -> None:
    with pytest.raises(BadNote):
        open_checkpoint(text, [SIGNER.verifier])
    with pytest.raises(BadNote):
        unverified(text)
    with pytest.raises(BadNote):
        VerifierKey.parse(text)
    with pytest.raises(BadNote):
        Signer.parse(text)


def test_a_key_that_does_not_match_its_hash_is_refused() -> None:
    with pytest.raises(BadNote, match="own hash"):
        VerifierKey.parse(GO_PUBLIC.replace("c74f20a3", "c74f20a4"))


def test_the_name_of_a_log_has_no_spaces() -> None:
    with pytest.raises(BadNote, match="no spaces"):
        Signer.generate("our log")


def at(minutes: int, size: int) -> str:
    moment = datetime(2026, 11, 28, 9, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    return Checkpoint(HEAD.origin, size, HEAD.root, moment).signed([SIGNER])


def test_a_directory_keeps_the_first_of_each_hour_and_the_newest(tmp_path: Path) -> None:
    folder = tmp_path / "kept here"
    store = DirectoryStore(folder)
    assert store.latest() is None
    store.keep([at(5, 3), at(50, 4)])
    store.keep([at(61, 5)])
    DirectoryStore(folder).keep([at(70, 6)])  # another start of the worker
    store.keep([at(119, 7), at(120, 8), at(121, 9)])
    assert list(store.kept()) == [Kept(3, at(5, 3)), Kept(5, at(61, 5)), Kept(8, at(120, 8))]
    assert store.latest() == at(121, 9) == (folder / "latest").read_text()
    assert not list(folder.glob(".*"))


def test_a_checkpoint_without_a_time_is_always_kept(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    notes = {size: Checkpoint(HEAD.origin, size, HEAD.root).signed([SIGNER]) for size in (3, 12, 100)}
    store.keep([*notes.values()])
    store.keep([*notes.values()])
    assert list(store.kept()) == [Kept(size, note) for size, note in notes.items()]


def test_a_directory_refuses_another_tree_of_the_same_size(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.keep([HEAD.signed([SIGNER])])
    store.keep([HEAD.signed([SIGNER, OTHER])])
    with pytest.raises(StoreDisagrees):
        store.keep([Checkpoint(HEAD.origin, 3, bytes(32)).signed([SIGNER])])
    assert list(store.kept()) == [Kept(3, HEAD.signed([SIGNER]))]


def test_an_unreadable_file_in_the_directory_is_told_not_raised(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.keep([HEAD.signed([SIGNER])])
    (tmp_path / f"{5:020d}.checkpoint").write_bytes(b"\xff\xfe")
    (tmp_path / "stray.txt").write_text("not ours")
    assert list(store.kept())[-1] == Kept(5, None)
    (tmp_path / "latest").unlink()
    (tmp_path / "latest").write_bytes(b"\xff\xfe")
    with pytest.raises(BadNote):
        store.latest()


def test_what_is_put_aside_stays_as_evidence(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.keep([HEAD.signed([SIGNER])])
    store.put_aside(3)
    store.put_aside(None)
    assert (list(store.kept()), store.latest()) == ([], None)
    assert [name.rpartition(".")[0] for name in store.set_aside()] == [f"{3:020d}.checkpoint", "latest"]


def test_the_times_of_a_checkpoint_are_signed_and_read_again() -> None:
    moment = datetime(2026, 11, 28, 9, 5, tzinfo=UTC)
    timed = Checkpoint(HEAD.origin, 3, HEAD.root, moment, moment - timedelta(seconds=1))
    assert timed.text().splitlines()[3:] == [
        "time 2026-11-28T09:05:00.000000Z",
        "complete-to 2026-11-28T09:04:59.000000Z",
    ]
    note = timed.signed([SIGNER])
    assert open_checkpoint(note, [SIGNER.verifier]) == timed
    assert open_checkpoint(HEAD.signed([SIGNER]), [SIGNER.verifier]).at is None
    with pytest.raises(BadNote):
        open_checkpoint(note.replace("09:05", "09:06"), [SIGNER.verifier])


@pytest.mark.parametrize(
    "lines",
    [
        "time yesterday",
        "time 2026-11-28T09:05:00Z",
        "time 2026-11-28T09:05:00.000000Z\ntime 2026-11-28T09:05:00.000000Z",
    ],
)
def test_a_time_that_is_none_is_not_taken(lines: str) -> None:
    with pytest.raises(BadNote, match="time"):
        Checkpoint.parse(f"{HEAD.text()}{lines}\n")
