"""The command that a stranger runs: what editors leave behind is read, another kind of file gets a sentence."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from compliance.__main__ import main
from tests.compliance.bundle.conftest import Exported

Said = pytest.CaptureFixture[str]
Written = Callable[[bytes], bytes]


@pytest.fixture
def file(exported: Exported, tmp_path: Path) -> Path:
    path = tmp_path / "export.jsonl"
    path.write_text("".join(exported.lines), encoding="utf-8")
    return path


def run(file: Path, key: object, *more: object) -> int:
    return main(["verify", str(file), "--key", str(key), *map(str, more)])


def test_the_command_answers_by_its_exit_status_and_says_what_it_compared(
    exported: Exported, file: Path, capsys: Said
) -> None:
    assert run(file, exported.key, "--checkpoints", exported.folder) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == (
        "8 entries, 2 decisions, 1 policy pack, 5 checkpoints (titrate-log/2): intact; "
        "a signed checkpoint vouches for 8 entries"
    )
    assert "only the key is trusted" not in out
    assert run(file, exported.key) == 0
    assert "not compared: checkpoints kept elsewhere: none were given, so only the key is trusted" in (
        capsys.readouterr().out
    )
    assert run(file, exported.key, "--checkpoints", exported.newer) == 3
    out = capsys.readouterr().out
    assert out.startswith("export_shorter: The file ends at 8 entries; a checkpoint of 10 is kept elsewhere.\n")
    assert "not compared: 1 checkpoint kept elsewhere, of more entries than the file holds." in out
    assert ": SHORTER than the log; " in out
    file.write_text("".join(exported.lines[:-1]), encoding="utf-8")
    assert run(file, exported.key) == 3
    out = capsys.readouterr().out
    assert (out.startswith("tail_missing: "), ": NOT intact; " in out) == (True, True)


@pytest.mark.parametrize("first", ["titrate-log/1", "titrate-log/2"])
def test_a_first_line_alone_is_nothing_to_verify(exported: Exported, tmp_path: Path, capsys: Said, first: str) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text(
        '{"format":"titrate-log/1"}\n'
        if first.endswith("1")
        else '{"checkpoint":null,"checkpoints":0,"format":"titrate-log/2","origin":null,"packs":0,"size":0}\n'
    )
    assert run(file, exported.key) == 2
    assert ": nothing to verify; " in capsys.readouterr().out
    assert run(file, exported.key, "--checkpoints", exported.folder) == 3
    assert "export_shorter: The file ends at 0 entries; a checkpoint of 8 is kept elsewhere." in capsys.readouterr().out


@pytest.mark.parametrize(
    "saved",
    [
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content + b"\n",
        lambda content: content + b"\r\n\r\n",
        lambda content: content.removesuffix(b"\n"),
    ],
    ids=["a byte order mark", "other line ends", "a blank last line", "blank last lines", "no last line end"],
)
def test_what_an_editor_leaves_behind_is_read(exported: Exported, file: Path, saved: Written) -> None:
    file.write_bytes(saved(file.read_bytes()))
    assert run(file, exported.key, "--checkpoints", exported.folder) == 0


@pytest.mark.parametrize(
    ("saved", "says"),
    [
        (lambda content: content.decode().encode("utf-16"), "is not UTF-8 text but UTF-16 or the like: save"),
        (lambda content: content.decode().encode("utf-16-be"), "is not UTF-8 text but UTF-16 or the like: save"),
        (lambda content: gzip.compress(content), "is packed (gzip): unpack it"),
        (lambda content: b"", "is not an exported log"),
        (lambda content: b"\xff" + content, "is not an exported log"),
        (lambda content: b"something else\n", "is not an exported log"),
        (lambda content: b"x" * 2**25, "is longer than any of an export"),
    ],
    ids=["UTF-16", "UTF-16 without its mark", "gzip", "nothing", "no text", "something else", "one long line"],
)
def test_another_kind_of_file_is_said_to_be_one(
    exported: Exported, file: Path, capsys: Said, saved: Written, says: str
) -> None:
    file.write_bytes(saved(file.read_bytes()))
    assert run(file, exported.key) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert says in told.err
    assert "codec" not in told.err


@pytest.mark.parametrize(
    ("saved", "status"),
    [
        (lambda key: b"\xef\xbb\xbf" + key + b"\r\n", 0),
        (lambda key: key.decode().encode("utf-16"), 2),
        (lambda key: gzip.compress(key), 2),
        (lambda key: b"\xff\x00\xfe", 2),
        (lambda key: key[:-4], 2),
    ],
    ids=["a byte order mark", "UTF-16", "gzip", "no text", "cut"],
)
def test_a_key_file_is_read_or_refused_with_a_sentence(
    exported: Exported, file: Path, tmp_path: Path, capsys: Said, saved: Written, status: int
) -> None:
    key = tmp_path / "log.key"
    key.write_bytes(saved(str(exported.key).encode()))
    assert run(file, key) == status
    told = capsys.readouterr().err
    assert (str(key) in told, "codec" in told) == (status == 2, False)


def test_what_cannot_be_read_is_named(exported: Exported, file: Path, tmp_path: Path, capsys: Said) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments, says in (
        ((tmp_path / "nowhere", exported.key), "nowhere cannot be read: No such file or directory."),
        ((empty, exported.key), "empty cannot be read: Is a directory."),
        ((file, "not a key"), "not a key is neither a file nor a public key. A public key is written"),
        ((file, empty), "empty cannot be read: Is a directory."),
        ((file, exported.key, "--checkpoints", empty), "There are no checkpoints in "),
        ((file, exported.key, "--checkpoints", tmp_path / "none"), "There is no folder "),
        ((file, exported.key, "--checkpoints", file), "is not a folder."),
    ):
        assert run(*arguments) == 2
        told = capsys.readouterr().err
        assert (says in told, told.count("\n")) == (True, 1), told
