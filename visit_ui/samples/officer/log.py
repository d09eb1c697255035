"""The officer's log."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from visit_ui.pages.officer.log import (
    BlockedPlot,
    Log,
    LogChoices,
    LogFilters,
    LogPages,
    LogRow,
    LogState,
    PlotRow,
    SortHead,
    WorthALook,
)
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import Badge, FieldError, Option
from visit_ui.samples.shell.cast import at, officer

_FRAME = officer("Prescribing log")
_BLOCKED = Badge("Blocked", "stop", "ban")
_UNKNOWN = Badge("Blocked, name unknown", "unknown", "circle-dashed")
_ALLOWED = Badge("Allowed", "plain", "check")
_PACK = "strict-block 2"
_REMOTE = "controlled-remote"


def _row(
    entry: int, when: tuple[int, int, int, int], who: str, code: str, asked: str, schedule: str | None, where: str,
    outcome: Badge = _ALLOWED, rule: str = "not-controlled", dose: str = "",
) -> LogRow:  # fmt: skip
    day, hour, minute, second = when
    moment = at(hour, minute, day=day, second=second)
    to = f"/log/{entry}"
    return LogRow(entry, entry != 48214, moment, who, code, asked, dose, schedule, where, rule, _PACK, outcome, to)


_ROWS = (
    _row(
        48214,
        (24, 10, 21, 44),
        "D. Marsh, MD",
        "P-7F2C",
        "Start alprazolam 0.5 mg",
        "IV",
        "Video, FL",
        _BLOCKED,
        _REMOTE,
    ),
    _row(
        48197,
        (24, 9, 47, 10),
        "D. Marsh, MD",
        "P-19A0",
        "Raise escitalopram",
        "none",
        "Video, FL",
        dose="from 10 mg to 15 mg",
    ),
    _row(
        48190, (24, 9, 12, 38), "D. Marsh, MD", "P-C44E", "Renew lithium", "none", "Video, FL", dose="900 mg, as before"
    ),
    _row(
        48151,
        (23, 16, 40, 2),
        "R. Adeyemi, PMHNP",
        "P-5D81",
        "Start unrecognized",
        None,
        "Video, GA",
        _UNKNOWN,
        "name-unknown",
    ),
    _row(
        48150,
        (23, 16, 37, 51),
        "R. Adeyemi, PMHNP",
        "P-5D81",
        "Start alprazolam 0.5 mg",
        "IV",
        "Video, GA",
        _BLOCKED,
        _REMOTE,
    ),
    _row(48122, (23, 14, 5, 19), "J. Pike, PA-C", "P-E830", "Start bupropion XL", "none", "Video, FL", dose="150 mg"),
    _row(
        48098,
        (23, 11, 30, 44),
        "T. Beaulieu, DO",
        "P-2B67",
        "Stop lorazepam",
        "IV",
        "Video, FL",
        _ALLOWED,
        "nothing-dispensed",
        "Stopped at 0.5 mg",
    ),
    _row(
        48071,
        (23, 10, 2, 13),
        "T. Beaulieu, DO",
        "P-90FA",
        "Renew lisdexamfetamine",
        "II",
        "Video, FL",
        _BLOCKED,
        _REMOTE,
    ),
    _row(
        48066, (23, 9, 41, 27), "R. Adeyemi, PMHNP", "P-A01D", "Start sertraline", "none", "In person, FL", dose="25 mg"
    ),
    _row(
        48052,
        (20, 17, 20, 8),
        "D. Marsh, MD",
        "P-7F2C",
        "Hold hydroxyzine",
        "none",
        "Video, FL",
        rule="nothing-dispensed",
        dose="Held at 25 mg",
    ),
)


_REFUSALS = tuple(
    LogRow(
        entry,
        True,
        at(hour, 12, day=24),
        who,
        code,
        what,
        "",
        "",
        "",
        rule,
        "",
        Badge("Refused", "warning", "ban"),
        None,
    )
    for entry, hour, who, code, what, rule in (
        (48180, 9, "R. Adeyemi, PMHNP", "P-7F2C", "patient, read, as prescriber", "not their patient"),
        (48012, 8, "not on record", "no patient record", "log, read, as nobody", "no role"),
    )
)

# Beside entry 48,052: what `Cursor.text` says of it.
_NEWER: Final = "/log?page=bgAGRPqAIYwAAAAAAAAAu7Q"
_LOOK: Final = "/log?look="
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
        _plot_row("Name unknown", None, (0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1), unknown=True),
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
        rules=tuple(Option(one, one) for one in (_REMOTE, "name-unknown", "not-controlled", "nothing-dispensed")),
        outcomes=(Option("allow", "Allowed"), Option("block", "Blocked"), Option("refuse", "Access refused")),
    ),
    state=LogState("verified", 48213, at(10, 21), href="/log"),
    summary="1,204 decisions, 32 blocked, 3 of them for an unrecognized name",
    plot=PLOT,
    rows=_ROWS,
    pages=LogPages(on=_OLDER),
    heads=tuple(
        SortHead(column, "descending" if column == "time" else "none", f"/log?sort={column}")
        for column in ("time", "prescriber", "patient", "action", "schedule", "modality", "rule", "outcome")
    ),
    worth_a_look=(
        WorthALook("2", "Tried again after a block", "Same patient, another name within an hour", _LOOK + "retry"),
        WorthALook(
            "3", "Name unknown", "Blocked because the medicine could not be identified with certainty", _LOOK + "name"
        ),
        WorthALook("6", "Signed over a warning", "The prescriber answered it in writing", _LOOK + "warning"),
        WorthALook("1", "After hours", "Between 8 PM and 6 AM at the clinic", _LOOK + "hours"),
    ),
    zone_words="EST",
    presence_href="/log/presence",
)

SAMPLES: Final[dict[str, Page]] = {
    "log": LOG,
    "log.filtered-to-nothing": replace(
        LOG,
        filters=LogFilters(schedule="V"),
        rows=(),
        plot=None,
        summary="0 decisions, 0 blocked",
        pages=LogPages(),
        worth_a_look=(),
    ),
    "log.of-a-million": replace(
        LOG,
        filters=LogFilters(ingredient="dextroamphetamine"),
        summary="about 240,000 decisions, about 16,000 blocked, 39 of them for an unrecognized name",
        pages=LogPages("/log", _NEWER, _OLDER),
    ),
    "log.last-page": replace(LOG, rows=_ROWS[:3], pages=LogPages("/log", _NEWER)),
    "log.beyond-the-end": replace(LOG, rows=(), pages=LogPages("/log", _NEWER)),
    "log.no-such-page": replace(
        LOG, notes=("That address is not a page of this list. These are the first entries.",), plot=None
    ),
    "log.refusals": replace(
        LOG,
        filters=LogFilters(outcome="refuse", schedule="II"),
        summary="2 refused accesses",
        rows=_REFUSALS,
        plot=None,
        worth_a_look=(),
        heads=(),
        pages=LogPages(),
        refusals=True,
        notes=("Refused accesses can be filtered by period and prescriber only. The other filters do not apply.",),
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
    "log.bad-date": replace(
        LOG,
        filters=LogFilters(start="11/24/2026", end="09/01/2026", dose_from="50", dose_to="150"),
        errors=(
            FieldError("from", "From is after To, so no day is in between. Nothing is listed until one is changed."),
        ),
        summary="nothing is listed",
        plot=None,
        worth_a_look=(),
        rows=(),
        pages=LogPages(),
        listed=False,
    ),
    "log.sorted": replace(
        LOG,
        filters=LogFilters(sort="rule", look="retry"),
        heads=tuple(replace(one, direction="ascending" if one.column == "rule" else "none") for one in LOG.heads),
        worth_a_look=(replace(LOG.worth_a_look[0], current=True), *LOG.worth_a_look[1:]),
        pages=LogPages("/log?sort=rule", _NEWER, _OLDER, by_time=False),
    ),
    "log.one-patient": replace(
        LOG,
        filters=LogFilters(patient_of="48214"),
        notes=("Only decisions about one patient, P-7F2C.",),
        rows=_ROWS[:1],
        plot=None,
    ),
}
