"""Reads the reference files that ship with the package. Each is data with a source; none is changed at run time."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any

import yaml

_FOLDER = files("emr") / "reference"
# The same as yaml.SafeLoader, in C: every process reads these files when it starts, and Python takes it a third of a
# second. A wheel of PyYAML that was built without libyaml has the other alone.
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class BadReference(Exception):
    """A reference file cannot be used. The program refuses to start; the message names file and row."""


def read(name: str) -> dict[str, Any]:
    """The mapping a YAML reference file holds. `Any`: each loader checks the shape it needs, row by row."""
    loaded = parsed((_FOLDER / name).read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise BadReference(f"{name}: the file must hold a mapping")
    return loaded


def parsed(text: str) -> object:
    """What a YAML text holds: plain values alone. Raises ``yaml.YAMLError``."""
    return yaml.load(text, _LOADER)  # noqa: S506 - either loader is a safe one


def sha256(name: str) -> str:
    """The hash of a reference file's bytes, hexadecimal, to be kept with what was decided by it."""
    return hashlib.sha256((_FOLDER / name).read_bytes()).hexdigest()
