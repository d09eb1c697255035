"""VP8 in RTP, as far as a relay must look at it (RFC 7741). Pure."""


def starts_key_frame(payload: bytes | memoryview) -> bool:
    """Whether a VP8 payload is the first packet of a key frame (RFC 7741 sections 4.2 and 4.3)."""
    size = len(payload)
    if size < 4:
        return False
    first = payload[0]
    if not first & 0x10 or first & 0x07:
        return False  # not the start of a frame's first partition
    position = 1
    if first & 0x80:
        flags = payload[position]
        position += 1
        if flags & 0x80:
            position += 2 if payload[position] & 0x80 else 1
        position += (flags >> 6 & 1) + (1 if flags & 0x30 else 0)
    return position < size and not payload[position] & 1
