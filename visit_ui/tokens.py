"""The colors of `static/css/tokens.css`, read from it, and their contrast: for the styleguide and its tests."""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Final

# Text on ground. Text and rings of focus need 4.5 and 3 (WCAG 2.2, 1.4.3 and 1.4.11).
TEXT_PAIRS: Final = (
    ("ink", "surface"),
    ("ink", "paper"),
    ("ink", "sunken"),
    ("ink-2", "surface"),
    ("ink-2", "paper"),
    ("ink-2", "sunken"),
    ("ink-3", "surface"),
    ("ink-3", "paper"),
    ("ink-3", "sunken"),
    ("accent", "surface"),
    ("accent", "paper"),
    ("accent", "accent-soft"),
    ("accent", "dose-fill"),
    ("accent-deep", "accent-soft"),
    ("accent-deep", "dose-fill"),
    ("on-accent", "accent"),
    ("on-accent", "accent-deep"),
    ("on-deep-2", "accent-deep"),
    ("stop", "stop-soft"),
    ("stop", "surface"),
    ("warning", "warning-soft"),
    ("information", "information-soft"),
    ("good", "good-soft"),
    ("ink", "stop-soft"),
    ("ink-2", "stop-soft"),
    ("ink", "warning-soft"),
    ("ink", "information-soft"),
    ("ink", "good-soft"),
    ("side-effect", "surface"),
    ("stage-text", "stage"),
    ("stage-text", "stage-control"),
    ("stage-text", "stage-tile"),
    ("stage-text-2", "stage"),
    ("stage-text-2", "stage-tile"),
    ("stage-warning", "stage"),
    ("stage-error", "stage"),
    ("stage-link", "stage"),
    ("surface", "end-visit"),
)
SHAPE_PAIRS: Final = (
    ("line-strong", "surface"),
    ("line-strong", "paper"),
    ("focus", "surface"),
    ("focus", "paper"),
    ("stage-focus", "stage"),
    ("stage-focus", "accent-deep"),
    ("stage-outline", "stage"),
    ("stage-outline", "stage-tile"),
    ("end-visit", "stage"),
)


@lru_cache(maxsize=1)
def colors() -> dict[str, str]:
    """Token name without dashes in front -> `#rrggbb`, of the first `:root` block."""
    css = (files("visit_ui") / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    root = css[css.index(":root {") : css.index("}", css.index(":root {"))]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", root))


def _luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2, definition), of `#rrggbb`."""
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The ratio of two `#rrggbb`, from 1 to 21, in either order."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)
