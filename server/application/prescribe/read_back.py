"""Only what was read back is signed: a form carries what stands for it, and is refused without, or when it differs."""

from hashlib import sha256

# The dose was changed, and signed before what is signed was shown again.
OTHERWISE = "The dose changed after it was read back to you. Review what you would sign now, then sign."
UNREAD = "What you would sign was not read back to you. Review it below, then sign."


def stands_for(*lines: str) -> str:
    """What a form posts as `shown` for the lines that its reader sees: the same lines, the same text."""
    return sha256("\n".join(lines).encode()).hexdigest()[:24]


def refusal(sent: str, now: str) -> str | None:
    """Why a form sent with the text `sent` is not signed, when `now` stands for what it would sign; None: it may be."""
    if not sent:
        return UNREAD
    return OTHERWISE if sent != now else None
