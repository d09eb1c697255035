"""The dose form of Adjust and Start as a view of an attempt: ladder, sentence, checks, what is missing."""

from collections.abc import Mapping
from dataclasses import replace

from emr.chart.model import Chart
from emr.dosing.forms import NoLadder
from emr.dosing.ladder import Choice, Ladder, Rung
from emr.dosing.model import Piece
from emr.formulary.model import Formulary
from emr.medications import reasons
from emr.medications.model import Order
from emr.safety.finding import Finding
from emr.shared.clinic_time import words as clinic_words
from emr.shared.errors import Invalid
from emr.shared.quantity import Quantity
from emr.shared.quantity import number as plain
from server.application.prescribe.attempt import PrescribeAttempt
from server.application.prescribe.check import ANSWER, MissingItem
from server.application.prescribe.parse import DoseFormInput
from server.application.references import References
from server.http.forms import PostedForm
from visit_ui.pages.shell.parts import DoseStep, FindingView, Option, TabletChoice
from visit_ui.pages.shell.parts import FindingSeverity as ShownSeverity
from visit_ui.pages.visit.dosing import DoseForm
from visit_ui.pages.visit.parts import Checks, Missing

STEPS = 8
TIMINGS = {
    "morning": "Each morning",
    "noon": "At noon",
    "evening": "Each evening",
    "night": "At night",
    "day": "Once a day, any time",
    "morning+evening": "Morning and evening",
    "morning+night": "Morning and night",
    "morning+afternoon": "Morning and afternoon",
    "morning+afternoon+night": "Morning, afternoon, and night",
}


def said_by(form: PostedForm) -> DoseFormInput:
    """What a posted form says."""
    return DoseFormInput(
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


def form_of(
    references: References,
    chart: Chart,
    attempt: PrescribeAttempt,
    said: DoseFormInput,
    *,
    sign_words: str,
    complain: bool = False,
) -> DoseForm:
    """The form as it was typed, with what became of it. `complain`: say what is missing beside its field, after an
    attempt to sign.
    """
    ladder = attempt.proposed.ladder
    if isinstance(ladder, NoLadder):
        return _without_ladder(ladder, attempt, said, sign_words)
    form = _form(ladder, attempt, said, sign_words)
    errors = dict(attempt.errors)
    if complain and not said.reason:
        errors["reason"] = "Enter the reason in a few words."
    form = replace(form, errors=errors, shown=attempt.shown)
    if attempt.proposal is None or attempt.decided is None:
        return form
    return replace(
        form,
        checks=_checks(attempt.findings, said, chart, references.formulary, complain=complain),
        limits=attempt.decided.terms.words,
        obligations=tuple(one.sentence for one in attempt.decided.decision.obligations),
        reasons=references.reasons[reasons.kind_of(attempt.about.current, attempt.proposal)],
    )


def form_words(attempt: PrescribeAttempt) -> str:
    """What pieces it is made of: "extended release oral tablet"; empty when that cannot be said."""
    ladder = attempt.proposed.ladder
    return "" if isinstance(ladder, NoLadder) else ladder.form.words


def without(said: DoseFormInput, wrong: Mapping[str, str]) -> DoseFormInput:
    """What the form says but for the fields that hold too much: those are not looked at.

    Raises ``Invalid`` when one of them is the name, which the form does not show.
    """
    if "name" in wrong:
        raise Invalid(wrong)

    def fitting(name: str, text: str) -> str:
        return "" if name in wrong else text

    return replace(
        said,
        total=fitting("total", said.total),
        days=fitting("days", said.days),
        refills=fitting("refills", said.refills),
        reason=fitting("reason", said.reason),
        indication=fitting("indication", said.indication),
        answers={key: text for key, text in said.answers.items() if f"{ANSWER}{key}" not in wrong},
    )


def again(form: DoseForm, said: DoseFormInput, wrong: Mapping[str, str]) -> DoseForm:
    """A form made `without` them, with what was typed into them and what is wrong with it."""
    checks = form.checks
    if checks is not None:
        cards = [(card, f"{ANSWER}{card.key}") for card in checks.findings]
        checks = replace(
            checks,
            findings=tuple(
                replace(card, answer=said.answers[card.key], error=wrong[name]) if name in wrong else card
                for card, name in cards
            ),
        )
    shown = replace(form, reason=said.reason, days=said.days, refills=said.refills, checks=checks)
    return replace(shown, errors={**form.errors, **wrong})


def _checks(
    findings: tuple[Finding, ...], said: DoseFormInput, chart: Chart, formulary: Formulary, *, complain: bool
) -> Checks:
    count = len(chart.entries)
    cards = tuple(_card(one, said.answers.get(one.key), complain=complain) for one in findings)
    release = clinic_words.full(formulary.released)
    return Checks(cards, f"{count} medicine{'s' if count != 1 else ''}, reference data of {release}")


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
        error="Enter a few words." if complain and finding.needs_answer and not answer else None,
    )


def _missing(lacks: tuple[MissingItem, ...]) -> tuple[Missing, ...]:
    return tuple(Missing(one.words, one.field) for one in lacks)


def _form(ladder: Ladder, attempt: PrescribeAttempt, said: DoseFormInput, sign_words: str) -> DoseForm:
    taken, rung, made = attempt.about.now, attempt.proposed.rung, attempt.proposal
    now = taken.daily_total if taken else None
    return DoseForm(
        unit=ladder.rungs[0].total.unit.value if ladder.rungs else "mg",
        ladder=tuple(_step(one, place, len(ladder.rungs), rung) for place, one in enumerate(ladder.rungs)),
        combinations=_combinations(rung, attempt.proposed.picked),
        now_total=plain(now.value) if now else None,
        new_total=plain(rung.total.value) if rung else None,
        difference=_difference(now, rung.total) if rung and now else None,
        sentence_before_date=f"{made.sig.rstrip('.')}, from" if made else "",
        starts_on=attempt.asked.starts if made else None,
        starts=said.starts,
        sentence_after_date=f". {made.supply_words}." if made else "",
        timings=_timings(said.timing, taken),
        timing=said.timing,
        as_needed=said.as_needed,
        days=said.days,
        refills=said.refills,
        reason=said.reason,
        checks=None,
        missing=_missing(attempt.missing),
        sign_words=sign_words,
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
        why_not=None if rung.choices else "Not possible with tablets of this form",
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
    known = [Option(key, words) for key, words in TIMINGS.items()]
    if timing and timing not in TIMINGS and current is not None:
        known.insert(0, Option(timing, f"As now: {current.sentence}"))
    return tuple(known)


def _without_ladder(why: NoLadder, attempt: PrescribeAttempt, said: DoseFormInput, sign_words: str) -> DoseForm:
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
        missing=_missing(attempt.missing),
        sign_words=sign_words,
        no_ladder_why=why.sentence,
    )
