"""Reads the reference files that ship with the package. Each is data with a source; none is changed at run time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from importlib.resources import files
from typing import Any, TypeVar

from emr.shared.validation import yaml_value

T = TypeVar("T")

_FOLDER = files("emr") / "reference"


def read(name: str, kind: type[T], known: Mapping[str, Collection[Any]] | None = None) -> T:
    """What a YAML reference file holds, as `yaml_value` reads it. Raises `BadFile`: the program refuses to start."""
    return yaml_value(name, (_FOLDER / name).read_text(encoding="utf-8"), kind, known)


def sha256(name: str) -> str:
    """The hash of a reference file's bytes, hexadecimal, to be kept with what was decided by it."""
    return hashlib.sha256((_FOLDER / name).read_bytes()).hexdigest()
