"""The prescriber's day, and booking."""

from dataclasses import replace
from typing import Final

from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import Badge, FieldError, Option, Sparkline
from visit_ui.pages.staff.booking import BookingValues, BookVisit
from visit_ui.pages.staff.day import Day, DayVisit, SafetyAlert, UnfinishedNote, Waiting, WaitingPerson
from visit_ui.samples.shell.cast import ADA, MARCUS, NOW, at, front_desk, prescriber

_FRAME = prescriber("Day", "Day")


def _phq(*values: int) -> Sparkline:
    return Sparkline(
        tuple(float(value) for value in values), 0, 27, "PHQ-9 " + ", ".join(str(value) for value in values)
    )


def _visit(
    hour: int, minute: int, patient: str, about: str, kind: str = "Follow-up, video", scores: Sparkline | None = None
) -> DayVisit:
    return DayVisit(at(hour, minute), patient, about, f"/patients/{ADA}", kind, scores)


_UNSIGNED = Badge("Note unsigned", "warning")
_NOT_HERE = Badge("No scales answered", "unknown")

_VISITS = (
    replace(_visit(8, 30, "Noor Haddad", "41, she/her", scores=_phq(11, 10, 9, 8, 7)), before="Done", state=_UNSIGNED),
    replace(
        _visit(9, 0, "Peter Valasek", "58, he/him", "Lithium review, video", _phq(8, 7, 8, 8)),
        before="Done",
        state=Badge("Signed", "plain", "lock"),
    ),
    replace(
        _visit(9, 30, "Inés Carrasco", "29, she/her", scores=_phq(16, 15, 14, 13, 12)), before="Done", state=_UNSIGNED
    ),
    replace(
        _visit(10, 0, "Ada Lindqvist", "34, she/her", scores=_phq(13, 12, 11, 9, 9)),
        before="Scales 2 of 2",
        state=Badge("Waiting", "information"),
    ),
    replace(
        _visit(10, 30, "Marcus Oyelaran", "46, he/him", scores=_phq(12, 12, 14, 15, 16)),
        before="Scales 1 of 1",
        state=Badge("Waiting", "information"),
    ),
    replace(
        _visit(11, 0, "Gwen Tadesse", "23, they/them", "Initial evaluation, video"),
        no_scores="first visit",
        before="Scales 1 of 2",
    ),
    replace(
        _visit(13, 0, "Rosa Benavides", "67, she/her", "Follow-up, interpreter", _phq(8, 7, 7, 6)),
        before_badge=_NOT_HERE,
    ),
    replace(
        _visit(14, 0, "Caleb Stone", "38, he/him", "In person, Ybor clinic", _phq(11, 10, 10)), before_badge=_NOT_HERE
    ),
    replace(_visit(15, 30, "Lena Fischer", "52, she/her", scores=_phq(9, 7, 6, 4)), before="Scales 2 of 2"),
)

_MARCUS = WaitingPerson(
    MARCUS,
    "Marcus Oyelaran",
    at(10, 30),
    "follow-up",
    "came early. PHQ-9 16",
    at(9, 56),
    2,
    "/visits/44444444-4444-4444-8444-444444444444/admit",
    "PHQ-9 item 9: 1",
    "9:41 AM",
    f"/patients/{MARCUS}",
)
_ADA = WaitingPerson(
    ADA,
    "Ada Lindqvist",
    at(10, 0),
    "follow-up",
    "devices checked, 2 scales answered",
    at(9, 51),
    7,
    "/visits/33333333-3333-4333-8333-333333333333/admit",
)
WAITING: Final = Waiting(_FRAME, (_MARCUS, _ADA))

DAY: Final = Day(
    frame=_FRAME,
    day=NOW,
    now=NOW,
    is_today=True,
    visits=_VISITS,
    done=3,
    next_at=at(10, 0),
    waiting=WAITING,
    unfinished=(
        UnfinishedNote("Noor Haddad", "Today 8:30 AM, draft saved 8:58 AM", f"/patients/{ADA}"),
        UnfinishedNote("Inés Carrasco", "Today 9:30 AM, draft saved 9:55 AM", f"/patients/{ADA}"),
    ),
    previous_href="/day?date=2026-11-23",
    today_href="/day",
    next_href="/day?date=2026-11-25",
    book_href="/visits/new",
    day_href="/day?date=2026-11-24",
)

_ALERT = SafetyAlert("Caleb Stone", "scored 2 on the self-harm item", at(7, 14), f"/patients/{MARCUS}")

_LONG = replace(
    _visit(
        12,
        0,
        "María de los Ángeles Fernández-Etxeberria y Gutiérrez",
        "102, ella/elle",
        "Seguimiento con intérprete y familia, vídeo",
    ),
    before="Cuestionarios contestados 2 de 2, ubicación confirmada",
    state=Badge("Esperando desde hace 41 minutos", "information"),
    act="Volver a la visita",
    act_href="/visits/33333333-3333-4333-8333-333333333333",
)

BOOKING: Final = BookVisit(
    frame=prescriber("Book a visit", "Day"),
    values=BookingValues(),
    errors=(),
    patient_name=None,
    patients=(Option(ADA, "Ada Lindqvist", "born Mar 14, 1992"), Option(MARCUS, "Marcus Oyelaran", "born Jul 2, 1980")),
    lengths=(Option("15", "15 minutes"), Option("30", "30 minutes"), Option("60", "60 minutes")),
    kinds=(Option("follow_up", "Follow-up"), Option("first_evaluation", "Initial evaluation")),
    modalities=(Option("video", "Video"), Option("audio", "Sound only"), Option("in_person", "In person")),
    zone_words="EST",
    back_href="/day",
    sites=(Option("s1", "Ybor clinic", "Tampa FL"), Option("s2", "Seminole Heights clinic", "Tampa FL")),
)
IN_PERSON: Final = replace(BOOKING, values=BookingValues(ADA, "11/30/2026", "2:00 PM", modality="in_person"))

SAMPLES: Final[dict[str, Page]] = {
    "day": DAY,
    "day.booked": replace(
        DAY, said="Booked: Ada Lindqvist, Tuesday, December 8, 10:30 AM. Ada sees this on their page."
    ),
    "day.nobody-waiting": replace(DAY, waiting=Waiting(_FRAME, ()), unfinished=()),
    "day.alerts": replace(DAY, waiting=Waiting(_FRAME, (_ADA,), (_ALERT,))),
    "day.in-a-call": replace(
        DAY, waiting=replace(WAITING, in_call_href="/visits/55555555-5555-4555-8555-555555555555")
    ),
    "day.empty": replace(
        DAY,
        visits=(),
        done=0,
        next_at=None,
        is_today=False,
        day=at(9, 0, day=28),
        waiting=Waiting(_FRAME, ()),
        unfinished=(),
    ),
    "day.long": replace(
        DAY, visits=(*_VISITS[:4], _LONG), waiting=Waiting(_FRAME, (replace(_MARCUS, name=_LONG.patient),))
    ),
    "waiting": WAITING,
    "book-visit": BOOKING,
    "book-visit.errors": replace(
        BOOKING,
        values=BookingValues("", "11/20/2026", "6:10 AM", "30", "follow_up", "in_person", ""),
        errors=(
            FieldError("patient", "Choose the patient."),
            FieldError("date", "This day is past. Choose today or later."),
            FieldError("time", "Dr. Marsh has another visit then. The next free time is 2:30 PM."),
            FieldError("place", "Enter where you meet."),
        ),
    ),
    "book-visit.in-person": IN_PERSON,
    "book-visit.no-site": replace(BOOKING, sites=(), values=BookingValues(modality="in_person")),
    "book-visit.desk": replace(
        BOOKING,
        frame=front_desk("Book a visit", "Front desk"),
        action="/desk/book",
        back_href="/desk",
        prescribers=(Option("p1", "Dr. Drew Marsh"), Option("p2", "Dr. Tomás Beaulieu")),
        values=BookingValues(modality="in_person", site="s1"),
    ),
    "book-visit.one": replace(BOOKING, frame=prescriber("Book a visit", "Day", ADA), patient_name="Ada Lindqvist"),
}
