"""What a container engine asks: does this process do its work? Exit status 0: yes. One sentence when not.

``web``: the page that asks database and Valkey answers. ``media``: the UDP port is open. ``worker``: nothing has waited
for its seal longer than a minute (sealing stops over a damaged log, on purpose, and somebody must look).
"""

import asyncio
import os
import sys
import urllib.request
from pathlib import Path

# Sealing aims at one second; beyond this something is wrong and not only busy.
UNSEALED_TOO_LONG_S = 60
LATE = (
    "SELECT count(*) FROM audit_entry e LEFT JOIN audit_leaf l ON l.entry_id = e.id "
    "WHERE l.entry_id IS NULL AND e.recorded_at < now() - make_interval(secs => :seconds)"
)


def web() -> str | None:
    """None when /health answers 200, else what is wrong."""
    address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/health"
    try:
        with urllib.request.urlopen(address, timeout=4) as answer:
            return None if answer.status == 200 else f"/health answered {answer.status}"
    except OSError as error:
        return f"/health did not answer: {error}"


def media() -> str | None:
    """None when the media port is open, as the kernel lists it."""
    port = int(os.environ.get("MEDIA_PORT", "8000"))
    lists = [Path("/proc/net/udp"), Path("/proc/net/udp6")]
    lines = [line for path in lists if path.exists() for line in path.read_text("ascii").splitlines()[1:]]
    opened = {int(line.split()[1].rpartition(":")[2], 16) for line in lines}
    return None if port in opened else f"UDP port {port} is not open"


def worker() -> str | None:
    """None when the log is sealed up to now."""
    from server import settings

    return asyncio.run(unsealed(settings.read().database_url))


async def unsealed(database_url: str) -> str | None:
    """None when nothing waits too long for its seal in the database at this address."""
    from sqlalchemy import text

    from server import database

    engine = database.one_shot_engine(database_url)
    try:
        async with engine.connect() as conn:
            late = (await conn.execute(text(LATE), {"seconds": UNSEALED_TOO_LONG_S})).scalar_one()
    finally:
        await engine.dispose()
    return f"{late} entries have waited for their seal longer than {UNSEALED_TOO_LONG_S} s" if late else None


CHECKS = {"web": web, "media": media, "worker": worker}

if __name__ == "__main__":
    sys.exit(CHECKS[sys.argv[1]]())
