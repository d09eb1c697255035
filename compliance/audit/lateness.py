"""How long anything of the log may wait before somebody is told. Pure."""

from typing import Final

LATE_S: Final = 60.0
"""How long an entry may wait for its seal, a leaf for its signature, a checkpoint for its copy. The aim is a second."""
