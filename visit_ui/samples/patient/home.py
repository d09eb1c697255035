"""The patient's and the guest's first page, and help in a crisis."""

from dataclasses import replace
from typing import Final

from visit_ui.pages.patient.home import (
    ComingVisit,
    Crisis,
    CrisisLine,
    CrisisPatient,
    JoinState,
    PatientHome,
    PlainMedicine,
    TodoItem,
)
from visit_ui.pages.shell.frame import Page
from visit_ui.samples.shell.cast import ILSE_VIEWER, VISIT, at, patient, prescriber
from visit_ui.samples.visit import danger

_VISIT = ComingVisit(
    starts=at(10),
    minutes=30,
    when="Today",
    kind="Video visit",
    with_name="Dr. Drew Marsh",
    with_role="Psychiatrist",
    with_initials="DM",
    join_state=JoinState.OPEN,
    opens_at=at(9, 45),
    join_href=f"/visits/{VISIT}/prepare",
)
_LATER = replace(
    _VISIT,
    starts=at(9, 30, day=3, month=12),
    when="Thursday, December 3",
    kind="Visit in person",
    place="Ybor clinic, room 4",
    join_state=JoinState.CLOSED,
)
_TODO = (
    TodoItem(
        "How you have been", "9 short questions, about 3 minutes", False, "Answer", f"/visits/{VISIT}/scales/phq-9"
    ),
    TodoItem("Worry and unease", "Done today at 9:44 AM", True),
)
HOME: Final = PatientHome(
    frame=patient("Your visits"),
    first_name="Ada",
    visit=_VISIT,
    todo=_TODO,
    later=(_LATER,),
    medicines=(
        PlainMedicine(
            "Sertraline",
            "Take 100 mg by mouth each morning.",
            "Since October 6, Dr. Marsh",
            ahead="Starting tomorrow: 150 mg each morning",
        ),
        PlainMedicine(
            "Hydroxyzine", "Take 25 mg by mouth at night, only if you need it.", "Since July 14, Dr. Marsh", "On hold"
        ),
        PlainMedicine("Melatonin", "3 mg at night", "You told us on October 27"),
    ),
    clinic_phone="(813) 555-0100",
    medicine_advice="Never stop a medicine suddenly. Talk about it in your visit first.",
)

CRISIS: Final = Crisis(
    frame=patient("Help now"),
    lines=(
        CrisisLine("Danger right now", "Ambulance and police, to where you are.", "Call 911", "tel:911"),
        CrisisLine("Suicide and crisis line", "Free, private, day and night.", "Call 988", "tel:988"),
        CrisisLine("Prefer to text", "The same line, by text message.", "Text 988", "sms:988"),
    ),
    back_href="/home",
    back_label="Your visits",
)

_FOR_PRESCRIBER = (
    CrisisLine("Danger right now", "Give the dispatcher the address above.", "Call 911", "tel:911"),
    CrisisLine("Suicide and crisis line", "Also for those who care for somebody.", "Call 988", "tel:988"),
)

SAMPLES: Final[dict[str, Page]] = {
    "home": HOME,
    "home.not-yet": replace(HOME, visit=replace(_VISIT, join_state=JoinState.CLOSED)),
    "home.waiting": replace(HOME, visit=replace(_VISIT, join_state=JoinState.WAITING), todo=()),
    "home.going-on": replace(HOME, visit=replace(_VISIT, join_state=JoinState.GOING_ON), todo=()),
    "home.in-person": replace(HOME, visit=_LATER, later=(), todo=()),
    "home.cancelled": replace(HOME, visit=None, todo=(), later=(), cancelled=("Today, 10:00 AM, with Dr. Drew Marsh",)),
    "home.nothing": replace(HOME, visit=None, todo=(), later=(), medicines=()),
    "home.guest": replace(
        HOME,
        frame=patient("Your visits", ILSE_VIEWER),
        first_name="Ilse",
        visit=replace(_VISIT, for_name="Ada"),
        todo=(),
        later=(),
        medicines=None,
    ),
    "home.long": replace(
        HOME,
        first_name="María de los Ángeles",
        visit=replace(
            _VISIT, with_name="Dra. Guadalupe Fernández-Etxeberria y Gutiérrez", with_role="Psiquiatra y neuróloga"
        ),
        todo=(
            TodoItem(
                "¿Cómo se ha encontrado usted durante las dos últimas semanas?",
                "Nueve preguntas breves; tarda usted unos tres minutos en contestarlas",
                False,
                "Contestar ahora",
                "/visits/x/scales/phq-9",
            ),
        ),
        medicines=(
            PlainMedicine(
                "Dexmethylphenidate hydrochloride extended-release",
                "Tome una cápsula de 20 mg cada mañana con el desayuno y media tableta de 10 mg a mediodía.",
                "Desde el 6 de octubre, enfermera practicante Ruth Adeyemi",
                "En pausa",
            ),
        ),
    ),
    "crisis": CRISIS,
    "crisis.prescriber": replace(
        CRISIS,
        frame=prescriber("Crisis path"),
        lines=_FOR_PRESCRIBER,
        patient=CrisisPatient(
            "Ada Lindqvist",
            "Ada",
            tuple(
                replace(one, title="Where she last said she was") if one.kind == "place" else one
                for one in danger.path_full.facts
            ),
            danger.path.from_elsewhere,
            danger.path.from_elsewhere_source,
            f"/visits/{VISIT}#crisis-path",
            at(10, 2),
        ),
        back_href="/patients/x",
        back_label="Back to the chart",
    ),
    "crisis.prescriber.unknown": replace(
        CRISIS,
        frame=prescriber("Crisis path"),
        lines=_FOR_PRESCRIBER,
        patient=CrisisPatient(
            "Ada Lindqvist",
            "Ada",
            danger.path_bare.facts,
            danger.path.from_elsewhere,
            danger.path.from_elsewhere_source,
        ),
        back_href=None,
    ),
}
