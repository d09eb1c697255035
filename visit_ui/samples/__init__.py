"""Instances of every page in every state, with the invented cast: for the tests and the styleguide. No real data.

Each module here has `SAMPLES`: a name of the state ("day.nobody-waiting") -> the page.
"""

from functools import lru_cache
from importlib import import_module
from pkgutil import walk_packages

from visit_ui.pages.shell.frame import Page


@lru_cache(maxsize=1)
def all_samples() -> dict[str, Page]:
    """Every sample by name, sorted; a name used twice is an error."""
    found: dict[str, Page] = {}
    for info in walk_packages(__path__, f"{__name__}."):
        module = import_module(info.name)
        for name, page in getattr(module, "SAMPLES", {}).items():
            if name in found:
                raise ValueError(f"two samples are called {name}")
            found[name] = page
    return dict(sorted(found.items()))
