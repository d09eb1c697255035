"""The officer's log."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from visit_ui.pages.frame import Page
from visit_ui.pages.log import (
    BlockedPlot,
    Citation,
    Log,
    LogChoices,
    LogDetail,
    LogFilters,
    LogRow,
    LogState,
    PlotRow,
    Verification,
    VerifyFinding,
    VerifyProgress,
)
from visit_ui.pages.parts import Badge, FieldError, LabelledFact, Option
from visit_ui.samples.cast import at, officer

_FRAME = officer("Prescribing log")
_BLOCKED = Badge("Blocked", "stop", "ban")
_UNKNOWN = Badge("Blocked, name unknown", "unknown", "circle-dashed")
_ALLOWED = Badge("Allowed", "plain", "check")
_ANSWERED = Badge("Allowed, warning answered", "warning", "triangle-alert")
_PACK = "strict-block 1.4"


def _row(
    entry: int, when: tuple[int, int, int, int], who: str, code: str, asked: str, schedule: str | None, where: str,
    outcome: Badge = _ALLOWED, rule: str = _PACK,
) -> LogRow:  # fmt: skip
    day, hour, minute, second = when
    moment = at(hour, minute, day=day, second=second)
    return LogRow(entry, entry != 48214, moment, who, code, asked, schedule, where, rule, outcome, f"/log/{entry}")


_ROWS = (
    _row(48214, (24, 10, 21, 44), "D. Marsh, MD", "P-7F2C", "Start alprazolam 0.5 mg", "IV", "Video, FL", _BLOCKED),
    _row(48197, (24, 9, 47, 10), "D. Marsh, MD", "P-19A0", "Raise escitalopram to 15 mg", "none", "Video, FL"),
    _row(48190, (24, 9, 12, 38), "D. Marsh, MD", "P-C44E", "Renew lithium 900 mg", "none", "Video, FL", _ANSWERED),
    _row(
        48151,
        (23, 16, 40, 2),
        "R. Adeyemi, PMHNP",
        "P-5D81",
        "Start unrecognized",
        None,
        "Video, GA",
        _UNKNOWN,
        "unknown name",
    ),
    _row(
        48150, (23, 16, 37, 51), "R. Adeyemi, PMHNP", "P-5D81", "Start alprazolam 0.5 mg", "IV", "Video, GA", _BLOCKED
    ),
    _row(48122, (23, 14, 5, 19), "J. Pike, PA-C", "P-E830", "Start bupropion XL 150 mg", "none", "Video, FL"),
    _row(
        48098,
        (23, 11, 30, 44),
        "T. Beaulieu, DO",
        "P-2B67",
        "Stop lorazepam 0.5 mg",
        "IV",
        "Video, FL",
        _ANSWERED,
        "stop is allowed",
    ),
    _row(48071, (23, 10, 2, 13), "T. Beaulieu, DO", "P-90FA", "Renew lisdexamfetamine", "II", "Video, FL", _BLOCKED),
    _row(48066, (23, 9, 41, 27), "R. Adeyemi, PMHNP", "P-A01D", "Start sertraline 25 mg", "none", "In person, FL"),
    _row(
        48052,
        (20, 17, 20, 8),
        "D. Marsh, MD",
        "P-7F2C",
        "Hold hydroxyzine 25 mg",
        "none",
        "Video, FL",
        rule="stop is allowed",
    ),
)


_REFUSALS = tuple(
    LogRow(entry, True, at(hour, 12, day=24), who, code, what, "", "", rule, Badge("Refused", "warning", "ban"), None)
    for entry, hour, who, code, what, rule in (
        (48180, 9, "R. Adeyemi, PMHNP", "P-7F2C", "patient, read, as prescriber", "not their patient"),
        (48012, 8, "not on record", "nobody's record", "log, read, as nobody", "no role"),
    )
)

# Beside entry 48,052: what `Cursor.text` says of it.
_NEWER: Final = "/log?page=bgAGRPqAIYwAAAAAAAAAu7Q"
_OLDER: Final = "/log?page=bwAGRPqAIYwAAAAAAAAAu7Q"


def _plot_row(drug: str, schedule: str | None, counts: tuple[int, ...], *, unknown: bool = False) -> PlotRow:
    return PlotRow(drug, schedule, counts, sum(counts), unknown)


PLOT: Final = BlockedPlot(
    weeks=tuple(at(0, day=24) - timedelta(weeks=11 - week) for week in range(12)),
    rows=(
        _plot_row("Alprazolam", "IV", (0, 1, 0, 2, 1, 1, 0, 2, 1, 3, 2, 1)),
        _plot_row("Lorazepam", "IV", (1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1)),
        _plot_row("Clonazepam", "IV", (0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0)),
        _plot_row("Lisdexamfetamine", "II", (0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0)),
        _plot_row("Name not known", None, (0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1), unknown=True),
    ),
    highest=3,
    total=32,
)

LOG: Final = Log(
    frame=_FRAME,
    filters=LogFilters(start="09/01/2026", end="11/24/2026"),
    choices=LogChoices(
        prescribers=(
            Option("p1", "Dr. Drew Marsh"),
            Option("p2", "Dr. Tomás Beaulieu"),
            Option("p3", "Ruth Adeyemi, PMHNP"),
        ),
        ingredients=tuple(Option(one, one.capitalize()) for one in ("alprazolam", "dextroamphetamine", "lithium")),
        schedules=tuple(Option(value, value) for value in ("II", "III", "IV", "V", "none", "unknown")),
        actions=(Option("new", "Start"), Option("taper_from_supply", "Taper from supply")),
        modalities=(Option("video", "Video"), Option("in_person", "In person")),
        states=(Option("FL", "FL"), Option("GA", "GA")),
        outcomes=(Option("allow", "Allowed"), Option("block", "Blocked"), Option("refuse", "Access refused")),
    ),
    state=LogState("verified", 48213, at(10, 21), href="/log"),
    summary="1,204 decisions, 32 blocked, 3 of them for a name not known",
    plot=PLOT,
    rows=_ROWS,
    newest_href=None,
    newer_href=None,
    older_href=_OLDER,
    zone_words="EST",
    presence_href="/log/presence",
)

DETAIL: Final = LogDetail(
    frame=officer("Entry 48,214"),
    entry=48214,
    sealed=False,
    at=at(10, 21, second=44),
    asked="Start alprazolam 0.5 mg",
    outcome=_BLOCKED,
    facts=(
        LabelledFact("Prescriber", "Dr. Drew Marsh, MD"),
        LabelledFact("Patient", "P-7F2C"),
        LabelledFact("Typed as", "Xanax 0.5 mg tablet"),
        LabelledFact("Where", "Video, Florida"),
        LabelledFact("Rule", "strict-block 1.4, remote II–V: no new, renewed, raised or lowered order"),
        LabelledFact("Lifting it", "No one can lift it during a video visit, whatever their role"),
    ),
    reasons=(
        LabelledFact(
            "controlled.remote",
            "Alprazolam is a schedule IV controlled substance, and the patient was not there in person.",
        ),
    ),
    citations=(
        Citation("21 CFR 1308.14", "https://www.ecfr.gov/current/title-21/section-1308.14"),
        Citation("Clinic policy CP-12"),
    ),
    evidence=(
        LabelledFact("Name as typed", "Xanax 0.5 mg tablet"),
        LabelledFact("Understood as", "alprazolam, schedule IV"),
        LabelledFact(
            "Reference",
            "controlled_substances, sha256 8f70ba3794e2fe0741a8abe762254a2278dfc4387807d96f9aaed554377ee5d6",
        ),
    ),
    proof=(
        LabelledFact("Entry hash", "5f1c0a7790b1c2e41d6b5b3d0f2a9c9e77e5b1f6a2c0d4c8e6b1a3f5d7092b4c"),
        LabelledFact("Checkpoint", "none yet"),
    ),
    back_href="/log",
)

WHOLE: Final = Verification(
    frame=officer("Verification"),
    phase="idle",
    progress=None,
    at=at(10, 22, second=3),
    whole_at=at(2, 30, second=41),
    checked=48213,
    unsealed=1,
    facts=(
        LabelledFact("Checkpoint", "number 812, signed Nov 24, 2026, 10:21:50 AM"),
        LabelledFact("Root", "5f1c0a7790b1c2e41d6b5b3d0f2a9c9e77e5b1f6a2c0d4c8e6b1a3f5d7092b4c"),
    ),
    findings=(),
    more=0,
    could_not=None,
    back_href="/log",
)
NOTHING: Final = replace(WHOLE, at=None, whole_at=None, checked=0, unsealed=0, facts=())
HALF: Final = VerifyProgress(1_240_000, 5_000_000, 61_300, at(10, 21, second=40))

SAMPLES: Final[dict[str, Page]] = {
    "log": LOG,
    "log.filtered-to-nothing": replace(
        LOG, filters=LogFilters(schedule="V"), rows=(), plot=None, summary="0 decisions, 0 blocked", older_href=None
    ),
    "log.of-a-million": replace(
        LOG,
        filters=LogFilters(ingredient="dextroamphetamine"),
        summary="about 240,000 decisions, about 16,000 blocked, 39 of them for a name not known",
        newest_href="/log",
        newer_href=_NEWER,
    ),
    "log.last-page": replace(LOG, rows=_ROWS[:3], newest_href="/log", newer_href=_NEWER, older_href=None),
    "log.beyond-the-end": replace(LOG, rows=(), newest_href="/log", newer_href=_NEWER, older_href=None),
    "log.no-such-page": replace(
        LOG, notes=("That address names no page of this list. These are the newest entries.",), plot=None
    ),
    "log.refusals": replace(
        LOG,
        filters=LogFilters(outcome="refuse", schedule="II"),
        summary="2 refused accesses",
        rows=_REFUSALS,
        plot=None,
        older_href=None,
        refusals=True,
        notes=(
            "Refused accesses are narrowed by period and prescriber alone: the other filters do not apply to them.",
        ),
    ),
    "log.behind": replace(
        LOG,
        faults=(
            "An entry has waited 12 minutes for its seal: look for a transaction that is open in any database of this "
            "cluster, or for a worker that does not run.",
            "A checkpoint has waited 12 minutes for its copy outside the database: look whether its folder is full or "
            "cannot be written.",
        ),
    ),
    "log.never-verified": replace(LOG, state=LogState("never"), plot=None),
    "log.failed": replace(LOG, state=LogState("failed", None, at(10, 22), 2, "/log")),
    "log.bad-date": replace(LOG, errors=(FieldError("from", "The first day must not be after the last."),)),
    "log-detail": DETAIL,
    "log-detail.allowed": replace(
        DETAIL, sealed=True, outcome=_ALLOWED, asked="Raise escitalopram to 15 mg", reasons=(), citations=()
    ),
    "verification": WHOLE,
    "verification.findings": replace(
        WHOLE,
        findings=(
            VerifyFinding("Altered entry", 48071, "Its content no longer gives the hash that was sealed."),
            VerifyFinding("Missing entry", 48102, "The sealed tree has a leaf here; the table has no row."),
            VerifyFinding("Unreadable row", None, "A row could not be read as an entry."),
        ),
        more=120,
    ),
    "verification.never": NOTHING,
    "verification.waiting": replace(WHOLE, phase="waiting"),
    "verification.counting": replace(NOTHING, phase="running", progress=VerifyProgress(0, 0, 0, at(10, 22))),
    "verification.running": replace(WHOLE, phase="running", progress=HALF),
    "verification.silent": replace(WHOLE, phase="silent", progress=HALF),
    "verification.no-worker": replace(NOTHING, phase="silent"),
    "verification.could-not": replace(NOTHING, could_not="The signed checkpoint could not be read."),
}
