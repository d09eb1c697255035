"""Samples of the dose of a medicine in the panel: adjusting one, starting one, and what is said when it may not be."""

from dataclasses import replace
from datetime import date

from visit_ui.pages.shell.parts import DoseStep, FindingSeverity, FindingView, Option, TabletChoice
from visit_ui.pages.visit.dosing import AdjustPanel, DoseForm, ProductChoice, StartPanel, StepResponse
from visit_ui.pages.visit.parts import Block, BlockRow, Checks, Missing, WayForward, WayOption
from visit_ui.samples.visit import cast

findings = (
    FindingView(
        key="qt",
        severity=FindingSeverity.WARNING,
        title="two medicines can lengthen QT",
        what="Hydroxyzine with a higher sertraline dose. No ECG on record, no cardiac history given.",
        source="FDA labels, sertraline and hydroxyzine",
        review_status="Not yet reviewed by a clinician.",
        must_answer=True,
    ),
    FindingView(
        key="weight",
        severity=FindingSeverity.NOT_CHECKED,
        title="weight unknown",
        what="The weight rules could not be checked. This does not mean it is safe.",
        source="FDA label, dosing",
        review_status="Not yet reviewed by a clinician.",
        must_answer=True,
    ),
    FindingView(
        key="max",
        severity=FindingSeverity.INFORMATION,
        title="within the label",
        what="150 mg a day; the label maximum is 200 mg a day. Step of 50 mg after 49 days; the label calls for 7.",
        source="FDA label, dosing",
        review_status="Sweating can grow with dose; Ada reports it since Nov 9.",
        must_answer=False,
    ),
)
answered = (
    replace(findings[0], answer="No cardiac history today; ECG ordered."),
    replace(findings[1], answer="Does not matter at this dose."),
    findings[2],
)


def _ladder(chosen: str) -> tuple[DoseStep, ...]:
    totals = ("25", "50", "75", "100", "125", "150", "175", "200")
    return tuple(
        DoseStep(total, total, height, is_now=total == "100", is_new=total == chosen, is_max=total == "200")
        for height, total in enumerate(totals, start=1)
    )


TIMINGS = (
    Option("morning", "each morning"),
    Option("night", "at night"),
    Option("twice", "twice a day"),
)
form = DoseForm(
    unit="mg",
    ladder=_ladder("150"),
    combinations=(
        TabletChoice("100+50", ((1, "100 mg"), (1, "50 mg")), "one 100 mg and one 50 mg tablet", chosen=True),
        TabletChoice("3x50", ((3, "50 mg"),), "three 50 mg tablets"),
    ),
    now_total="100",
    new_total="150",
    difference="+50",
    sentence_before_date="Take one 100 mg and one 50 mg tablet by mouth each morning, from",
    starts_on=date(2026, 11, 25),
    sentence_after_date=". 30 days, 30 of each, 1 refill.",
    timings=TIMINGS,
    timing="morning",
    as_needed=False,
    days="30",
    refills="1",
    reason="Partial response, flat for four weeks at 100 mg",
    checks=Checks(findings, "3 medicines, reference data of Nov 21, 2026"),
    missing=(
        Missing("reason for the QT warning", "answer-qt"),
        Missing("an answer on the weight", "answer-weight"),
    ),
    sign_words="Sign change",
    reasons=("Partial response", "No response yet", "Symptoms came back", "Next planned step"),
)
adjust = AdjustPanel(
    visit=cast.visit,
    order_id="a1",
    name="Sertraline",
    indication="for depression",
    since=date(2026, 6, 23),
    at_now="49 days at 100 mg",
    responses_of="PHQ-9",
    responses=(
        StepResponse("25 mg", "17 to 16"),
        StepResponse("50 mg", "16 to 13"),
        StepResponse("75 mg", "13 to 11"),
        StepResponse("100 mg", "11 to 9, flat 4 weeks"),
    ),
    form=form,
)
resume = replace(adjust, verb="Resume", form=replace(form, sign_words="Sign: resume sertraline"))
adjust_ready = replace(
    adjust, form=replace(form, checks=Checks(answered, "3 medicines, reference data of Nov 21, 2026"), missing=())
)
adjust_open = replace(
    adjust,
    form=replace(
        form,
        ladder=_ladder("100"),
        combinations=(),
        new_total=None,
        difference=None,
        sentence_before_date="",
        starts_on=None,
        sentence_after_date="",
        reason="",
        checks=None,
        missing=(Missing("a new dose", "total"), Missing("the reason", "reason")),
    ),
)
_stop = FindingView(
    "max",
    FindingSeverity.STOP,
    "above the label's maximum",
    "225 mg a day; the label maximum is 200 mg a day.",
    "FDA label, dosing",
    "Verified against the label.",
    must_answer=False,
)
adjust_refused = replace(
    adjust,
    conflict="Dr. Beaulieu set sertraline to 75 mg a day at 10:12 AM. Look at the list, then decide again.",
    form=replace(
        form,
        ladder=(),
        no_ladder_why="This medicine is measured, not counted: write the total in mg.",
        combinations=(),
        new_total="225",
        difference="+125",
        reason="",
        checks=Checks((_stop,), "3 medicines, reference data of Nov 21, 2026"),
        errors={"total": "At most 200 mg a day.", "reason": "Enter the reason in a few words."},
        missing=(Missing("a total of at most 200 mg", "total"), Missing("the reason", "reason")),
    ),
)

block = Block(
    title="Alprazolam cannot be prescribed in a video visit",
    why=(
        "It is a schedule IV controlled substance, and Ada is not with you in person. Nothing was started "
        "or sent. Ada's screen shows nothing of this."
    ),
    rows=(
        BlockRow("Rule", "strict-block 1.4, remote II–V: no new, renewed, raised or lowered order"),
        BlockRow("Citation", "Clinic policy CP-12; 21 USC 829(e); 21 CFR 1308.14", "/log/1"),
        BlockRow("Who can lift it", "No one can lift it during a video visit, whatever their role"),
        BlockRow("Recorded", "10:21:44 AM in the prescribing log, entry 48,214"),
    ),
    ways=(
        WayForward(
            "calendar-plus",
            "See Ada in person",
            "Dr. Marsh, Ybor clinic, 3.2 miles from her. First free: Thu, Dec 3, 9:30 AM",
            "Hold Thu 9:30 AM",
            "/visits/new",
        ),
        WayForward(
            "pill",
            "Consider a medicine that is not controlled",
            "For anxiety in the formulary, as information:",
            options=(
                WayOption("Buspirone", "", f"/visits/{cast.VISIT}/medicines/find", "buspirone"),
                WayOption("Hydroxyzine", "takes 25 mg", f"/visits/{cast.VISIT}/medicines/a2/adjust"),
                WayOption("Sertraline", "raise to 150 mg", f"/visits/{cast.VISIT}/medicines/a1/adjust"),
            ),
        ),
        WayForward(
            "corner-up-right",
            "Refer",
            "To a prescriber who sees patients in person near Tampa",
            "Write referral",
            "/visits/new",
        ),
    ),
    still_possible="Still possible by video: stopping, holding, or tapering from tablets she already has.",
)
start = StartPanel(cast.visit)
start_blocked = StartPanel(cast.visit, "Xanax 0.5 mg tablet", "alprazolam", block=block)
start_choices = StartPanel(
    cast.visit,
    "wellbutrin",
    "bupropion",
    choices=(
        ProductChoice("b-xl-150", "Bupropion XL 150 mg tablet", "once a day, extended release"),
        ProductChoice("b-sr-100", "Bupropion SR 100 mg tablet", "twice a day, sustained release"),
    ),
)
start_unknown = StartPanel(
    cast.visit,
    "calmex forte",
    not_understood=(
        "“calmex forte” is in no list here. An unknown name blocks: it could hide a controlled substance. "
        "Check the spelling, or use the generic name."
    ),
)
start_form = StartPanel(
    cast.visit,
    "wellbutrin xl",
    "bupropion",
    product="b-xl-150",
    product_name="Bupropion XL 150 mg tablet",
    form=replace(
        form,
        ladder=(
            DoseStep("150", "150", 2, is_new=True),
            DoseStep("300", "300", 5),
            DoseStep("450", "450", 8, is_max=True),
        ),
        combinations=(TabletChoice("1x150", ((1, "150 mg"),), "one 150 mg tablet", chosen=True),),
        now_total=None,
        new_total="150",
        difference=None,
        sentence_before_date="Take one 150 mg tablet by mouth each morning, from",
        sentence_after_date=". 30 days, 30 tablets, no refill.",
        refills="0",
        reason="",
        missing=(Missing("the reason", "reason"),),
        checks=Checks((), "4 medicines, reference data of Nov 21, 2026"),
        sign_words="Sign start",
    ),
)
start_controlled = replace(
    start_form,
    query="alprazolam",
    understood_as="alprazolam",
    product="alprazolam-0.5",
    product_name="Alprazolam 0.5 mg tablet",
    indication="panic attacks",
    form=replace(
        form,
        ladder=(
            DoseStep("0.25", "0.25", 1),
            DoseStep("0.5", "0.5", 3, is_new=True),
            DoseStep("1", "1", 5),
        ),
        combinations=(TabletChoice("1x0.5", ((1, "0.5 mg"),), "one 0.5 mg tablet", chosen=True),),
        now_total=None,
        new_total="0.5",
        difference=None,
        sentence_before_date="Take one 0.5 mg tablet by mouth at night as needed, from",
        sentence_after_date=". 30 days, 30 tablets, 6 refills.",
        refills="6",
        errors={"refills": "At most five refills, within 180 days."},
        limits="Schedule IV: at most five refills, and 180 days in all",
        obligations=(
            "To be written in a system certified for electronic prescriptions of controlled substances: Titrate "
            "records the decision and never signs or transmits such a prescription.",
        ),
        missing=(Missing("at most five refills", "refills"),),
        checks=Checks((), "4 medicines, reference data of Nov 21, 2026"),
        sign_words="Sign start",
    ),
)
adjust_blocked = replace(
    adjust,
    name="Lorazepam",
    order_id="a4",
    indication=None,
    at_now=None,
    responses=(),
    form=None,
    block=replace(block, title="Lorazepam cannot be raised, lowered or renewed in a video visit"),
)
