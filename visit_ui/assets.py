"""Styles, scripts, fonts and icons: addresses that change when a file does, so that browsers may keep them for good."""

import hashlib
import posixpath
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from markupsafe import Markup

FOLDER: Final = Path(__file__).parent / "static"
PREFIX: Final = "/static"
_VERSION: Final = re.compile(r"[0-9a-f]{10}")
_IMPORT: Final = re.compile(r'^(?:import|export)\b[^;"]*"(\.{1,2}/[\w./]+)";', re.MULTILINE)


@lru_cache(maxsize=1)
def version() -> str:
    """Ten digits that stand for the names and contents of all files."""
    digest = hashlib.sha256()
    for file in sorted(FOLDER.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(FOLDER)}\0{file.stat().st_size}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:10]


def address(path: str) -> str:
    """`css/base.css` as `/static/<version>/css/base.css`. Files name one another relatively, so they stay in it."""
    return f"{PREFIX}/{version()}/{path}"


def split(path: str) -> tuple[str | None, str]:
    """What follows the prefix, as version (None: it has none) and file: the opposite of `address`."""
    first, _, rest = path.partition("/")
    return (first, rest) if _VERSION.fullmatch(first) else (None, path)


@lru_cache
def imports(script: str) -> tuple[str, ...]:
    """Every module that a script of `js/` needs, itself last: `visit_page.js` needs `call_stage.js` and so on."""
    found: dict[str, None] = {}
    _collect(script, found)
    return tuple(found)


def _collect(script: str, found: dict[str, None]) -> None:
    if script in found:
        return
    for other in _IMPORT.findall((FOLDER / "js" / script).read_text(encoding="utf-8")):
        _collect(posixpath.normpath(posixpath.join(posixpath.dirname(script), other)), found)
    found[script] = None


def module(script: str) -> Markup:
    """The tags of a page's script. Its imports are named at once: a browser would find them level by level."""
    return ahead(script) + Markup('<script type="module" src="{}"></script>').format(address(f"js/{script}"))


def ahead(script: str) -> Markup:
    """The tags by which a browser has a script and its imports ready before they are asked for."""
    link = Markup('<link rel="modulepreload" href="{}">')
    return Markup("").join(link.format(address(f"js/{one}")) for one in imports(script))
