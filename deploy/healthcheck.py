"""What a container engine asks: does this process do its work? Exit status 0: yes. One sentence when not.

``web``: it reaches database and Valkey. ``media``: the UDP port is open. ``worker``: it is heard of, it
does not refuse, and nothing has waited longer than a minute for its seal, its signature or its copy outside.
"""

import asyncio
import os
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path


def web() -> str | None:
    """None when /health/ready answers 200, else what is wrong."""
    address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/health/ready"
    try:
        with urllib.request.urlopen(address, timeout=4) as answer:
            return None if answer.status == 200 else f"/health/ready answered {answer.status}"
    except OSError as error:
        return f"/health/ready did not answer: {error}"


def media() -> str | None:
    """None when the media port is open, as the kernel lists it."""
    port = int(os.environ.get("MEDIA_PORT", "8000"))
    lists = [Path("/proc/net/udp"), Path("/proc/net/udp6")]
    lines = [line for path in lists if path.exists() for line in path.read_text("ascii").splitlines()[1:]]
    opened = {int(line.split()[1].rpartition(":")[2], 16) for line in lines}
    return None if port in opened else f"UDP port {port} is not open"


def worker() -> str | None:
    """None when the log keeps up."""
    from server.platform import settings

    known = settings.read()
    return asyncio.run(behind(known.worker_database_url, known.redis_url))


async def behind(database_url: str, redis_url: str) -> str | None:
    """None when the log at these addresses keeps up, else every fault."""
    from server.audit.health.command import status

    told = await status(database_url, redis_url, datetime.now(UTC))
    return " ".join(told.lines) if told.exit_status else None


CHECKS = {"web": web, "media": media, "worker": worker}

if __name__ == "__main__":
    sys.exit(CHECKS[sys.argv[1]]())
