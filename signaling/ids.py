"""Names of things in a call. All are opaque text; none says who a person is."""

from typing import NewType

RoomId = NewType("RoomId", str)
"""128 random bits, url-safe; made with the visit."""

ParticipantId = NewType("ParticipantId", str)
"""The id of a person as the pages know it; the call channel carries no name."""

ConnectionId = NewType("ConnectionId", str)
"""One WebSocket. A person who reloads has a new one."""

PeerId = NewType("PeerId", str)
"""One media connection (one RTCPeerConnection of a browser). It may outlive a WebSocket."""

NodeId = NewType("NodeId", str)
"""One run of a media process; a restarted process has a new one."""

WebId = NewType("WebId", str)
"""One run of a web process."""
