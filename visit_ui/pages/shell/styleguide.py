"""The styleguide: every component in every state, and every page in every state by name. Demo only."""

from dataclasses import dataclass
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import (
    Badge,
    BlockView,
    DoseStep,
    FieldError,
    FindingView,
    LabeledFact,
    Option,
    OrderRow,
    PatientBanner,
    Sparkline,
    TabletChoice,
    TabView,
    Way,
)


@dataclass(frozen=True, slots=True)
class Swatch:
    """Two tokens, text on ground, and the measured contrast, as printed ("16.5")."""

    text: str
    ground: str
    contrast: str


@dataclass(frozen=True, slots=True)
class SampleLink:
    """A page in one state, shown alone."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class SampleGroup:
    """Samples whose names begin alike."""

    title: str
    links: tuple[SampleLink, ...]


@dataclass(frozen=True, slots=True)
class Styleguide:
    """`/styleguide`; with GET `sample` the server shows that sample alone instead (its name is in `pages`)."""

    template: ClassVar[str] = "shell/styleguide.html"
    frame: Frame
    swatches: tuple[Swatch, ...]
    icons: tuple[str, ...]
    badges: tuple[Badge, ...]
    findings: tuple[FindingView, ...]
    orders: tuple[OrderRow, ...]
    blocks: tuple[BlockView, ...]
    ways: tuple[Way, ...]
    tabs: tuple[TabView, ...]
    banners: tuple[PatientBanner, ...]
    doses: tuple[DoseStep, ...]
    tablets: tuple[TabletChoice, ...]
    sparklines: tuple[Sparkline, ...]
    facts: tuple[LabeledFact, ...]
    options: tuple[Option, ...]
    errors: tuple[FieldError, ...]
    pages: tuple[SampleGroup, ...]
