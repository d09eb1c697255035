"""The compliance officer's pages: every decision, one decision with all it rested on, and whether the log is whole."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from compliance import decisions, reports
from compliance.checkpoint_store import DirectoryStore
from compliance.decision_row import FIRST_FORMAT, SECOND_FORMAT
from compliance.decisions import StoredDecision
from compliance.findings import Report
from compliance.masking import patient_code
from compliance.reports import DecisionRow, Filter, RefusalRow
from compliance.reports import Page as ReportPage
from compliance.typed_text import store
from compliance.typed_text.texts import PRODUCT
from compliance.verify import verify_log
from compliance.vocabulary import Action, Modality, Outcome, PrescribingAction, Role
from emr.errors import NotFound
from emr.ids import PersonId
from emr.person import Person
from emr.records import people as people_records
from server import accounts, coverage, log_keys, verification_state
from server.asking import After, Answer, Ask, Row
from server.frames import frame
from server.prescriptions import clean_name
from server.routes.periods import period
from server.routes.visit_parts import viewer_zone
from server.routes.visits import zone_words
from server.settings import SettingError
from server.work import Work
from visit_ui.pages.frame import Frame
from visit_ui.pages.log import (
    BlockedPlot,
    Citation,
    Log,
    LogDetail,
    LogFilters,
    LogRow,
    LogState,
    PlotRow,
    Verification,
    VerifyFinding,
)
from visit_ui.pages.parts import Badge, FieldError, LabelledFact, Option

PER_PAGE = 25
MOST_PAGES = 1_000_000
PLOT_WEEKS = 12
PLOT_ROWS = 5
REFUSED = "refuse"
Listed = ReportPage[DecisionRow] | ReportPage[RefusalRow]
SCHEDULES = ("I", "II", "III", "IV", "V", "none", "unknown")
ACTION_WORDS = {
    PrescribingAction.NEW: "Start",
    PrescribingAction.RENEW: "Renew",
    PrescribingAction.INCREASE: "Raise",
    PrescribingAction.DECREASE: "Lower",
    PrescribingAction.CONTINUE: "Continue",
    PrescribingAction.DISCONTINUE: "Stop",
    PrescribingAction.HOLD: "Hold",
    PrescribingAction.TAPER_FROM_SUPPLY: "Taper from supply",
    PrescribingAction.REFER: "Refer",
}
MODALITY_WORDS = {
    Modality.VIDEO: "Video",
    Modality.AUDIO: "Audio",
    Modality.IN_PERSON: "In person",
    Modality.NONE: "No visit",
}


async def show(ask: Ask, work: Work) -> Answer:
    """GET: decisions, newest first, with filters by period, prescriber, outcome and schedule."""
    zone = await viewer_zone(work)
    filters = LogFilters(*(ask.query(name) for name in ("from", "to", "prescriber", "outcome", "schedule")))
    where, errors = _filter(filters, ZoneInfo(zone))
    number = ask.query_number("page", 1, high=MOST_PAGES)
    refused = filters.outcome == REFUSED
    page = await _refusals(work, where, number) if refused else await _decisions(work, where, number)
    totals = await reports.counts(work.conn, where)
    prescribers = await _prescribers(work)
    base = {name: value for name, value in _query(filters).items() if value}
    return Log(
        frame=await frame(ask, work, "Prescribing log"),
        filters=filters,
        prescribers=_all(Option(str(one.id), one.signature) for one in prescribers.values()),
        outcomes=_all([Option("allow", "Allowed"), Option("block", "Blocked"), Option(REFUSED, "Access refused")]),
        schedules=_all(Option(one, "Name unknown" if one == "unknown" else one) for one in SCHEDULES),
        state=await _state(ask, work),
        total=page.total,
        blocked=0 if refused else totals.blocked,
        plot=await _plot(ask, work, where, ZoneInfo(zone)),
        rows=await _rows(work, page.rows, prescribers),
        first=page.first,
        last=page.last,
        previous_href=_page_href(base, number - 1) if number > 1 else None,
        next_href=_page_href(base, number + 1) if number < page.pages else None,
        zone_words=zone_words(zone, ask.now),
        errors=errors,
        presence_href="/log/presence",
    )


async def _decisions(work: Work, where: Filter, number: int) -> Listed:
    return await reports.decisions(work.conn, where, page=number, per_page=PER_PAGE)


async def _refusals(work: Work, where: Filter, number: int) -> Listed:
    """Accesses refused in the period; the filter by prescriber is then the one by who tried."""
    return await reports.refusals(
        work.conn,
        since=where.since,
        until=where.until,
        actor_id=where.prescriber_id,
        page=number,
        per_page=PER_PAGE,
    )


async def _rows(
    work: Work, rows: Sequence[DecisionRow | RefusalRow], prescribers: Mapping[PersonId, Person]
) -> tuple[LogRow, ...]:
    tried = [PersonId(row.actor_id) for row in rows if isinstance(row, RefusalRow) and row.actor_id]
    people = {**prescribers, **await people_records.people(work.conn, tried)}
    return tuple(_row(row, people) if isinstance(row, DecisionRow) else _refusal(row, people) for row in rows)


async def detail(ask: Ask, work: Work) -> Answer:
    """GET: one decision with its rule, reasons, citations, evidence and place in the sealed log."""
    found = await decisions.read(work.conn, ask.path_id("decision"))
    if found is None:
        raise NotFound
    made = found.decision
    who = (await people_records.people(work.conn, [PersonId(found.prescriber_id)])).get(PersonId(found.prescriber_id))
    return LogDetail(
        frame=await frame(ask, work, f"Entry {found.audit_entry_id}"),
        entry=found.audit_entry_id,
        sealed=found.seal is not None,
        at=made.decided_at,
        asked=f"{ACTION_WORDS[made.action]} {found.product}",
        outcome=_badge(made.outcome, made.schedule_word),
        facts=(
            LabelledFact("Prescriber", who.signature if who else "not on record"),
            LabelledFact("Patient", patient_code(found.patient_id)),
            *await _typed(work, found),
            LabelledFact("Understood as", ", ".join(made.ingredients) or "not understood"),
            LabelledFact("Schedule", made.schedule_word),
            LabelledFact("Where", _where(made.modality, found.patient_state)),
            LabelledFact("Rule", f"{made.pack_id} {made.pack_version}, {made.rule}"),
        ),
        reasons=tuple(LabelledFact(reason.code, reason.sentence) for reason in made.reasons),
        citations=tuple(Citation(f"{one.text}: {one.says}", one.url) for one in made.citations),
        evidence=tuple(LabelledFact(name.replace("_", " "), value) for name, value in made.evidence),
        proof=_proof(found),
        back_href="/log",
    )


async def _typed(work: Work, found: StoredDecision) -> tuple[LabelledFact, ...]:
    """The medicine as it was typed, unless that was erased; in the first two formats the product is that already."""
    if found.format in {FIRST_FORMAT, SECOND_FORMAT}:
        return ()
    typed = await store.read(work.conn, found.audit_entry_id, PRODUCT)
    return (LabelledFact("Typed as", "erased" if typed is None else clean_name(typed)),)


async def verify(ask: Ask, work: Work) -> Answer:
    """POST: compare the whole log with its checkpoints, now; after this transaction, which would hold up sealing."""
    around = await frame(ask, work, "Verification")
    return After(lambda: _verification(ask, around))


async def _verification(ask: Ask, around: Frame) -> Verification:
    settings = ask.house.settings
    could_not, report, key = None, None, None
    try:
        key = log_keys.verifier(settings)
        async with ask.house.database.connect() as conn:
            report = await verify_log(
                conn, DirectoryStore(settings.checkpoint_folder), key, observers=(coverage.COMPARISON,)
            )
        await verification_state.keep(ask.house, report, ask.now)
    except SettingError as error:
        could_not = str(error)
    return Verification(
        frame=around,
        at=ask.now,
        checked=report.size if report else 0,
        unsealed=report.unsealed if report else 0,
        facts=_report_facts(report, str(key)) if report and key else (),
        findings=tuple(
            VerifyFinding(one.code.value.replace("_", " ").capitalize(), one.entry_id, one.sentence)
            for one in (report.findings if report else ())
        ),
        could_not=could_not,
        back_href="/log",
    )


def _report_facts(report: Report, key: str) -> tuple[LabelledFact, ...]:
    return (
        LabelledFact("Sealed entries", str(report.size)),
        LabelledFact("Vouched for outside the database", str(report.anchored_size)),
        LabelledFact("Decisions compared", str(report.decisions)),
        *_earlier(report),
        LabelledFact("Checkpoints compared", str(report.checkpoints)),
        LabelledFact("Tree head", report.root.hex() if report.root else "none"),
        LabelledFact("Public key", key),
    )


def _earlier(report: Report) -> tuple[LabelledFact, ...]:
    if not report.first_format:
        return ()
    return (LabelledFact("Of these from before attendance was recorded", str(report.first_format)),)


async def _state(ask: Ask, work: Work) -> LogState:
    known = await verification_state.last(ask.house)
    if known is None:
        return LogState("never")
    if known.findings:
        return LogState("failed", entry=known.entry, at=known.at, findings=known.findings)
    return LogState("verified", entry=known.entry, at=known.at)


def _filter(filters: LogFilters, zone: ZoneInfo) -> tuple[Filter, tuple[FieldError, ...]]:
    """What was asked, typed; what cannot be used is left open and said."""
    since, until, errors = period(filters.start, filters.end, zone)
    return (
        Filter(
            since=since,
            until=until,
            prescriber_id=_uuid(filters.prescriber),
            outcome=Outcome(filters.outcome) if filters.outcome in {"allow", "block"} else None,
            schedule=filters.schedule if filters.schedule in SCHEDULES else None,
        ),
        errors,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


async def _prescribers(work: Work) -> dict[PersonId, Person]:
    ids = [one.person_id for one in await accounts.accounts(work.conn) if Role.PRESCRIBER in one.roles]
    return dict(await people_records.people(work.conn, ids))


async def _plot(ask: Ask, work: Work, where: Filter, zone: ZoneInfo) -> BlockedPlot | None:
    """Twelve weeks up to the end of the period asked for."""
    end = where.until or ask.now
    since = end - timedelta(weeks=PLOT_WEEKS)
    plot = await reports.blocked_by_week(work.conn, where, since=since.astimezone(UTC), weeks=PLOT_WEEKS)
    if not plot.series:
        return None
    rows = [
        PlotRow(
            drug=" + ".join(one.ingredients).capitalize() or "Name not known",
            schedule=None if one.schedule == "unknown" else one.schedule,
            counts=one.weeks,
            total=one.total,
            unknown=one.schedule == "unknown",
        )
        for one in plot.series
    ]
    shown = sorted(rows, key=lambda row: (row.unknown, -row.total))[:PLOT_ROWS]
    weeks = tuple(start.astimezone(zone) for start in plot.starts)
    return BlockedPlot(weeks, tuple(shown), max(max(row.counts) for row in rows), sum(row.total for row in rows))


def _row(row: DecisionRow, prescribers: Mapping[PersonId, Person]) -> LogRow:
    who = prescribers.get(PersonId(row.prescriber_id))
    return LogRow(
        entry=row.entry_id,
        sealed=row.sealed,
        at=row.decided_at,
        prescriber=who.signature if who else "not on record",
        patient_code=row.patient_code,
        asked=f"{ACTION_WORDS[row.action]} {row.product}",
        schedule=None if row.schedule == "unknown" else row.schedule,
        where=_where(row.modality, row.state),
        rule=f"{row.pack_id} {row.pack_version}",
        outcome=_badge(row.outcome, row.schedule),
        href=f"/log/{row.id}",
    )


def _refusal(row: RefusalRow, people: Mapping[PersonId, Person]) -> LogRow:
    """An access that was refused: who tried what. No medicine is part of it."""
    who = people.get(PersonId(row.actor_id)) if row.actor_id else None
    return LogRow(
        entry=row.entry_id,
        sealed=row.sealed,
        at=row.occurred_at,
        prescriber=who.signature if who else "not on record",
        patient_code=row.patient_code or "nobody's record",
        asked=f"{row.action.replace('.', ', ').replace('_', ' ')}, as {row.actor_role.replace('_', ' ')}",
        schedule="",
        where="",
        rule=row.rule,
        outcome=Badge("Refused", "warning", "ban"),
        href=None,
    )


def _where(modality: Modality, state: str | None) -> str:
    return f"{MODALITY_WORDS[modality]}, {state}" if state else MODALITY_WORDS[modality]


def _badge(outcome: Outcome, schedule: str) -> Badge:
    if outcome is Outcome.ALLOW:
        return Badge("Allowed", "plain", "check")
    if schedule == "unknown":
        return Badge("Blocked, name unknown", "unknown", "circle-dashed")
    return Badge("Blocked", "stop", "ban")


def _proof(found: StoredDecision) -> tuple[LabelledFact, ...]:
    if found.seal is None:
        return (LabelledFact("Sealing", "within a second or two"),)
    covered = found.seal.checkpoint_size
    return (
        LabelledFact("Leaf index", str(found.seal.leaf_index)),
        LabelledFact("Leaf hash", found.seal.leaf_hash.hex()),
        LabelledFact("Digest of the decision", found.digest),
        LabelledFact("First checkpoint that covers it", f"{covered} entries" if covered else "not signed yet"),
    )


def _all(options: Iterable[Option]) -> tuple[Option, ...]:
    return (Option("", "All"), *options)


def _query(filters: LogFilters) -> dict[str, str]:
    return {
        "from": filters.start,
        "to": filters.end,
        "prescriber": filters.prescriber,
        "outcome": filters.outcome,
        "schedule": filters.schedule,
    }


def _page_href(base: Mapping[str, str], number: int) -> str:
    return f"/log?{urlencode({**base, 'page': str(number)})}"


ROWS = (
    Row("GET", "/log", show, Action.LOG_READ, read=True),
    Row("GET", "/log/{decision}", detail, Action.LOG_READ, read=True),
    Row("POST", "/log/verify", verify, Action.LOG_VERIFY, read=True),
)
