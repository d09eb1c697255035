"""The compliance officer's page of one decision, with all it rested on."""

from compliance.audit.typed_text import store
from compliance.audit.typed_text.texts import PRODUCT
from compliance.prescribing import decisions
from compliance.prescribing.decision_row import FIRST_FORMAT, SECOND_FORMAT
from compliance.prescribing.decisions import StoredDecision
from compliance.shared.masking import patient_code
from compliance.shared.vocabulary import Action
from emr.medications import queries as changes
from emr.medications.dose_change import DoseChange
from emr.medications.queries import Ended
from emr.people import queries as people_records
from emr.shared.errors import NotFound
from emr.shared.ids import DecisionId, PersonId
from server.application.prescribe.names import clean_name
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters.frames import frame
from server.presenters.log_words import ACTION_WORDS, badge_of, where_words
from server.routes.officer import log_rows, log_written
from visit_ui.pages.officer.log import Citation, LogDetail, PurposeForm, WrittenTexts
from visit_ui.pages.shell.parts import LabeledFact


async def detail(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: one decision with its rule, reasons, citations, evidence and place in the sealed log."""
    return await page(ask, work)


async def page(ask: Ask, work: UnitOfWork, form: PurposeForm | None = None) -> LogDetail:
    """The page of a decision. `form`: a purpose that was not accepted, as it was typed. Raises ``NotFound``."""
    found = await decisions.read(work.conn, ask.path_id("decision"))
    if found is None:
        raise NotFound
    made = found.decision
    who = (await people_records.people(work.conn, [PersonId(found.prescriber_id)])).get(PersonId(found.prescriber_id))
    change = await _change(work, found)
    texts, purpose = await _texts(ask, work, found, change)
    return LogDetail(
        frame=await frame(ask, work, f"Entry {found.audit_entry_id}"),
        entry=found.audit_entry_id,
        sealed=found.seal is not None,
        at=made.decided_at,
        asked=f"{ACTION_WORDS[made.action]} {found.product}",
        outcome=badge_of(made.outcome, made.schedule_word),
        facts=(
            LabeledFact("Prescriber", who.signature if who else "not on record"),
            LabeledFact("Patient", patient_code(found.patient_id)),
            *((LabeledFact("Daily dose", change.words),) if change else ()),
            *await _typed(work, found),
            LabeledFact("Recognized as", ", ".join(made.ingredients) or "not recognized"),
            LabeledFact("Schedule", made.schedule_word),
            LabeledFact("Visit method", where_words(made.modality, found.patient_state)),
            LabeledFact("Rule", f"{made.pack_id} {made.pack_version}, {made.rule}"),
        ),
        reasons=tuple(LabeledFact(reason.code, reason.sentence) for reason in made.reasons),
        citations=tuple(Citation(f"{one.text}: {one.says}", one.url) for one in made.citations),
        evidence=tuple(LabeledFact(name.replace("_", " "), value) for name, value in made.evidence),
        proof=_proof(found),
        back_href="/log",
        decision_id=str(found.id),
        texts=texts,
        purpose=form or purpose,
    )


async def _change(work: UnitOfWork, found: StoredDecision) -> DoseChange | None:
    """What was written by the decision; None: nothing was."""
    made = found.decision
    if not made.allowed:
        return None
    id = DecisionId(found.id)
    if act := log_rows.ENDING.get(made.action):
        asked = Ended(id, PersonId(found.patient_id), made.decided_at, act, frozenset(made.ingredients))
        return (await changes.ended(work.conn, [asked])).get(id)
    return (await changes.prescribed(work.conn, [id])).get(id)


async def _texts(
    ask: Ask, work: UnitOfWork, found: StoredDecision, change: DoseChange | None
) -> tuple[WrittenTexts | None, PurposeForm | None]:
    """What was written, to who stated why; to who may and did not, the form to state it; neither where nothing was."""
    if change is None or not work.may(Action.LOG_READ_TEXTS):
        return None, None
    said = await log_written.stated(ask, work, found)
    return (log_written.written(ask, change, said), None) if said else (None, log_written.form_of(ask))


async def _typed(work: UnitOfWork, found: StoredDecision) -> tuple[LabeledFact, ...]:
    """The medicine as it was typed, unless that was erased; in the first two formats the product is that already."""
    if found.format in {FIRST_FORMAT, SECOND_FORMAT}:
        return ()
    typed = await store.read(work.conn, found.audit_entry_id, PRODUCT)
    return (LabeledFact("Entered as", "erased" if typed is None else clean_name(typed)),)


def _proof(found: StoredDecision) -> tuple[LabeledFact, ...]:
    if found.seal is None:
        return (LabeledFact("Sealing", "within a second or two"),)
    covered = found.seal.checkpoint_size
    return (
        LabeledFact("Leaf index", str(found.seal.leaf_index)),
        LabeledFact("Leaf hash", found.seal.leaf_hash.hex()),
        LabeledFact("Digest of the decision", found.digest),
        LabeledFact("First checkpoint that covers it", f"{covered} entries" if covered else "not signed yet"),
    )


ROUTES = (RouteSpec("GET", "/log/{decision}", detail, Action.LOG_READ, read=True),)
