"""Verify an exported log without server or database: ``python -m compliance verify export.jsonl --key KEY``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from compliance.bundle import verify_bundle
from compliance.checkpoint import VerifierKey
from compliance.checkpoint_store import DirectoryStore
from compliance.errors import ComplianceError, UnusableInput
from compliance.findings import Report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0 intact, 3 something was found, 2 unusable input."""
    parser = argparse.ArgumentParser(prog="python -m compliance", description=__doc__)
    verify = parser.add_subparsers(required=True, metavar="verify").add_parser("verify", help="verify an exported log")
    verify.add_argument("export", type=Path, help="the exported file")
    verify.add_argument(
        "--key",
        action="append",
        required=True,
        help="the log's public key (name+hash+base64) or a file that holds it; several after a rotation",
    )
    verify.add_argument("--checkpoints", type=Path, help="a folder of checkpoints kept elsewhere, to compare with")
    options = parser.parse_args(arguments)
    try:
        report = _verify(options.export, options.key, options.checkpoints)
    except (ComplianceError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _tell(report)
    return report.exit_status


def _verify(export: Path, keys: Sequence[str], checkpoints: Path | None) -> Report:
    known = [VerifierKey.parse(Path(key).read_text() if Path(key).is_file() else key) for key in keys]
    kept = [] if checkpoints is None else list(DirectoryStore(checkpoints).kept())
    if checkpoints is not None and not kept:
        raise UnusableInput(f"There are no checkpoints in {checkpoints}.")
    with export.open(encoding="utf-8") as lines:
        return verify_bundle(lines, known, kept)


def _tell(report: Report) -> None:
    for finding in report.findings:
        sys.stdout.write(f"{finding.code}: {finding.sentence}\n")
    if report.more:
        sys.stdout.write(f"and {report.more} more\n")
    verdict = "intact" if report.ok else "NOT intact"
    sys.stdout.write(
        f"{report.size} entries, {report.decisions} decisions, {report.checkpoints} checkpoints: {verdict}; "
        f"a signed checkpoint vouches for {report.anchored_size} entries\n"
    )


if __name__ == "__main__":
    sys.exit(main())
