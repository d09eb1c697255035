"""The dose form of Adjust and Start: what was chosen so far becomes a ladder, a sentence, checks, and a proposal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from compliance.prescribing.deciding import SupplyLimits
from compliance.shared.vocabulary import PrescribingAction
from emr.chart import reading as charts
from emr.chart.model import Chart
from emr.dosing import forms as dose_forms
from emr.dosing import ladder as dose_ladder
from emr.dosing import proposal as dose_proposal
from emr.dosing.forms import NoLadder
from emr.dosing.ladder import Choice, Ladder, Rung
from emr.dosing.model import Moment, Piece
from emr.dosing.proposal import Proposal
from emr.formulary.entries import MedicineId
from emr.formulary.model import Formulary
from emr.medications import model as medication
from emr.medications import reasons
from emr.medications.model import Order, Status
from emr.safety import checks as safety
from emr.safety.finding import Finding
from emr.shared.clinic_time import typed
from emr.shared.clinic_time import words as clinic_words
from emr.shared.errors import Invalid
from emr.shared.quantity import Quantity
from server.application import prescribe as prescriptions
from server.application.unit_of_work import Work
from server.http.endpoint import Ask
from server.http.forms import whole
from server.presenters import read_back
from server.presenters.visit_parts import VisitPeople, patients_day
from server.routes.staff.medicine_list import plain
from server.routes.staff.medicine_wishes import wish_for
from visit_ui.pages.shell.parts import DoseStep, FindingView, Option, TabletChoice
from visit_ui.pages.shell.parts import Severity as ShownSeverity
from visit_ui.pages.visit.dosing import DoseForm
from visit_ui.pages.visit.parts import Checks, Missing

ANSWER = "answer-"
DAYS, REFILLS = "30", "1"
STEPS = 8
# Stands in for the reason while the form is still being filled in: the checks do not depend on it.
NOT_WRITTEN = "not written yet"
TIMINGS: dict[str, tuple[str, tuple[Moment, ...]]] = {
    "morning": ("Each morning", (Moment.MORNING,)),
    "noon": ("At noon", (Moment.NOON,)),
    "evening": ("Each evening", (Moment.EVENING,)),
    "night": ("At night", (Moment.NIGHT,)),
    "day": ("Once a day, any time", (Moment.DAY,)),
    "morning+evening": ("Morning and evening", (Moment.MORNING, Moment.EVENING)),
    "morning+night": ("Morning and night", (Moment.MORNING, Moment.NIGHT)),
    "morning+afternoon": ("Morning and afternoon", (Moment.MORNING, Moment.AFTERNOON)),
    "morning+afternoon+night": ("Morning, afternoon and night", (Moment.MORNING, Moment.AFTERNOON, Moment.NIGHT)),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the form says so far, as text; empty: not chosen. `indication`: the form of a new medicine alone asks.

    `shown`: what stands for what was read back when it was sent; empty: nothing was.
    """

    total: str
    tablets: str
    timing: str
    as_needed: bool
    starts: str
    days: str
    refills: str
    reason: str
    indication: str
    answers: Mapping[str, str]
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """The form to show, the proposal it makes (None: not complete enough to be checked), and what pieces it is made of
    ("extended release oral tablet").
    """

    form: DoseForm
    proposal: Proposal | None
    form_words: str = ""


def chosen(ask: Ask) -> Chosen:
    """What a posted form says."""
    form = ask.form
    return Chosen(
        total=form.text("total"),
        tablets=form.text("tablets"),
        timing=form.text("timing"),
        as_needed=form.text("as_needed") == "yes",
        starts=form.text("from"),
        days=form.text("days"),
        refills=form.text("refills"),
        reason=form.text("reason"),
        indication=form.text("indication"),
        answers=form.prefixed(ANSWER),
        shown=form.text("shown"),
    )


def at_first(
    medicine: MedicineId,
    current: Order | None,
    formulary: Formulary,
    total: str,
    starts: date,
    limits: SupplyLimits,
    name: str = "",
) -> Chosen:
    """How the form begins: as the medicine is taken now, or as it is usually started; refills within the limits."""
    what = formulary.medicine(medicine)
    moments = dose_proposal.suggested_moments(what)
    asked = dose_forms.form_asked(formulary, medicine, name)
    if isinstance(asked, dose_forms.Form) and asked.products[0].release in formulary.contents.once_a_day:
        moments = (Moment.DAY,)
    if current is not None and current.dose is not None:
        moments = tuple(intake.moment for intake in current.dose.intakes)
        if current.status is Status.HELD and current.daily_total is not None:  # as it was before the hold
            total = total or plain(current.daily_total.value)
    elif not total and what.limits.usual_start is not None:
        total = plain(what.limits.usual_start.value)
    as_needed = current.as_needed if current else False
    timing = "+".join(moment.value for moment in moments)
    refills = REFILLS if limits.refills is None else str(min(int(REFILLS), limits.refills))
    return Chosen(total, "", timing, as_needed, typed.write_day(starts), DAYS, refills, "", "", {})


# What has to be mended before anything can be signed, by the field that says how.
MENDED = {
    "total": "a dose",
    "tablets": "the tablets",
    "timing": "when it is taken",
    "from": "the first day",
    "days": "the days of supply",
    "refills": "the refills",
}


async def fill(
    ask: Ask,
    work: Work,
    those: VisitPeople,
    medicine: MedicineId,
    current: Order | None,
    said: Chosen,
    *,
    sign_words: str,
    name: str = "",
    taken: Order | None = None,
    complain: bool = False,
) -> Filled:
    """The form with its findings. ``name``: a new medicine as it was written, which may ask for a form ("XR").
    ``taken``: the order whose dose is taken today, when the current one begins later.
    ``complain``: say what is missing beside its field (after an attempt to sign).
    """
    taken = taken or current
    formulary = ask.house.references.formulary
    moments = moments_of(said.timing, current)
    errors: dict[str, str] = {}
    ladder = _ladder(formulary, medicine, taken, said, len(moments), name)
    if isinstance(ladder, NoLadder):
        return Filled(_without_ladder(ladder, said, sign_words), None)
    rung = _rung(ladder, said.total)
    picked = _picked(rung, said.tablets)
    if said.total and picked is None:
        errors["total"] = "Choose one of the doses shown."
    starts = _starts(ask, those, said, errors)
    proposal = _propose(formulary, medicine, current, said, picked, moments, starts, errors)
    findings: tuple[Finding, ...] = ()
    limits, obligations = "", tuple[str, ...]()
    if proposal is not None:
        limits, obligations = await _terms(work, those, current, proposal, errors)
        chart = await charts.read(work.conn, those.visit.patient, work.now)
        findings = safety.check(chart, proposal, formulary, work.now)
        checks = _checks(findings, said, chart, formulary, complain=complain)
    else:
        checks = None
    missing = _missing(said, proposal, findings, current, errors)
    if complain and not said.reason:
        errors["reason"] = "Write why, in a few words."
    form = _form(ladder, rung, picked, said, proposal, taken, starts, checks, missing, errors, sign_words)
    offered = ask.house.references.reasons[reasons.kind_of(current, proposal)] if proposal else ()
    form = replace(form, limits=limits, obligations=obligations, reasons=offered, shown=_stands_for(proposal))
    return Filled(form, proposal, ladder.form.words)


def _stands_for(proposal: Proposal | None) -> str:
    if proposal is None:
        return ""
    return read_back.stands_for(proposal.product, proposal.sig, str(proposal.starts_on), proposal.supply_words)


async def _terms(
    work: Work, those: VisitPeople, current: Order | None, proposal: Proposal, errors: dict[str, str]
) -> tuple[str, tuple[str, ...]]:
    """What the policy limits and obliges to, in words; a supply beyond it is an error of its field."""
    wish = await wish_for(work, those, PrescribingAction(medication.action(current, proposal)), proposal)
    decision = prescriptions.decide(work, wish)
    terms = prescriptions.supply_terms(work, wish, decision)
    if terms.refused is not None:
        errors["refills"] = terms.refused
    return terms.words, tuple(one.sentence for one in decision.obligations)


def moments_of(timing: str, current: Order | None) -> tuple[Moment, ...]:
    """The moments a timing stands for; anything unknown: as it is taken now, or once a day."""
    if timing in TIMINGS:
        return TIMINGS[timing][1]
    if current is not None and current.dose is not None:
        return tuple(intake.moment for intake in current.dose.intakes)
    return (Moment.DAY,)


def _ladder(
    formulary: Formulary, medicine: MedicineId, current: Order | None, said: Chosen, times: int, name: str
) -> Ladder | NoLadder:
    form = dose_forms.form_asked(formulary, medicine, name) if current is None else None
    if isinstance(form, NoLadder):
        return form
    if current is not None and current.dose is not None and current.medicine is not None:
        form = dose_forms.form_of(formulary, current.medicine, current.dose)
    now = current.daily_total if current else None
    return dose_ladder.ladder(
        formulary, medicine, form=form, times_a_day=times, now=now, new=_amount(formulary, medicine, said.total, now)
    )


def _amount(formulary: Formulary, medicine: MedicineId, total: str, now: Quantity | None) -> Quantity | None:
    limits = formulary.medicine(medicine).limits
    like = now or limits.usual_start or limits.label_max
    try:
        value = Decimal(total)
        return Quantity(value, like.unit) if like is not None and value.is_finite() and value > 0 else None
    except (InvalidOperation, ValueError):
        return None


def _rung(ladder: Ladder, total: str) -> Rung | None:
    return next((rung for rung in ladder.rungs if plain(rung.total.value) == total), None)


def _picked(rung: Rung | None, tablets: str) -> Choice | None:
    if rung is None or not rung.choices:
        return None
    return next((choice for choice in rung.choices if choice.key == tablets), rung.choices[0])


def _starts(ask: Ask, those: VisitPeople, said: Chosen, errors: dict[str, str]) -> date:
    tomorrow = first_day(ask, those)
    starts = typed.day(said.starts) if said.starts else tomorrow
    if starts is None:
        errors["from"] = typed.day_remedy()
        return tomorrow
    if not tomorrow - timedelta(days=1) <= starts <= tomorrow + timedelta(days=60):
        errors["from"] = "Choose a day from today on, within two months."
    return starts


def first_day(ask: Ask, those: VisitPeople) -> date:
    """Tomorrow, where the patient lives: today's dose has usually been taken."""
    return patients_day(those, ask.now) + timedelta(days=1)


def _propose(
    formulary: Formulary,
    medicine: MedicineId,
    current: Order | None,
    said: Chosen,
    picked: Choice | None,
    moments: tuple[Moment, ...],
    starts: date,
    errors: dict[str, str],
) -> Proposal | None:
    if picked is None:
        return None
    try:
        return dose_proposal.propose(
            formulary,
            medicine,
            choice=picked.key,
            moments=moments,
            as_needed=said.as_needed,
            days_supply=_number(said.days),
            refills=_number(said.refills),
            starts_on=starts,
            # An order keeps what it is for: the form that changes a dose does not show it.
            indication=(current.indication if current else said.indication) or NOT_WRITTEN,
            reason=said.reason or NOT_WRITTEN,
            replaces=current.id if current else None,
        )
    except Invalid as error:
        names = {"days_supply": "days", "moments": "timing", "choice": "tablets"}
        errors.update({names.get(field, field): remedy for field, remedy in error.fields.items()})
        return None


def _number(text: str) -> int:
    """What was chosen; -1, which no proposal takes, for anything else."""
    found = whole(text)
    return found if found is not None and found < 1000 else -1


def _checks(
    findings: tuple[Finding, ...], said: Chosen, chart: Chart, formulary: Formulary, *, complain: bool
) -> Checks:
    number = len(chart.entries)
    cards = tuple(_card(one, said.answers.get(one.key), complain=complain) for one in findings)
    release = clinic_words.full(formulary.released)
    return Checks(cards, f"{number} medicine{'s' if number != 1 else ''}, reference data of {release}")


def _card(finding: Finding, answer: str | None, *, complain: bool) -> FindingView:
    what = " ".join(part for part in (finding.what, finding.why, finding.management) if part)
    return FindingView(
        key=finding.key,
        severity=ShownSeverity(finding.severity.value),
        title=finding.title,
        what=what,
        source=finding.source,
        review_status=finding.review_words,
        must_answer=finding.needs_answer,
        answer=answer,
        error="Write a few words." if complain and finding.needs_answer and not answer else None,
    )


def _missing(
    said: Chosen,
    proposal: Proposal | None,
    findings: tuple[Finding, ...],
    current: Order | None,
    errors: Mapping[str, str],
) -> tuple[Missing, ...]:
    missing = [Missing(words, field) for field, words in MENDED.items() if field in errors]
    if proposal is None:
        return tuple(missing) or (Missing("a dose", "total"),)
    if current is not None and current.dose == proposal.dose and current.status.value == "active":
        missing.append(Missing("another dose than the one that is written", "total"))
    if current is None and not said.indication:
        missing.append(Missing("what it is for", "indication"))
    if not said.reason:
        missing.append(Missing("the reason", "reason"))
    for finding in safety.unanswered(findings, said.answers):
        missing.append(Missing(f"an answer: {finding.title}", f"{ANSWER}{finding.key}"))
    return tuple(missing)


def _form(
    ladder: Ladder,
    rung: Rung | None,
    picked: Choice | None,
    said: Chosen,
    proposal: Proposal | None,
    current: Order | None,
    starts: date,
    checks: Checks | None,
    missing: tuple[Missing, ...],
    errors: Mapping[str, str],
    sign_words: str,
) -> DoseForm:
    now = current.daily_total if current else None
    return DoseForm(
        unit=ladder.rungs[0].total.unit.value if ladder.rungs else "mg",
        ladder=tuple(_step(one, place, len(ladder.rungs), rung) for place, one in enumerate(ladder.rungs)),
        combinations=_combinations(rung, picked),
        now_total=plain(now.value) if now else None,
        new_total=plain(rung.total.value) if rung else None,
        difference=_difference(now, rung.total) if rung and now else None,
        sentence_before_date=f"{proposal.sig.rstrip('.')}, from" if proposal else "",
        starts_on=starts if proposal else None,
        starts=said.starts,
        sentence_after_date=f". {proposal.supply_words}." if proposal else "",
        timings=_timings(said.timing, current),
        timing=said.timing,
        as_needed=said.as_needed,
        days=said.days,
        refills=said.refills,
        reason=said.reason,
        checks=checks,
        missing=missing,
        sign_words=sign_words,
        errors=errors,
    )


def _step(rung: Rung, place: int, steps: int, new: Rung | None) -> DoseStep:
    height = 1 + round(place * (STEPS - 1) / max(1, steps - 1))
    value = plain(rung.total.value)
    return DoseStep(
        value,
        value,
        height,
        is_now=rung.now,
        is_new=new is rung,
        is_max=rung.max,
        why_not=None if rung.choices else "No tablets of this form make it",
    )


def _combinations(rung: Rung | None, picked: Choice | None) -> tuple[TabletChoice, ...]:
    if rung is None:
        return ()
    return tuple(
        TabletChoice(choice.key, tuple(_drawn(piece) for piece in choice.pieces), choice.words, chosen=choice is picked)
        for choice in rung.choices
    )


def _drawn(piece: Piece) -> tuple[int, str]:
    return int(piece.count) if piece.count == int(piece.count) else 1, str(piece.each)


def _difference(now: Quantity, new: Quantity) -> str | None:
    change = new.value - now.value
    sign = "+" if change > 0 else "\N{MINUS SIGN}"
    return f"{sign}{plain(abs(change))}" if change else None


def _timings(timing: str, current: Order | None) -> tuple[Option, ...]:
    known = [Option(key, words) for key, (words, _) in TIMINGS.items()]
    if timing and timing not in TIMINGS and current is not None:
        known.insert(0, Option(timing, f"As now: {current.sentence}"))
    return tuple(known)


def _without_ladder(why: NoLadder, said: Chosen, sign_words: str) -> DoseForm:
    return DoseForm(
        unit="mg",
        ladder=(),
        combinations=(),
        now_total=None,
        new_total=said.total or None,
        difference=None,
        sentence_before_date="",
        starts_on=None,
        sentence_after_date="",
        timings=_timings(said.timing, None),
        timing=said.timing,
        as_needed=said.as_needed,
        days=said.days,
        refills=said.refills,
        reason=said.reason,
        checks=None,
        missing=(Missing("a dose that can be counted: write this one in your other system", "total"),),
        sign_words=sign_words,
        no_ladder_why=why.sentence,
    )
