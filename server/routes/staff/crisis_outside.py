"""The crisis path of a patient outside a visit: what was last said for help, and where what is done is recorded."""

from collections.abc import Sequence
from dataclasses import replace

from compliance.shared.vocabulary import Action
from emr.danger import crisis_lines as crisis
from emr.danger import crisis_use_cases as crisis_path
from emr.danger.model import CrisisFact
from emr.people import use_cases as people
from emr.visits import queries as visit_records
from emr.visits.model import Visit, VisitStatus
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters import alert_words
from server.presenters.crisis_words import CrisisHelp, facts
from server.presenters.frames import frame
from server.routes.shared.home import crisis_line
from visit_ui.pages.patient.home import Crisis, CrisisPatient
from visit_ui.pages.visit.danger import HelpFact


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: for who reads the patient's safety answers. That it was opened is on record."""
    assert work.subject.patient_id is not None
    patient = await people.patient(work.conn, work.subject.patient_id)
    entries = await crisis_path.known(work.conn, patient.id)
    stated = await visit_records.last_statement(work.conn, patient.id)
    known = CrisisHelp(patient, entries, stated, await alert_words.names(work, {one.by for one in entries.values()}))
    elsewhere, emergency = crisis.from_elsewhere(), crisis.now().emergency
    visit = _held(await visit_records.of_patient(work.conn, patient.id)) if work.may(Action.CRISIS_RECORD) else None
    return Crisis(
        frame=await frame(ask, work, "Crisis path"),
        lines=tuple(crisis_line(line) for line in sorted(crisis.lines(), key=lambda one: one != emergency)),
        patient=CrisisPatient(
            name=patient.person.name,
            first_name=patient.person.given_name,
            facts=tuple(_last_said(known, one) for one in facts(known, emergency.call)),
            from_elsewhere=elsewhere.words,
            from_elsewhere_source=elsewhere.source,
            record_href=f"/visits/{visit.id}#crisis-path" if visit else None,
            record_at=visit.admitted_at if visit else None,
        ),
        back_href=f"/patients/{patient.id}",
        back_label="Back to the chart",
    )


def _last_said(known: CrisisHelp, fact: HelpFact) -> HelpFact:
    spoken = known.spoken
    were = "was" if spoken.be == "is" else "were"
    title = f"Where {spoken.subject} last said {spoken.subject} {were}"
    return replace(fact, title=title) if fact.kind == CrisisFact.PLACE.value else fact


def _held(visits: Sequence[Visit]) -> Visit | None:
    """The visit with which a step is recorded: the one that goes on, else the last that was held; None: none yet."""
    going_on = (one for one in visits if one.status is VisitStatus.IN_PROGRESS)
    return next(going_on, next((one for one in visits if one.admitted_at is not None), None))


ROUTES = (RouteSpec("GET", "/patients/{patient}/crisis", show, Action.ALERT_READ, read=True),)
