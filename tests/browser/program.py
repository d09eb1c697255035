"""Which Chromium the tests drive."""

import os
import shutil
from functools import cache

NAMES = ("chromium", "chromium-browser", "google-chrome")


@cache
def chromium_path() -> str | None:
    """The browser that `.ci/browser` found or installed, as `TITRATE_CHROMIUM` names it; None: Playwright's own."""
    named = [os.environ["TITRATE_CHROMIUM"]] if os.environ.get("TITRATE_CHROMIUM") else []
    return next((path for name in (*named, *NAMES) if (path := shutil.which(name))), None)
