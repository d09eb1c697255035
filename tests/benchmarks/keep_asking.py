"""Asks for one page again and again over lines that stay open, in a process of its own: prints how many answers came.

``python -m tests.benchmarks.keep_asking PORT PATH LINES SECONDS``, the session's cookie in the environment.
"""

import asyncio
import os
import re
import sys
import time

COOKIE = "BENCH_COOKIE"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


async def _line(port: int, request: bytes, until: float) -> int:
    """One line: the next request when the last is answered. Raises ``RuntimeError`` for anything but 200."""
    reader, writer = await asyncio.open_connection("localhost", port)
    count = 0
    while time.monotonic() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            raise RuntimeError(head.decode("latin-1"))
        await reader.readexactly(int(length.group(1)))
        count += 1
    writer.close()
    return count


async def _ask(port: int, path: str, lines: int, seconds: float) -> int:
    asked = (f"GET {path} HTTP/1.1", f"Host: localhost:{port}", f"Cookie: {os.environ[COOKIE]}", "Accept: text/html")
    request = "\r\n".join((*asked, "Sec-Fetch-Mode: navigate", "", "")).encode()
    until = time.monotonic() + seconds
    return sum(await asyncio.gather(*(_line(port, request, until) for _ in range(lines))))


if __name__ == "__main__":
    answers = asyncio.run(_ask(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
    sys.stdout.write(f"{answers}\n")
