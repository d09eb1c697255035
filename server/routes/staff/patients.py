"""Finding a patient, and reading a chart outside a visit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from compliance.shared.vocabulary import Action
from emr.chart import reading as charts
from emr.chart.model import MedicationListEntry
from emr.medications.model import OrderOrigin, OrderStatus
from emr.notes import use_cases as noting
from emr.notes.model import Note
from emr.outcome.model import Correction
from emr.people import queries as people_records
from emr.people import use_cases as people
from emr.people.model import Patient, Person
from emr.questionnaires.model import Scale
from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import day_of
from emr.shared.ids import OrderId, PersonId
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import Visit, VisitStatus
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import ASKS, Answer, Ask, PageWithStatus, Redirect, RouteSpec
from server.presenters import outcome_words, timelines
from server.presenters.frames import frame
from server.presenters.visit_parts import VisitPeople, banner_of, people_of_each, viewer_zone
from server.routes.staff import hand_off
from server.routes.staff.day import about
from server.routes.staff.medicine_list import capital
from server.routes.staff.visits import KIND_WORDS, MODALITY_WORDS
from visit_ui.pages.shell.parts import Badge, LabeledFact, OrderRow
from visit_ui.pages.staff.patients import ChartNote, FoundPatient, LatestScore, PatientChart, PatientSearch, VisitLine

SHOWN = 50
SEARCH_KEPT_S = 600
NOTES_SHOWN = 5
VISITS_SHOWN = 12


async def show_search(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: one's own patients (and, for a supervisor, those of the supervised; for the care team, theirs).

    Those that the session's last search found, so that going back from a chart leads to where one was.
    """
    return await _search_page(ask, work, str(await ask.app_context.redis.get(_searched(ask)) or ""))


async def search(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: those of them that the words in ``q`` fit; none: all.

    Names and birth dates stay out of addresses, so out of histories and logs; the words stay with the session.
    """
    asked = ask.form.text("q")
    if asked:
        await ask.app_context.redis.set(_searched(ask), asked, ex=SEARCH_KEPT_S)
    else:
        await ask.app_context.redis.delete(_searched(ask))
    return await _search_page(ask, work, asked) if ask.is_fragment else Redirect("/patients")


async def search_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The words as they were typed, and how many fit: each is looked for in every name. Nothing is searched."""
    return PageWithStatus(
        PatientSearch(
            frame=await frame(ask, work, "Patients"),
            q=ask.form.text("q"),
            found=(),
            total=0,
            error=" ".join(wrong.values()),
        ),
        422,
    )


def _searched(ask: Ask) -> str:
    return f"titrate:searched:{ask.session.key}"


async def _search_page(ask: Ask, work: UnitOfWork, asked: str) -> PatientSearch:
    found, around = await together(
        work.conn,
        people.search(work.conn, asked, seen_by=ask.person_id, limit=SHOWN + 1),
        frame(ask, work, "Patients"),
    )
    return PatientSearch(
        frame=around,
        q=asked,
        found=await _found(work, found[:SHOWN]),
        total=len(found),
    )


async def _found(work: UnitOfWork, found: Sequence[Patient]) -> tuple[FoundPatient, ...]:
    ids = [one.id for one in found]
    visits, lists = await together(
        work.conn, visit_records.of_patients(work.conn, ids), charts.entries_of_each(work.conn, ids)
    )
    return tuple(_line(work, one, visits.get(one.id, ()), lists[one.id]) for one in found)


def _line(
    work: UnitOfWork, patient: Patient, visits: Sequence[Visit], lines: Sequence[MedicationListEntry]
) -> FoundPatient:
    held = [one.admitted_at for one in visits if one.status is VisitStatus.ENDED and one.admitted_at]
    ahead = [one.scheduled_start for one in visits if one.status in _OPEN and one.scheduled_start > work.now]
    names = [capital(line.current.name) for line in lines if line.current.status is not OrderStatus.STOPPED]
    return FoundPatient(
        name=patient.person.name,
        about=about(patient, work.now),
        born=words.full(patient.birth_date),
        href=f"/patients/{patient.id}",
        medicines=", ".join(names) or "no medicines on the list",
        last_seen=max(held, default=None),
        next_visit=min(ahead, default=None),
    )


_OPEN = (VisitStatus.SCHEDULED, VisitStatus.WAITING, VisitStatus.IN_PROGRESS)


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: the chart. Opening it is on record."""
    assert work.subject.patient_id is not None
    of, zone = work.subject.patient_id, await viewer_zone(work)
    patient, known, drawn, (lines, sheets), (upcoming, past), noted = await together(
        work.conn,
        people.patient(work.conn, of),
        people.allergies(work.conn, of),
        timelines.read(work, of),
        _list(work, of),
        _visits(work, of),
        _notes(work, of, zone),
    )
    scales = ask.app_context.references.scales
    today = day_of(ask.now, patient.person.zone)
    shown = [
        scales.get(scale) for scale in dict.fromkeys([*scales.before_visit, *(one.scale for one in drawn.responses)])
    ]
    helps = f"/patients/{patient.id}/crisis" if work.may(Action.ALERT_READ) else "/crisis"
    made = [timelines.chart(f"chart-{scale.id}", scale, drawn, today) for scale in shown]
    return PatientChart(
        frame=await frame(ask, work, patient.person.name, live=True),
        banner=banner_of(work, patient, known, None, back=("/patients", "Patients"), crisis=helps),
        charts=tuple(one for one in made if one is not None),
        scores=tuple([score for scale in shown if (score := _score(work, scale, drawn, zone)) is not None]),
        medicines=tuple(
            replace(_order(line, today), hand_off_href=sheets.get(line.current.id))
            for line in lines
            if line.current.status is not OrderStatus.STOPPED
        ),
        past_medicines=tuple(_order(line, today) for line in lines if line.current.status is OrderStatus.STOPPED),
        upcoming=upcoming,
        visits=past,
        notes=noted,
        book_href=f"/visits/new?patient={patient.id}" if work.may(Action.VISIT_BOOK) else None,
    )


async def _list(work: UnitOfWork, patient: PersonId) -> tuple[tuple[MedicationListEntry, ...], Mapping[OrderId, str]]:
    """The list of medicines, and the sheets for another system of those that have one."""
    lines = await charts.entries(work.conn, patient)
    return lines, await hand_off.hrefs(work, lines)


def _score(work: UnitOfWork, scale: Scale, drawn: timelines.Drawn, zone: str) -> LatestScore | None:
    every = [one for one in drawn.responses if one.scale == scale.id]
    if not every:
        return None
    last = every[-1]
    change = "first score"
    if len(every) > 1:
        by = last.total - every[-2].total
        day = words.short(day_of(every[-2].answered_at, zone), day_of(work.now, zone))
        change = f"{abs(by)} {'more' if by > 0 else 'less'} than {day}" if by else f"the same as {day}"
    alarmed = any(scale.alarms(item, value) for item, value in last.answers.items())
    return LatestScore(
        scale.short, last.total, last.severity, last.answered_at, change, "Self-harm item answered" if alarmed else None
    )


def _order(line: MedicationListEntry, today: date) -> OrderRow:
    order = line.current
    state = None
    if order.status is OrderStatus.HELD:
        state = Badge("On hold", "pending")
    elif order.status is OrderStatus.STOPPED:
        state = Badge("Stopped")
    elif order.kind is not OrderOrigin.PRESCRIBED_HERE:
        state = Badge(
            "Prescribed elsewhere" if order.kind is OrderOrigin.PRESCRIBED_ELSEWHERE else "Patient-reported", "unknown"
        )
    return OrderRow(
        name=capital(order.name),
        sentence=order.sentence,
        since=f"{'from' if line.since > today else 'since'} {words.full(line.since)}",
        by=line.by or "own report",
        state=state,
        reported=order.kind is not OrderOrigin.PRESCRIBED_HERE,
    )


_STATES = {
    VisitStatus.SCHEDULED: Badge("Booked"),
    VisitStatus.WAITING: Badge("Waiting", "information"),
    VisitStatus.IN_PROGRESS: Badge("In progress", "good"),
    VisitStatus.ENDED: Badge("Completed", "plain", "check"),
    VisitStatus.CANCELLED: Badge("Canceled"),
    VisitStatus.MISSED: Badge("Missed", "warning"),
}


async def _visits(work: UnitOfWork, patient: PersonId) -> tuple[tuple[VisitLine, ...], tuple[VisitLine, ...]]:
    """Those to come, soonest first, and those that were, the last first."""
    every = await visit_records.of_patient(work.conn, patient)
    upcoming = [one for one in reversed(every) if one.status in _OPEN]
    past = [one for one in every if one.status not in _OPEN][:VISITS_SHOWN]
    corrected, each = await together(
        work.conn, outcome_words.corrections(work, past), people_of_each(work.conn, [*upcoming, *past])
    )
    lines = [_visit(work, visit_people, corrected.get(visit_people.visit.id)) for visit_people in each]
    return tuple(lines[: len(upcoming)]), tuple(lines[len(upcoming) :])


def _visit(work: UnitOfWork, visit_people: VisitPeople, made: Correction | None) -> VisitLine:
    visit = visit_people.visit
    corrected = Badge(outcome_words.state_words(visit, made), "information", "pencil") if made else None
    return VisitLine(
        starts=visit.scheduled_start,
        kind=f"{KIND_WORDS[visit.kind]}, {MODALITY_WORDS[visit.modality].lower()}",
        prescriber=visit_people.prescriber.signature,
        state=corrected or _STATES[visit.status],
        who=tuple(f"{one.name}, {visit_people.parts[one.id]}" for one in visit_people.others),
        href=f"/visits/{visit.id}" if work.may(Action.VISIT_READ) else None,
    )


async def _notes(work: UnitOfWork, patient: PersonId, zone: str) -> tuple[ChartNote, ...] | None:
    """The newest signed notes; None: the viewer may not read them."""
    if not work.may(Action.NOTE_READ):
        return None
    signed = (await noting.signed(work.conn, patient))[:NOTES_SHOWN]
    authors = await people_records.people(work.conn, _authors(signed))
    return tuple(_note(one, authors[one.author].signature, authors, zone) for one in signed)


def _authors(notes: tuple[Note, ...]) -> list[PersonId]:
    return [PersonId(one) for note in notes for one in (note.author, *(added.author for added in note.addenda))]


def _note(note: Note, author: str, authors: Mapping[PersonId, Person], zone: str) -> ChartNote:
    assert note.seal is not None
    return ChartNote(
        title="Note",
        at=note.seal.signed_at,
        author=author,
        state=Badge("Signed", "plain", "lock"),
        sections=tuple(LabeledFact(one.title, one.text) for one in note.seal.sections),
        addenda=tuple(
            LabeledFact(f"{authors[one.author].signature}, {words.full(day_of(one.written_at, zone))}", one.text)
            for one in note.addenda
        ),
    )


ROUTES = (
    RouteSpec("GET", "/patients", show_search, Action.PATIENT_SEARCH),
    RouteSpec("POST", "/patients", search, Action.PATIENT_SEARCH, form="search", again=search_too_long, keyless=ASKS),
    RouteSpec("GET", "/patients/{patient}", show, Action.PATIENT_READ, read=True),
)
