"""The timeline's geometry and words, by property: dose and score never meet, and nothing is left unsaid."""

import itertools
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr.shared.clinic_time import locales
from visit_ui.charts.geometry import lay_out
from visit_ui.charts.layout import Layout
from visit_ui.charts.svg import WIDTHS, timeline_svg, timeline_svgs
from visit_ui.charts.text import lines
from visit_ui.charts.text import width as text_width
from visit_ui.charts.timeline import ChartedDose, ChartedSideEffect, DoseBand, ScorePoint, SeverityBand, Timeline
from visit_ui.charts.words import point_words, rows, summary
from visit_ui.samples.visit import cast

TODAY = date(2026, 11, 24)
BANDS = (SeverityBand(0, "minimal", "minimal"), SeverityBand(10, "moderate", "moderate"))
_days = st.integers(0, 700).map(lambda ago: TODAY - timedelta(days=ago))
_dose_days = st.integers(-30, 700).map(lambda ago: TODAY - timedelta(days=ago))  # a signed step may begin tomorrow
_amounts = st.decimals(0, 2000, places=2)


def _step(on: date, amount: Decimal) -> ChartedDose:
    return ChartedDose(on, amount, f"{amount.normalize():f} mg")


@st.composite
def _timelines(draw: st.DrawFn) -> Timeline:
    scores = draw(
        st.lists(
            st.tuples(_days, st.integers(0, 27)),
            max_size=30,
        )
    )
    names = draw(
        st.lists(st.sampled_from(["Sertraline", "Lisdexamfetamine", "Buprenorphine/naloxone"]), max_size=3, unique=True)
    )
    medicines = []
    for name in names:
        days = sorted(draw(st.lists(_dose_days, min_size=1, max_size=8, unique=True)))
        steps = tuple(_step(day, draw(_amounts)) for day in days)
        proposed = draw(st.none() | _amounts.map(lambda amount: _step(TODAY, amount)))
        medicines.append(DoseBand(name, steps, proposed))
    effects = draw(st.lists(st.tuples(_days, st.booleans()), max_size=3))
    return Timeline(
        key="t",
        scale="PHQ-9",
        highest=27,
        bands=BANDS,
        scores=tuple(ScorePoint(on, value, "moderate") for on, value in sorted(scores)),
        medicines=tuple(medicines),
        side_effects=tuple(ChartedSideEffect("Nausea, mild", since, None if on else TODAY) for since, on in effects),
        visits=tuple(sorted(draw(st.lists(_days, max_size=6, unique=True)))),
        today=TODAY,
    )


_widths = st.sampled_from([width for _, width in WIDTHS])


@given(_timelines(), _widths)
def test_no_dose_is_ever_drawn_in_the_band_of_the_scores(timeline: Timeline, width: int) -> None:
    layout = lay_out(timeline, width)
    for stair in layout.stairs:
        treads = [*stair.treads, *stair.ahead, *([stair.proposed] if stair.proposed else [])]
        assert stair.ceiling >= layout.score_bottom
        for tread in treads:
            assert stair.ceiling < tread.y <= stair.floor
            if tread.label:
                assert tread.label.y - 9 > layout.score_bottom  # 9: height of a digit at 13 px
    for placed in layout.scores:
        assert layout.score_top <= placed.y <= layout.score_bottom


@given(_timelines(), _widths)
def test_the_name_of_a_side_effect_is_never_cut_by_the_edge(timeline: Timeline, width: int) -> None:
    for bar in lay_out(timeline, width).bars:
        long = text_width(bar.label.text)
        left = bar.label.x - long if bar.label.anchor == "end" else bar.label.x
        assert left >= 0
        assert left + long <= width


@given(_timelines(), _widths)
def test_each_medicine_has_a_band_of_its_own(timeline: Timeline, width: int) -> None:
    stairs = lay_out(timeline, width).stairs
    assert len(stairs) == len(timeline.medicines)
    for above, below in itertools.pairwise(stairs):
        assert above.floor < below.ceiling + 1


@given(_timelines(), _widths)
def test_every_dose_step_has_its_riser_and_its_tread(timeline: Timeline, width: int) -> None:
    for band, stair in zip(timeline.medicines, lay_out(timeline, width).stairs, strict=True):
        begins = [x for x, _ in stair.risers]
        assert len(begins) == len(band.steps)
        assert begins == sorted(begins)
        assert {tread.left for tread in (*stair.treads, *stair.ahead)} >= set(begins)
        for treads in (stair.treads, stair.ahead):
            for tread, after in itertools.pairwise(treads):
                assert tread.right == after.left


@given(_timelines(), _widths)
def test_what_was_taken_is_filled_up_to_today_and_what_is_ahead_is_dashed_from_there(
    timeline: Timeline, width: int
) -> None:
    layout = lay_out(timeline, width)
    for stair in layout.stairs:
        assert all(tread.right <= layout.today_x for tread in stair.treads)
        assert all(tread.left >= layout.today_x for tread in stair.ahead)
    ahead = any(step.on >= TODAY for band in timeline.medicines for step in band.steps)
    assert ("tl-ahead" in timeline_svg(timeline, "wide", width)) == ahead


@given(_timelines(), _widths)
def test_time_runs_to_the_right_and_stays_inside_the_plot(timeline: Timeline, width: int) -> None:
    layout = lay_out(timeline, width)
    xs = [placed.x for placed in layout.scores]
    assert xs == sorted(xs)
    assert layout.plot_left < layout.today_x < layout.plot_right < width
    for stair in layout.stairs:
        assert all(x <= layout.plot_right for x, _ in stair.risers)
        treads = (*stair.treads, *stair.ahead)
        assert all(tread.left <= tread.right <= layout.plot_right for tread in treads)
    for x in [*xs, *layout.visits, *(bar.left for bar in layout.bars)]:
        assert layout.plot_left <= x <= layout.today_x + 0.01


@given(_timelines(), _widths)
def test_the_labels_of_one_medicine_never_overlap(timeline: Timeline, width: int) -> None:
    for stair in lay_out(timeline, width).stairs:
        labels = [tread.label for tread in (*stair.treads, *stair.ahead) if tread.label]
        for index, one in enumerate(labels):
            for other in labels[index + 1 :]:
                apart = abs(one.y - other.y) > 11
                assert apart or other.x >= one.x + len(one.text) * 6


@given(_timelines())
def test_the_table_holds_every_fact_of_the_chart(timeline: Timeline) -> None:
    said = [(row.on, row.kind) for row in rows(timeline)]
    for point in timeline.scores:
        assert (point.on, "PHQ-9") in said
    for band in timeline.medicines:
        for step in band.steps:
            assert (step.on, band.name) in said
        if band.proposed:
            assert "not signed" in rows(timeline)[-1].fact
    for effect in timeline.side_effects:
        assert (effect.since, "Side effect") in said


@given(_timelines(), _widths)
def test_a_drawing_holds_no_style_and_every_score_can_be_reached(timeline: Timeline, width: int) -> None:
    drawing = timeline_svg(timeline, "wide", width)
    assert "style=" not in drawing
    assert drawing.count("data-point") == len(timeline.scores)
    assert drawing.count('tabindex="0"') == min(len(timeline.scores), 1)


def test_the_lowest_and_the_highest_score_stand_at_the_ends_of_the_whole_range() -> None:
    ends = tuple(ScorePoint(TODAY - timedelta(days=9 * n), n * 27, "severe") for n in (1, 0))
    layout = lay_out(replace(cast.phq9_timeline, scores=ends), 600)
    assert [placed.y for placed in layout.scores] == [layout.score_top, layout.score_bottom]


def test_a_proposed_step_is_dashed_and_asked_about() -> None:
    drawing = timeline_svg(replace(cast.phq9_timeline, medicines=(cast.SERTRALINE_PROPOSED,)), "wide", 600)
    assert drawing.count("tl-proposed") == 1
    assert "150 mg?" in drawing
    assert "tl-proposed" not in timeline_svg(cast.phq9_timeline, "wide", 600)


def test_todays_visit_is_hollow_and_earlier_ones_are_filled() -> None:
    drawing = timeline_svg(cast.phq9_timeline, "wide", 600)
    assert drawing.count('class="tl-visit-now"') == 1
    assert drawing.count('class="tl-visit"') == len(cast.VISITS) - 1


def test_a_single_point_is_drawn_without_a_line() -> None:
    drawing = timeline_svg(replace(cast.phq9_timeline, scores=cast.PHQ9_SCORES[-1:]), "wide", 600)
    assert drawing.count("data-point") == 1
    assert "tl-score" not in drawing


def test_names_from_outside_are_escaped_in_the_drawing() -> None:
    evil = DoseBand("<script>alert(1)</script>", cast.SERTRALINE.steps)
    timeline = replace(cast.phq9_timeline, medicines=(evil, cast.HYDROXYZINE))
    assert "<script" not in timeline_svgs(timeline)


def test_the_words_of_a_point_name_day_score_severity_and_dose() -> None:
    assert point_words(cast.phq9_timeline, cast.PHQ9_SCORES[3]) == (
        "Aug 25, 2026: PHQ-9 13, moderate; Sertraline 75 mg a day"
    )


def test_scores_of_one_day_stand_beside_each_other_each_with_its_number() -> None:
    twice = (*cast.PHQ9_SCORES, replace(cast.PHQ9_SCORES[-1], value=10))
    *_, before, now = lay_out(replace(cast.phq9_timeline, scores=twice), 460).scores
    assert now.x - before.x == 10, "a ring is 9 wide with its line"
    assert before.label is not None
    assert now.label is not None
    assert (before.label.text, now.label.text) == ("9", "10")
    assert before.label.y > now.label.y + 12


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Lisdexamfetamine", ("Lisdexamfetamine",)),
        ("Buprenorphine/naloxone", ("Buprenorphine/", "naloxone")),
        ("Lithium carbonate ER", ("Lithium carbonate", "ER")),
    ],
)
def test_a_name_beside_the_chart_breaks_between_words_and_has_its_room(name: str, said: tuple[str, ...]) -> None:
    assert lines(name) == said
    layout = lay_out(replace(cast.phq9_timeline, medicines=(DoseBand(name, cast.SERTRALINE.steps),)), 330)
    assert all(layout.plot_right + 8 + text_width(line) <= layout.width for line in said)


def test_a_dose_that_is_written_and_not_taken_yet_is_told_as_such() -> None:
    tomorrow = ChartedDose(TODAY + timedelta(days=1), Decimal(150), "150 mg")
    raised = replace(cast.phq9_timeline, medicines=(DoseBand("Sertraline", (*cast.SERTRALINE.steps, tomorrow)),))
    assert "to 100 mg a day on Oct 6, 2026; from Nov 25, 2026 150 mg a day, signed, not started yet." in summary(raised)
    assert rows(raised)[-1].fact == "150 mg a day, signed, not started yet"
    assert raised.has_ahead
    assert not cast.phq9_timeline.has_ahead


def test_the_summary_says_what_the_chart_shows() -> None:
    assert summary(cast.phq9_timeline) == (
        "PHQ-9 from 17 on Jun 23, 2026 to 9 of 27, mild, on Nov 22, 2026; 8 scores. "
        "Sertraline from 25 mg a day on Jun 23, 2026 to 100 mg a day on Oct 6, 2026. "
        "Night sweats, mild, since Nov 9, 2026."
    )


@pytest.mark.parametrize("width", [width for _, width in WIDTHS])
def test_the_sample_names_every_dose_at_every_width(width: int) -> None:
    layout: Layout = lay_out(cast.phq9_timeline, width)
    assert [tread.label.text for tread in layout.stairs[0].treads if tread.label] == [
        "25 mg",
        "50 mg",
        "75 mg",
        "100 mg",
    ]


@pytest.mark.parametrize("width", [width for _, width in WIDTHS])
def test_a_dose_that_held_for_weeks_is_named_before_one_that_held_for_days(width: int) -> None:
    """Lamotrigine as it is raised: 25 and 50 mg for two weeks each, then 100 mg for ten."""
    days = ((date(2026, 5, 26), 25), (date(2026, 6, 9), 50), (date(2026, 6, 23), 100), (date(2026, 9, 1), 150))
    steps = tuple(ChartedDose(day, Decimal(amount), f"{amount} mg") for day, amount in days)
    band = DoseBand("Lamotrigine", steps)
    layout = lay_out(replace(cast.phq9_timeline, medicines=(band,)), width)
    named = [tread.label.text for tread in layout.stairs[0].treads if tread.label]
    assert {"100 mg", "150 mg"} <= set(named), named


def test_a_chart_is_drawn_once_and_anew_in_another_locale() -> None:
    timeline = replace(cast.phq9_timeline)
    drawn = timeline_svgs(timeline)
    assert timeline_svgs(replace(timeline)) is drawn
    locales.use("es_US")
    try:
        assert timeline_svgs(timeline) != drawn
    finally:
        locales.use(locales.DEFAULT)


def test_names_in_a_drawing_are_text() -> None:
    effect = ChartedSideEffect('<b>Nausea</b> & "more"', TODAY - timedelta(days=9), None)
    drawn = timeline_svg(replace(cast.phq9_timeline, side_effects=(effect,), scale="<i>"), "wide", 600)
    assert "&lt;b&gt;Nausea&lt;/b&gt; &amp; &#34;more&#34;, ongoing" in drawn
    assert "<b>" not in drawn
    assert "<i>" not in drawn
