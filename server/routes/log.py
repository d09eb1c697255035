"""The compliance officer's pages of one decision, with all it rested on, and of whether the log is whole."""

from compliance import decisions
from compliance.checkpoint_store import DirectoryStore
from compliance.decision_row import FIRST_FORMAT, SECOND_FORMAT
from compliance.decisions import StoredDecision
from compliance.findings import Report
from compliance.masking import patient_code
from compliance.typed_text import store
from compliance.typed_text.texts import PRODUCT
from compliance.verify import verify_log
from compliance.vocabulary import Action
from emr.errors import NotFound
from emr.ids import PersonId
from emr.records import people as people_records
from server import coverage, log_keys, verification_state
from server.asking import After, Answer, Ask, Row
from server.frames import frame
from server.prescriptions import clean_name
from server.routes.log_words import ACTION_WORDS, badge_of, where_words
from server.settings import SettingError
from server.work import Work
from visit_ui.pages.frame import Frame
from visit_ui.pages.log import Citation, LogDetail, LogState, Verification, VerifyFinding
from visit_ui.pages.parts import LabelledFact


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
        outcome=badge_of(made.outcome, made.schedule_word),
        facts=(
            LabelledFact("Prescriber", who.signature if who else "not on record"),
            LabelledFact("Patient", patient_code(found.patient_id)),
            *await _typed(work, found),
            LabelledFact("Understood as", ", ".join(made.ingredients) or "not understood"),
            LabelledFact("Schedule", made.schedule_word),
            LabelledFact("Where", where_words(made.modality, found.patient_state)),
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


async def state_of(ask: Ask, work: Work) -> LogState:
    """What the last verification said."""
    known = await verification_state.last(ask.house)
    if known is None:
        return LogState("never")
    if known.findings:
        return LogState("failed", entry=known.entry, at=known.at, findings=known.findings)
    return LogState("verified", entry=known.entry, at=known.at)


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


ROWS = (
    Row("GET", "/log/{decision}", detail, Action.LOG_READ, read=True),
    Row("POST", "/log/verify", verify, Action.LOG_VERIFY, read=True),
)
