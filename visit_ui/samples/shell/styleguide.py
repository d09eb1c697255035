"""The styleguide's own content: components in every state."""

import re
from importlib.resources import files
from itertools import groupby

from visit_ui import samples, tokens
from visit_ui.pages.shell.frame import Frame, Page
from visit_ui.pages.shell.parts import (
    Badge,
    BlockView,
    DoseStep,
    FieldError,
    FindingSeverity,
    FindingView,
    LabeledFact,
    Option,
    Sparkline,
    TabletChoice,
    TabView,
    Way,
)
from visit_ui.pages.shell.styleguide import SampleGroup, SampleLink, Styleguide, Swatch
from visit_ui.samples.shell.cast import at
from visit_ui.samples.staff.patients import BANNER, MEDICINES

_QT = FindingView(
    "qt",
    FindingSeverity.WARNING,
    "two medicines can lengthen QT",
    "Hydroxyzine with a higher sertraline dose. No ECG on record, no cardiac history given.",
    "FDA labels, sertraline and hydroxyzine",
    "Not yet reviewed by a clinician.",
    must_answer=True,
)
_FINDINGS = (
    FindingView(
        "allergy",
        FindingSeverity.STOP,
        "penicillin is on the allergy list",
        "Amoxicillin is a penicillin. Ada had a rash.",
        "Allergy list, Jun 23, 2026",
        "",
        must_answer=False,
    ),
    _QT,
    FindingView(
        "qt-error",
        FindingSeverity.WARNING,
        "two medicines can lengthen QT",
        "Hydroxyzine with a higher sertraline dose.",
        "FDA labels",
        "Not yet reviewed by a clinician.",
        must_answer=True,
        error="Enter a reason in your own words.",
    ),
    FindingView(
        "weight",
        FindingSeverity.NOT_CHECKED,
        "weight unknown",
        "The weight rules could not be checked. This does not mean it is safe.",
        "FDA label, dosing",
        "",
        must_answer=True,
    ),
    FindingView(
        "label",
        FindingSeverity.INFORMATION,
        "within the label",
        "150 mg a day; the label maximum is 200 mg a day.",
        "FDA label, dosing",
        "Not yet reviewed by a clinician.",
        must_answer=False,
    ),
    FindingView(
        "qt-answered",
        FindingSeverity.WARNING,
        "two medicines can lengthen QT",
        "",
        "",
        "",
        must_answer=True,
        answer="ECG of Nov 2 was normal.",
    ),
)
_BLOCKS = (
    BlockView(
        "Alprazolam cannot be prescribed in a video visit",
        "It is a schedule IV controlled substance, and Ada is not with you in person. Nothing was started or sent.",
        (
            LabeledFact("Rule", "strict-block 1.4, remote II–V: no new, renewed, raised or lowered order"),
            LabeledFact("Who can lift it", "No one can lift it during a video visit, whatever their role"),
            LabeledFact("Recorded", "10:21:44 AM in the prescribing log, entry 48,214"),
        ),
    ),
    BlockView(
        "“zannix” is not known",
        "A name that cannot be resolved is treated as controlled. Nothing was started.",
        (LabeledFact("Rule", "strict-block 1.4, unknown name"),),
        unknown=True,
    ),
)
_DOSES = tuple(
    DoseStep(str(total), str(total), height, is_now=total == 100, is_new=total == 150, is_max=total == 200)
    for height, total in enumerate(range(25, 225, 25), start=1)
)
_BADGES = (
    Badge("Signed", "plain", "lock"),
    Badge("Blocked", "stop", "ban"),
    Badge("Too quiet", "warning", "triangle-alert"),
    Badge("Waiting 7 min", "information"),
    Badge("Works", "good", "check"),
    Badge("No scales answered", "unknown"),
    Badge("sealing", "pending", "circle-dashed"),
)
_WAYS = (
    Way(
        "calendar-plus",
        "See Ada in person",
        "A visit in person lifts the block.",
        "Book a visit",
        "/visits/new",
    ),
    Way("corner-up-right", "Refer", "To a prescriber who sees patients in person."),
)
_TABS = (
    TabView("Overview", "#tabs", current=True),
    TabView("Symptoms", "#tabs"),
    TabView("Medicines", "#tabs", count=3),
)
_BANNERS = (
    BANNER,
    type(BANNER)(
        name="Marcus Oyelaran",
        age="46 years",
        pronouns=None,
        born="Jul 2, 1980",
        allergies=(),
        location="Work, St. Petersburg FL",
        confirmed_at=at(10, 2),
        call_back=None,
        crisis_href="/crisis",
        back_href="/patients",
        back_label="All patients",
    ),
    type(BANNER)(
        name="Gwen Tadesse",
        age="23 years",
        pronouns="they/them",
        born="Jan 9, 2003",
        allergies=None,
        location=None,
        confirmed_at=None,
        call_back="(813) 555-0177",
        crisis_href="/crisis",
        back_href="/patients",
        back_label="All patients",
    ),
)
_TABLETS = (
    TabletChoice("100+50", ((1, "100 mg"), (1, "50 mg")), "one 100 mg and one 50 mg tablet", chosen=True),
    TabletChoice("3x50", ((3, "50 mg"),), "three 50 mg tablets"),
)
_SPARKLINES = (
    Sparkline((17, 16, 13, 11, 9), 0, 27, "PHQ-9 17, 16, 13, 11, 9"),
    Sparkline((12, 14, 16), 0, 27, "PHQ-9 12, 14, 16"),
    Sparkline((9,), 0, 27, "PHQ-9 9, one answer"),
)


def _swatches() -> tuple[Swatch, ...]:
    colors = tokens.colors()
    pairs = (*tokens.TEXT_PAIRS, *tokens.SHAPE_PAIRS)
    return tuple(Swatch(a, b, f"{tokens.contrast(colors[a], colors[b]):.1f}") for a, b in pairs)


def _icons() -> tuple[str, ...]:
    sprite = (files("visit_ui") / "static" / "icons.svg").read_text(encoding="utf-8")
    return tuple(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite))


def _is_whole(page: Page) -> bool:
    return not page.template.rsplit("/", 1)[-1].startswith("_")


def _pages() -> tuple[SampleGroup, ...]:
    names = [name for name, page in samples.all_samples().items() if _is_whole(page)]
    groups = groupby(names, key=lambda name: name.split(".")[0])
    return tuple(
        SampleGroup(title, tuple(SampleLink(name, f"/styleguide?sample={name}") for name in group))
        for title, group in groups
    )


def styleguide(frame: Frame) -> Styleguide:
    """The whole page, for any viewer's frame."""
    return Styleguide(
        frame=frame,
        swatches=_swatches(),
        icons=_icons(),
        badges=_BADGES,
        findings=_FINDINGS,
        orders=MEDICINES,
        blocks=_BLOCKS,
        ways=_WAYS,
        tabs=_TABS,
        banners=_BANNERS,
        doses=_DOSES,
        tablets=_TABLETS,
        sparklines=_SPARKLINES,
        facts=(LabeledFact("Rule", "strict-block 1.4"), LabeledFact("Recorded", "10:21:44 AM, entry 48,214")),
        options=(Option("video", "Video"), Option("audio", "Sound only", "no picture")),
        errors=(FieldError("guide-error", "Enter the time as hours and minutes, such as 2:30 PM."),),
        pages=_pages(),
    )
