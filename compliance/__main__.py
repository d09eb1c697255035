"""Verify an exported log without server or database: ``python -m compliance verify export.jsonl --key KEY``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from compliance.audit.bundle import Verdict, verify_bundle
from compliance.audit.bundle.files import kept_in, key_of, lines_of
from compliance.shared.errors import ComplianceError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0 intact, 3 something was found, 2 unusable input or nothing to verify."""
    parser = argparse.ArgumentParser(prog="python -m compliance", description=__doc__)
    verify = parser.add_subparsers(required=True, metavar="verify").add_parser("verify", help="verify an exported log")
    verify.add_argument("export", type=Path, help="the exported file")
    verify.add_argument(
        "--key",
        action="append",
        required=True,
        help="the log's public key (name+hash+base64) or a file that holds it; several after a rotation",
    )
    verify.add_argument(
        "--checkpoints",
        type=Path,
        help="a folder of checkpoints kept elsewhere, to compare with: without it a file that was cut is not seen",
    )
    options = parser.parse_args(arguments)
    try:
        verdict = _verify(options.export, options.key, options.checkpoints)
    except ComplianceError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _tell(verdict)
    return verdict.exit_status


def _verify(export: Path, keys: Sequence[str], checkpoints: Path | None) -> Verdict:
    known = [key_of(key) for key in keys]
    kept = () if checkpoints is None else kept_in(checkpoints)
    return verify_bundle(lines_of(export), known, kept)


def _tell(verdict: Verdict) -> None:
    for finding in verdict.findings:
        sys.stdout.write(f"{finding.code}: {finding.sentence}\n")
    if verdict.report.more:
        sys.stdout.write(f"and {verdict.report.more} more\n")
    for sentence in verdict.not_compared():
        sys.stdout.write(f"not compared: {sentence}\n")
    sys.stdout.write(f"{verdict.summary()}\n")


if __name__ == "__main__":
    sys.exit(main())
