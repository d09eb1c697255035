"""What one browser publishes: a list of publications, each of one source, in one or more encodings. Pure.

Version 1 of the protocol carries exactly a microphone and a camera of each person; of all that stands in this folder
only `VERSION_1` says so. What else has its place here: docs/adr/0011-publications.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from signaling.ids import PeerId

KINDS = ("audio", "video")
PublicationId = NewType("PublicationId", str)
"""The MID of the line in which it arrives: one browser's own."""


class MediaSource(StrEnum):
    """Where media come from."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True)
class Medium:
    """What a media line carries: its kind ('audio' or 'video'), and of which source."""

    kind: str
    source: MediaSource


MICROPHONE = Medium("audio", MediaSource.MICROPHONE)
CAMERA = Medium("video", MediaSource.CAMERA)
SCREEN = Medium("video", MediaSource.SCREEN)

Carried = tuple[Medium, ...]
"""What a browser may publish, and so what a slot shows of one person: a media line each, in this order."""
VERSION_1: Carried = (MICROPHONE, CAMERA)


@dataclass(frozen=True, slots=True)
class Encoding:
    """One stream of a publication, as the offer announces it.

    `rid`: its name among several, None for the only one. `ssrc`, `rtx_ssrc`: None if only its packets will tell.
    """

    rid: str | None
    ssrc: int | None
    rtx_ssrc: int | None


@dataclass(frozen=True, slots=True)
class Publication:
    """One sound or one picture that one browser publishes."""

    id: PublicationId
    medium: Medium
    encodings: tuple[Encoding, ...]


@dataclass(frozen=True, slots=True)
class TrackSubject:
    """What a down track shows: whose publication."""

    publisher: PeerId
    publication: PublicationId


@dataclass(frozen=True, slots=True)
class SlotPosition:
    """Where a down track stands in its browser: the slot of one person, and what of that person arrives there."""

    slot: int
    medium: Medium
