"""A timeline as a template uses it: drawn, summed up in words, and as rows of a table."""

from dataclasses import dataclass

from markupsafe import Markup

from visit_ui.charts import svg as chart_svg
from visit_ui.charts import words as chart_words
from visit_ui.charts.timeline import Timeline


@dataclass(frozen=True, slots=True)
class ChartView:
    """One chart with its title ("PHQ-9 and sertraline")."""

    title: str
    timeline: Timeline

    @property
    def svgs(self) -> Markup:
        """The drawing at each width; CSS shows the one that fits."""
        return chart_svg.timeline_svgs(self.timeline)

    @property
    def summary(self) -> str:
        """The chart in sentences."""
        return chart_words.summary(self.timeline)

    @property
    def rows(self) -> tuple[chart_words.TimelineRow, ...]:
        """The same facts, oldest first."""
        return chart_words.rows(self.timeline)
