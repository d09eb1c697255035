"""A media process for tests: prints its port once browsers may come, ends on SIGTERM."""

import asyncio
import signal
import sys
from datetime import UTC, datetime

from signaling.bus.bus import Bus
from signaling.node import media


async def serve(redis_url: str, prefix: str, host: str, *announced: str) -> None:
    """Until SIGTERM."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    settings = media.MediaSettings(hosts=(host,), announced=announced)

    def ready(port: int) -> None:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()

    async with Bus.open(redis_url, prefix) as bus:
        await media.run(settings, bus, clock=lambda: datetime.now(UTC), ready=ready)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=media.loop_factory()) as runner:
        try:
            runner.run(serve(*sys.argv[1:]))
        except asyncio.CancelledError:
            sys.exit(0)
