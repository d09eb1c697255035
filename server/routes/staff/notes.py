"""The Notes tab: one note for each visit, saved as it is typed, signed and sealed, then only added to."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from compliance.shared.vocabulary import Action
from emr.danger import alert_use_cases as danger_alerts
from emr.notes import use_cases as noting
from emr.notes.model import Draft, Note, Section, SectionSource, Template
from emr.people import queries as people_records
from emr.questionnaires import use_cases as answering
from emr.shared.errors import Conflict, Invalid, Refused
from emr.shared.together import together
from server.application.actors import person_key, visit_key
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, Created, Fields, PageWithStatus, RouteSpec
from server.http.forms import whole
from server.presenters import alert_words, note_words
from server.presenters.visit_parts import VisitPeople, read_visit_people, viewer_zone, visit_context
from server.routes.staff import open_alerts
from visit_ui import lengths
from visit_ui.pages.shell.parts import Option
from visit_ui.pages.visit.notes import Addendum, NoteSection, NotesPanel, SealView

SECTION = "section-"
DIGEST_SHOWN = 12
ROWS_OF_TEXT, LARGE_ROWS = 3, 7


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment; ``?template=`` chooses while nothing is saved."""
    return await panel(ask, work, await read_visit_people(work))


async def save(ask: Ask, work: UnitOfWork) -> Answer:
    """POST, as JSON for the editor: 200 saved, 409 with what stands now, 410 sealed, 422 with remedies."""
    visit_people = await read_visit_people(work)
    try:
        draft = await noting.save(
            work.context,
            visit_people.visit.id,
            visit_people.visit.patient,
            _version(ask),
            _typed(ask),
            ask.form.text("template") or None,
        )
    except Conflict as error:
        return _conflict(error)
    except Refused as error:
        return JSONResponse({"error": error.message, "code": error.code}, status_code=410)
    except Invalid as error:
        return JSONResponse({"errors": dict(error.fields)}, status_code=422)
    return Fields({"version": draft.version, "saved_at": draft.saved_at.isoformat()})


async def save_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """As JSON for the editor, which keeps the text: the parts of the note that do not fit."""
    visit_people = await read_visit_people(work)
    return JSONResponse(
        {"errors": _titled(ask, visit_people, await noting.read(work.conn, visit_people.visit.id), wrong)}, 422
    )


async def sign_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The note as it was typed, and which of its parts do not fit. Neither saved nor signed."""
    visit_people = await read_visit_people(work)
    told = _titled(ask, visit_people, await noting.read(work.conn, visit_people.visit.id), wrong)
    about = open_alerts.too_long({name: words for name, words in wrong.items() if not name.startswith(SECTION)})
    said = " ".join(told.values())
    return PageWithStatus(
        await panel(ask, work, visit_people, error=said, typed=_typed(ask), version=_version(ask), about=about), 422
    )


def _titled(ask: Ask, visit_people: VisitPeople, note: Note | None, wrong: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with each part of the note, by its own title."""
    general = lengths.of("note", SECTION).label
    titles = {f"{SECTION}{one.id}": one.title for one in _template(ask, visit_people, note).sections}
    return {name: words.replace(general, titles.get(name, general)) for name, words in wrong.items()}


async def sign(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: save what is in the form, sign and seal it. Each open safety answer is asked about, and stops nobody."""
    visit_people = await read_visit_people(work)
    typed, version = _typed(ask), _version(ask)
    try:
        await open_alerts.say(ask, work, visit_people)
    except Invalid as error:
        return PageWithStatus(
            await panel(ask, work, visit_people, typed=typed, version=version, about=error.fields), 422
        )
    try:
        typed = await _with_safety(ask, work, visit_people, typed)
        draft = await noting.save(
            work.context,
            visit_people.visit.id,
            visit_people.visit.patient,
            version,
            typed,
            ask.form.text("template") or None,
        )
        await noting.sign(work.context, visit_people.visit.id, visit_people.visit.patient, draft.version)
    except Invalid as error:
        return PageWithStatus(
            await panel(ask, work, visit_people, error=" ".join(error.fields.values()), typed=typed), 422
        )
    except Conflict as error:  # with the version that was read, not the newest: the next save must be a conflict too
        return PageWithStatus(
            await panel(ask, work, visit_people, error=error.message, typed=typed, version=_version(ask)), 409
        )
    except Refused as error:
        return PageWithStatus(await panel(ask, work, visit_people, error=error.message, typed=typed), 409)
    work.announce(visit_key(visit_people.visit.id), "notes")
    work.announce(person_key(visit_people.visit.prescriber), "queue")
    return Created(await panel(ask, work, visit_people))


async def addendum(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: add to the sealed note under one's own name."""
    visit_people = await read_visit_people(work)
    text = ask.form.text("text")
    try:
        await noting.add(work.context, visit_people.visit.id, visit_people.visit.patient, text)
    except (Invalid, Refused) as error:
        words = " ".join(error.fields.values()) if isinstance(error, Invalid) else error.message
        return PageWithStatus(await panel(ask, work, visit_people, error=words, addendum_draft=text), 422)
    work.announce(visit_key(visit_people.visit.id), "notes")
    return Created(await panel(ask, work, visit_people))


async def _as_it_is(ask: Ask, work: UnitOfWork, _: str) -> NotesPanel:
    return await panel(ask, work, await read_visit_people(work))


async def addendum_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The addendum as it was typed, and how long one may be. Nothing is added."""
    said = " ".join(wrong.values())
    visit_people = await read_visit_people(work)
    return PageWithStatus(await panel(ask, work, visit_people, error=said, addendum_draft=ask.form.text("text")), 422)


async def panel(
    ask: Ask,
    work: UnitOfWork,
    visit_people: VisitPeople,
    *,
    error: str | None = None,
    typed: Mapping[str, str] | None = None,
    version: int | None = None,
    addendum_draft: str = "",
    about: Mapping[str, str] | None = None,
) -> NotesPanel:
    """The tab. ``typed``: what a refused form held, shown again instead of what is saved; ``version``: what it knew;
    ``about``: what is wrong with what it says of open safety answers."""
    note, open_now, alerts, zone = await together(
        work.conn,
        noting.read(work.conn, visit_people.visit.id),
        danger_alerts.to_ask(work.conn, visit_people.visit.id, visit_people.visit.patient),
        answering.alerts(work.conn, visit_people.visit.id),
        viewer_zone(work),
    )
    templates = ask.app_context.references.note_templates
    chosen = _template(ask, visit_people, note)
    may_write = work.may(Action.NOTE_WRITE) and (note is None or note.author == ask.person_id)
    writes = may_write and (note is None or note.seal is None)
    begun, addenda, stories = await together(
        work.conn,
        _begun(ask, work, visit_people, chosen if writes else None),
        _addenda(work, note),
        alert_words.stories(ask, work, alerts),
    )
    return NotesPanel(
        visit=visit_context(ask, visit_people, zone),
        viewer_id=str(ask.person_id),
        templates=tuple(Option(one.id, one.name) for one in templates.every.values()),
        chosen=chosen.id,
        sections=tuple(_section(one, note, typed, begun) for one in chosen.sections),
        version=version if version is not None else note.draft.version if note else 0,
        saved_at=note.draft.saved_at if note else None,
        may_write=may_write,
        seal=_seal(note),
        addenda=addenda,
        addendum_draft=addendum_draft,
        error=error,
        open_alerts=open_alerts.shown(ask, visit_people, zone, open_now, "note", template=chosen, wrong=about),
        stories=stories,
    )


async def _begun(ask: Ask, work: UnitOfWork, visit_people: VisitPeople, chosen: Template | None) -> Mapping[str, str]:
    return {} if chosen is None else await note_words.beginning(ask, work, visit_people, chosen)


def _section(
    section: Section, note: Note | None, typed: Mapping[str, str] | None, begun: Mapping[str, str]
) -> NoteSection:
    """What was typed, else what is saved, else what the visit begins it with: nothing that was typed is overwritten."""
    begins, saved = begun.get(section.id, ""), note.draft.sections if note else {}
    rows = LARGE_ROWS if section.large else ROWS_OF_TEXT
    untouched = section.id not in saved
    if typed is not None:
        untouched = untouched and typed.get(section.id, begins) == begins
        text = typed.get(section.id, begins)
    else:
        text = saved.get(section.id, begins)
    return NoteSection(section.id, section.title, text, section.prompt, rows, begun=untouched)


async def _with_safety(
    ask: Ask, work: UnitOfWork, visit_people: VisitPeople, typed: Mapping[str, str]
) -> dict[str, str]:
    """What is signed: an empty part on safety takes what was just said of the open answers."""
    chosen = _template(ask, visit_people, await noting.read(work.conn, visit_people.visit.id))
    safety = chosen.section_of(SectionSource.SAFETY)
    if safety is None or typed.get(safety.id):
        return dict(typed)
    text = (await note_words.beginning(ask, work, visit_people, chosen)).get(safety.id, "")
    return {**typed, safety.id: text} if text else dict(typed)


async def beginning(ask: Ask, work: UnitOfWork) -> Answer:
    """GET, as JSON for the editor: what the parts begin with now; it puts them where nobody has typed."""
    visit_people = await read_visit_people(work)
    note = await noting.read(work.conn, visit_people.visit.id)
    return JSONResponse(
        {"sections": await note_words.beginning(ask, work, visit_people, _template(ask, visit_people, note))}
    )


def _template(ask: Ask, visit_people: VisitPeople, note: Note | None) -> Template:
    templates = ask.app_context.references.note_templates
    if note is not None:
        return templates.every[note.draft.template]
    return templates.every.get(ask.query("template") or ask.form.text("template")) or templates.usual(
        visit_people.visit.kind
    )


def _typed(ask: Ask) -> dict[str, str]:
    """What was typed, by part; one that was emptied is there and empty, one that nobody typed into is not sent."""
    every = ask.form.typed.items()
    return {name.removeprefix(SECTION): text.strip() for name, text in every if name.startswith(SECTION)}


def _seal(note: Note | None) -> SealView | None:
    if note is None or note.seal is None:
        return None
    return SealView(note.seal.signature, note.seal.signed_at, note.seal.sha256[:DIGEST_SHOWN])


async def _addenda(work: UnitOfWork, note: Note | None) -> tuple[Addendum, ...]:
    if note is None or not note.addenda:
        return ()
    authors = await people_records.people(work.conn, [one.author for one in note.addenda])
    return tuple(Addendum(one.text, authors[one.author].signature, one.written_at) for one in note.addenda)


def _version(ask: Ask) -> int:
    return whole(ask.form.text("version")) or 0


def _conflict(error: Conflict) -> Response:
    current = error.current
    if not isinstance(current, Draft):
        return JSONResponse({"version": 0, "saved_at": None, "sections": {}}, status_code=409)
    body = {
        "version": current.version,
        "saved_at": current.saved_at.isoformat(),
        "template": current.template,
        "sections": dict(current.sections),
    }
    return JSONResponse(body, status_code=409)


ROUTES = (
    RouteSpec("GET", "/visits/{visit}/notes", show, Action.NOTE_READ),
    RouteSpec("GET", "/visits/{visit}/note/beginning", beginning, Action.NOTE_WRITE),
    RouteSpec("POST", "/visits/{visit}/note", save, Action.NOTE_WRITE, form="note", again=save_too_long),
    RouteSpec(
        "POST",
        "/visits/{visit}/note/sign",
        sign,
        Action.NOTE_SIGN,
        form="note",
        again=sign_too_long,
        afterwards=_as_it_is,
    ),
    RouteSpec(
        "POST",
        "/visits/{visit}/note/addendum",
        addendum,
        Action.NOTE_ADDEND,
        form="addendum",
        again=addendum_too_long,
        afterwards=_as_it_is,
    ),
)
