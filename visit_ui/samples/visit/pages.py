"""Samples of the whole pages of a visit: the prescriber's with each panel; and all pages and fragments by name."""

from dataclasses import replace

from visit_ui.pages.patient.before import SafetyTold, ScaleSent
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.problem import PartPage
from visit_ui.pages.visit.call import CallStage, NoteState, Tab, VisitPage
from visit_ui.samples.shell.cast import nobody
from visit_ui.samples.visit import cast, danger, dosing, notes, panels, patient, presence

prescriber = VisitPage(
    frame=cast.drew_frame,
    visit=cast.visit,
    banner=cast.banner,
    stage=CallStage.CALL,
    starts_at=cast.STARTED,
    call=cast.call_for(cast.drew),
    people=panels.people,
    alerts=panels.no_alerts,
    tab=Tab.OVERVIEW,
    panel=panels.overview,
    medicine_count=3,
    note=NoteState("saved", cast.NOW),
    invite=panels.invite,
    call_back="(813) 555-0142",
    crisis=danger.path,
    open_alerts=danger.end_none,
    presence=presence.attended,
)


def with_panel(name: str, panel: Page) -> VisitPage:
    """The prescriber's page with another fragment in its panel; its name says which tab is chosen."""
    part = name.removeprefix("visit.").split("-")[0]
    tab = {"overview": Tab.OVERVIEW, "symptoms": Tab.SYMPTOMS, "notes": Tab.NOTES}.get(part, Tab.MEDICINES)
    return replace(prescriber, tab=tab, panel=panel)


waiting_stage = replace(
    prescriber,
    presence=None,
    stage=CallStage.WAITING,
    call=None,
    waiting_since=cast.CONFIRMED,
    note=NoteState("empty"),
    cancel=True,
)
expected_stage = replace(
    prescriber,
    presence=None,
    stage=CallStage.EXPECTED,
    call=None,
    banner=cast.bare_banner,
    call_back=None,
    crisis=danger.path_bare,
    note=NoteState("empty"),
    cancel=True,
)
cancelled_stage = replace(expected_stage, stage=CallStage.CANCELLED, cancel=False)
missed_stage = replace(
    expected_stage,
    stage=CallStage.MISSED,
    cancel=False,
    correct_href=f"/visits/{cast.VISIT}/correct",
    book_href=f"/visits/new?patient={cast.ADA}&of={cast.VISIT}",
)
missed_corrected = replace(missed_stage, correction=cast.corrected)
apart_stage = replace(
    prescriber,
    stage=CallStage.APART,
    call=None,
    may_end=False,
    presence=replace(presence.attended_by_other, apart=True),
)
in_person_stage = replace(prescriber, stage=CallStage.IN_PERSON, call=None, presence=presence.ATTENDANCES["checked-in"])
prescriber_other_attends = replace(prescriber, presence=presence.attended_by_other)
ended_stage = replace(
    prescriber,
    presence=None,
    stage=CallStage.ENDED,
    call=None,
    ended_words="29 minutes, 10:03 AM to 10:32 AM.",
    tab=Tab.NOTES,
    panel=notes.notes,
)
ended_corrected = replace(
    ended_stage,
    correct_href=f"/visits/{cast.VISIT}/correct",
    correction=replace(cast.corrected, was="Ended", to="ended early", reason="The line broke after a minute." * 8),
)
alerted = replace(
    with_panel("visit.symptoms", panels.symptoms_raised),
    alerts=panels.alerts,
    open_alerts=danger.end_asks,
    crisis=danger.path_full,
    note=NoteState("sealed", cast.NOW),
)

PAGES: dict[str, Page] = {
    **danger.PAGES,
    "visit.prescriber": prescriber,
    **{
        f"visit.page-{name.removeprefix('visit.')}": with_panel(name, panel) for name, panel in panels.FRAGMENTS.items()
    },
    "visit.part": PartPage(nobody("Part of a page"), dosing.adjust_refused, cast.visit.base),
    "visit.part-of-a-patient": PartPage(cast.ada_frame("Part of a page"), patient.my_medicines, cast.visit.base),
    "visit.stage-waiting": waiting_stage,
    "visit.stage-waiting-in-a-call": replace(
        waiting_stage, in_call_href="/visits/55555555-5555-4555-8555-555555555555"
    ),
    "visit.stage-expected": expected_stage,
    "visit.stage-apart": apart_stage,
    "visit.stage-in-person": in_person_stage,
    **{
        f"visit.stage-in-person-{name}": replace(in_person_stage, presence=presence.ATTENDANCES[name])
        for name in ("not-checked-in", "other-checked-in", "void", "long")
    },
    "visit.stage-in-person-expected": replace(
        in_person_stage, began=False, presence=presence.ATTENDANCES["nobody-yet"], cancel=True
    ),
    "visit.stage-in-person-early": replace(
        in_person_stage, began=False, opens_at=cast.CONFIRMED, presence=presence.ATTENDANCES["not-checked-in"]
    ),
    "visit.prescriber-other-attends": prescriber_other_attends,
    **presence.REFUSALS,
    "visit.stage-ended": ended_stage,
    "visit.stage-cancelled": cancelled_stage,
    "visit.stage-missed": missed_stage,
    "visit.stage-missed-corrected": missed_corrected,
    "visit.stage-ended-corrected": ended_corrected,
    "visit.alerted": alerted,
    "visit.patient": patient.patient_call,
    "visit.patient-told": patient.patient_told,
    "visit.patient-seen": patient.patient_seen,
    "visit.patient-sound": replace(patient.patient_call, call=replace(patient.patient_call.call, sound_only=True)),
    "visit.guest": patient.guest_call,
    "visit.ended": patient.ended,
    "visit.cancelled": patient.cancelled,
    "visit.missed": patient.missed,
    "visit.ended-put-right": patient.ended_put_right,
    "visit.missed-put-right": patient.missed_put_right,
    "visit.left": patient.left,
    "visit.ended-guest": patient.ended_guest,
    "visit.device-check": patient.device_check,
    "visit.device-check-sound": replace(patient.device_check, call=replace(patient.device_check.call, sound_only=True)),
    "visit.arrive": patient.arrive,
    "visit.arrive-early": replace(patient.arrive, opens_at=cast.CONFIRMED, closed_why="The visit opens later."),
    "visit.arrive-first": patient.arrive_first,
    "visit.arrive-refused": patient.arrive_refused,
    "visit.waiting": patient.waiting,
    "visit.waiting-next": patient.waiting_next,
    "visit.waiting-told": replace(patient.waiting, safety=patient.safety_told),
    "visit.ended-seen": replace(patient.ended, safety=patient.safety_seen),
    "visit.waiting-over": patient.waiting_over,
    "visit.scale": patient.scale,
    "visit.scale-refused": patient.scale_refused,
}
"""Whole pages, by name."""

FRAGMENTS: dict[str, Page] = {
    **danger.FRAGMENTS,
    **panels.FRAGMENTS,
    **panels.OTHER_FRAGMENTS,
    **{f"visit.attendance-{name}": fragment for name, fragment in presence.ATTENDANCES.items()},
    "visit.my-medicines": patient.my_medicines,
    "visit.my-medicines-changed": patient.my_medicines_changed,
    "visit.my-medicines-unknown": patient.my_medicines_unknown,
    "visit.my-medicines-none": patient.my_medicines_none,
    "visit.my-scales": patient.my_scales,
    "visit.my-scales-none": patient.no_scales,
    "visit.my-safety": patient.safety_told,
    "visit.my-safety-quiet": patient.safety_quiet,
    "visit.my-safety-seen": patient.safety_seen,
    "visit.waiting-place": patient.place,
    "visit.waiting-admitted": replace(patient.place, admitted=True),
    "visit.scale-in-call": replace(patient.scale_form, in_call=True),
    "visit.scale-sent": ScaleSent(cast.visit, "How you have been", "Dr. Marsh"),
    "visit.safety-told": SafetyTold(cast.visit, "Dr. Marsh", told=True),
    "visit.safety-not-told": SafetyTold(cast.visit, "Dr. Marsh", told=False),
}
"""Fragments, by name."""

SAMPLES: dict[str, Page] = {**PAGES, **FRAGMENTS}
