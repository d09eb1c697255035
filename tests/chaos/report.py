"""The fault table, as it stands in docs/performance.md. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.counting import Counted
from tests.chaos.faults import Fault

HEAD = (
    "killed with `kill -9`",
    "writes accepted again",
    "picture back on both sides",
    "acknowledged and lost",
    "written twice",
    "false things said",
    "signed in again",
    "log afterwards",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One process, killed several times; `acknowledged` changes in that time."""

    name: str
    faults: Sequence[Fault]
    acknowledged: int
    counted: Counted
    log: str

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled or said falsely, everything came back, and the log verifies."""
        found = (
            *self.counted.lost,
            *self.counted.doubled,
            *self.counted.false,
            *(w for f in self.faults for w in f.said),
        )
        back = all(one not in (fault.writes, fault.picture) for fault in self.faults for one in [float("inf")])
        return not found and back and self.log == "whole"


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = [_line(HEAD), _line(["---"] * len(HEAD))]
    return "\n".join([*lines, *(_line(_cells(row)) for row in rows)])


def _cells(row: Row) -> Sequence[str]:
    said = [*(words for fault in row.faults for words in fault.said), *row.counted.false]
    return (
        row.name,
        _seconds([fault.writes for fault in row.faults], "not interrupted"),
        _seconds([fault.picture for fault in row.faults], "never lost"),
        f"{len(row.counted.lost)} of {row.acknowledged}",
        str(len(row.counted.doubled)),
        "none" if not said else f"{len(said)}: {said[0]}",
        str(sum(fault.signed_in_again for fault in row.faults)),
        row.log,
    )


def _seconds(values: Sequence[float | None], never: str) -> str:
    if all(one is None for one in values):
        return never
    return ", ".join("-" if one is None else "not" if one == float("inf") else f"{one:.1f}" for one in values) + " s"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
