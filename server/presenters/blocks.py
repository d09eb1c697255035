"""The block notice: what was stopped, why, by which rule, who may lift it, what to do instead."""

from compliance.prescribing.decision import Decision, WayForward
from compliance.prescribing.decisions import RecordedDecision
from compliance.shared.vocabulary import Modality, Schedule
from emr.chart.model import MedicationListEntry
from emr.formulary.entries import Medicine
from emr.formulary.model import Formulary
from emr.shared.clinic_time import words
from server.http.endpoint import Ask
from server.presenters.visit_parts import VisitPeople
from visit_ui.pages.visit.parts import Block, BlockRow, WayOption
from visit_ui.pages.visit.parts import WayForward as ShownWay

WHERE_WORDS = {
    Modality.VIDEO: "in a video visit",
    Modality.AUDIO: "in an audio visit",
    Modality.IN_PERSON: "here",
    Modality.NONE: "outside a visit",
}
# What is missing, for reasons that something else than another kind of visit mends: the title's end, and who lifts it.
MISSING_WORDS = {
    "state_unknown": ("cannot be prescribed yet", "Confirm where the patient is now; no role can override this"),
    "site_unknown": ("cannot be prescribed yet", "Confirm which site you are at; no role can override this"),
    "not_checked_in": ("cannot be prescribed yet", "The front desk, by checking the patient in; no other role"),
    "check_in_unconfirmed": ("cannot be prescribed yet", "The patient, by confirming on the front desk’s screen"),
    "check_in_expired": ("can no longer be prescribed", "The front desk, by a check-in for a new visit"),
    "check_in_joined_call": ("cannot be prescribed", "The front desk, by checking the patient in again"),
    "check_in_taken_over": ("cannot be prescribed", "The front desk, by checking the patient in with you"),
    "not_attending": (
        "cannot be prescribed by you in this visit",
        "The attending prescriber, or you after taking over the visit",
    ),
    "refills_not_allowed": ("cannot be prescribed with refills", "Nobody; choose a supply the law allows"),
    "too_many_refills": ("cannot be prescribed with so many refills", "Nobody; choose a supply the law allows"),
    "refills_too_late": ("cannot be prescribed for so long", "Nobody; choose a supply the law allows"),
    "controlled_name_in_text": (
        "cannot be prescribed with this wording",
        "Change the wording; no role can override this",
    ),
    "schedule_one": ("cannot be prescribed", "Nobody; it cannot be prescribed"),
    "not_prescribable": ("cannot be prescribed", "Nobody; it cannot be prescribed"),
}
ICONS = {
    "see_in_person": "calendar-plus",
    "uncontrolled_alternative": "pill",
    "refer": "corner-up-right",
    "stop_hold_or_taper": "pause",
    "write_in_full": "pencil",
    "ask_location": "map-pin",
    "change_directions": "pencil",
    "check_in": "circle-check",
    "take_over": "users",
    "book_again": "calendar-plus",
    "change_supply": "pencil",
}
MOST_OPTIONS = 4


def block(
    ask: Ask,
    visit_people: VisitPeople,
    asked: str,
    decision: Decision,
    recorded: RecordedDecision,
    lines: tuple[MedicationListEntry, ...],
    zone: str,
) -> Block:
    """The notice for a blocked decision. ``lines``: what the patient takes, to say so beside an alternative.
    ``zone``: of who reads it.
    """
    known = decision.schedule is not None
    name = " and ".join(decision.ingredients).capitalize() if known else f"“{asked}”"
    where = f"cannot be prescribed {WHERE_WORDS[decision.modality]}"
    missing, _ = MISSING_WORDS.get(decision.reasons[0].code, (where, ""))
    title = f"{name} {missing}" if known else f"{name} is not a recognized name"
    formulary = ask.app_context.references.formulary
    return Block(
        title=title,
        why=_why(visit_people, decision),
        rows=(
            BlockRow("Rule", f"{decision.pack_id} {decision.pack_version}, {decision.rule}"),
            BlockRow("Citation", "; ".join(one.text for one in decision.citations) or "none", *_read(decision)),
            BlockRow("Who can lift it", _lifting(decision)),
            BlockRow(
                "Recorded",
                f"{words.clock_seconds(decision.decided_at, zone)} in the prescribing log, "
                f"entry {recorded.audit_entry_id}",
            ),
        ),
        ways=tuple(
            _way(one, visit_people, asked, decision, formulary, lines) for one in decision.ways_forward if _is_way(one)
        ),
        still_possible=next((one.sentence for one in decision.ways_forward if not _is_way(one)), ""),
    )


def _why(visit_people: VisitPeople, decision: Decision) -> str:
    first = visit_people.patient.person.given_name
    reasons = " ".join(reason.sentence for reason in decision.reasons)
    schedule = decision.schedule
    if schedule is not None and schedule is not Schedule.NONE:
        reasons = f"Schedule {schedule.value}. {reasons}"
    return f"{reasons} Nothing was started or sent. {first} does not see this."


def _lifting(decision: Decision) -> str:
    if decision.schedule is None:
        return "Enter a recognized name; no role can override this"
    remote = "Nobody can lift it during a remote visit, in any role"
    return MISSING_WORDS.get(decision.reasons[0].code, ("", remote))[1]


def _read(decision: Decision) -> tuple[str] | tuple[()]:
    url = next((one.url for one in decision.citations if one.url), None)
    return (url,) if url else ()


def _is_way(way: WayForward) -> bool:
    """Stopping, holding and tapering stay possible: said in one line below the ways forward."""
    return way.code != "stop_hold_or_taper"


def _way(
    way: WayForward,
    visit_people: VisitPeople,
    asked: str,
    decision: Decision,
    formulary: Formulary,
    lines: tuple[MedicationListEntry, ...],
) -> ShownWay:
    act: tuple[str, str] | tuple[None, None] = (None, None)
    options: tuple[WayOption, ...] = ()
    match way.code:
        case "see_in_person" | "book_again":
            act = ("Book in person", f"/visits/new?patient={visit_people.patient.id}&modality=in_person")
        case "uncontrolled_alternative":
            options = _alternatives(visit_people, decision, formulary, lines)
        case "write_in_full":
            options = _near(visit_people, asked, formulary)
        case _:
            pass
    icon = ICONS.get(way.code, "info")
    detail = (
        f"{way.sentence} What you entered is close to:" if way.code == "write_in_full" and options else way.sentence
    )
    return ShownWay(icon, way.title, detail, act_words=act[0], act_url=act[1], options=options)


def _near(visit_people: VisitPeople, asked: str, formulary: Formulary) -> tuple[WayOption, ...]:
    """What the name may be a slip of, with what each is for: names that look alike are easily taken for one another."""
    return tuple(
        WayOption(
            name.capitalize(),
            _meant(medicine, name, formulary),
            f"/visits/{visit_people.visit.id}/medicines/find",
            name,
        )
        for medicine, name in formulary.near(asked)
    )


def _meant(medicine: Medicine, name: str, formulary: Formulary) -> str:
    use = next((row.indication for row in formulary.contents.indications if row.medicine == medicine.id), "")
    return use if name == medicine.plain_name else f"{medicine.plain_name}, {use}".rstrip(", ")


def _alternatives(
    visit_people: VisitPeople, decision: Decision, formulary: Formulary, lines: tuple[MedicationListEntry, ...]
) -> tuple[WayOption, ...]:
    """Medicines for the same purpose that are in no federal schedule: information, not advice."""
    taken = {line.current.medicine: line.current for line in lines if line.taken}
    base = f"/visits/{visit_people.visit.id}/medicines"
    found: dict[str, WayOption] = {}
    for ingredient in decision.ingredients:
        for one in formulary.alternatives_named(ingredient):
            order = taken.get(one.medicine.id)
            name = one.medicine.plain_name
            detail = f"takes {order.daily_total}" if order and order.daily_total else one.indication
            option = (
                WayOption(name.capitalize(), detail, f"{base}/{order.id}/adjust")
                if order
                else WayOption(name.capitalize(), detail, f"{base}/find", name)
            )
            found.setdefault(name, option)
    ranked = sorted(found.values(), key=lambda option: not option.detail.startswith("takes"))
    return tuple(ranked[:MOST_OPTIONS])
