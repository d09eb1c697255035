"""What the verification of an exported log found, and what it could not compare. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from compliance.audit.findings import FindingCode, VerificationFinding, VerificationReport


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result: what was compared is in `report`.

    `format` is the file's own. What was not compared is counted: entries whose content a purge `erased`, or that is
    `content_lacking` otherwise (about rows of the record, or gone),
    decisions that are `withheld`, policy packs that decisions name and that are not inside (`packs_lacking`),
    checkpoints kept elsewhere that cover more entries than the file holds (`beyond`). `kept`: how many checkpoints were
    at hand besides the file's own; 0: only the key is trusted.
    """

    report: VerificationReport
    format: str
    erased: int = 0
    content_lacking: int = 0
    withheld: int = 0
    packs: int = 0
    packs_lacking: int = 0
    beyond: int = 0
    kept: int = 0

    @property
    def findings(self) -> tuple[VerificationFinding, ...]:
        """What is not as it was written, in the order found."""
        return self.report.findings

    @property
    def ok(self) -> bool:
        """Whether nothing was found; with `empty` that says nothing."""
        return self.report.ok

    @property
    def empty(self) -> bool:
        """Whether there was nothing to verify."""
        return self.ok and self.report.size == 0

    @property
    def exit_status(self) -> int:
        """0 intact, 3 something was found, 2 nothing to verify."""
        return 2 if self.empty else self.report.exit_status

    def words(self) -> str:
        """The verdict in a word or two."""
        if self.empty:
            return "nothing to verify"
        if self.ok:
            return "intact"
        shorter = {one.code for one in self.findings} == {FindingCode.EXPORT_SHORTER}
        return "SHORTER than the log" if shorter else "NOT intact"

    def not_compared(self) -> Iterator[str]:
        """A sentence for each thing that could not be compared."""
        if self.erased:
            yield f"the content of {_many(self.erased, 'entry', 'entries')}: a later entry says that it was erased."
        if self.content_lacking:
            without = _many(self.content_lacking, "entry", "entries")
            yield f"the content of {without}: it is not inside, being about rows of the record, or gone."
        if self.withheld:
            yield (
                f"{_many(self.withheld, 'decision')} withheld: the name that was typed is in no reference file, "
                "and an export holds no names."
            )
        if self.packs_lacking:
            yield f"{_many(self.packs_lacking, 'policy pack')} named by decisions and not inside."
        if self.beyond:
            yield f"{_many(self.beyond, 'checkpoint')} kept elsewhere, of more entries than the file holds."
        if not self.kept:
            yield "checkpoints kept elsewhere: none were given, so only the key is trusted (--checkpoints FOLDER)."

    def summary(self) -> str:
        """What was compared, and the verdict."""
        one = self.report
        return (
            f"{_many(one.size, 'entry', 'entries')}, {_many(one.decisions, 'decision')}, "
            f"{_many(self.packs, 'policy pack')}, {_many(one.checkpoints, 'checkpoint')} ({self.format}): "
            f"{self.words()}; a signed checkpoint vouches for {_many(one.anchored_size, 'entry', 'entries')}"
        )


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"
