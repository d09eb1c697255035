"""An RTP packet on its way through: its header, and what is kept of it. Pure."""

CACHE = 1024
"""Video packets kept for resends: about 2 s at 3 Mbps."""

RtpHeader = tuple[int, int, int, int, int]
"""The five fields of an RTP header: two bytes of flags, sequence number, timestamp, SSRC."""
Cached = tuple[int, int, int, int, bytes]
"""extended number, timestamp, padding bit, marker bit, payload with padding"""
