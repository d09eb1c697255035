"""What one setting may be: text of an environment or a file becomes a typed value, or is refused in words.

Each function raises ``ValueError`` with what the setting "must be"; the setting's name stands before it.
"""

from collections.abc import Callable
from datetime import time
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emr.shared.clinic_time import locales
from server.platform import database_address
from signaling.bus import redis_client


def any_text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def optional_text(value: str) -> str:
    return value.strip()


def number(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.strip().isdigit() or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return read


def yes_no(value: str) -> bool:
    known = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if value.strip().lower() not in known:
        raise ValueError("must be yes or no")
    return known[value.strip().lower()]


def database_url(value: str) -> str:
    if value:
        database_address.read(value)
    return value


def redis_url(value: str) -> str:
    redis_client.check(value)
    return value


def origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise ValueError("must be an origin such as https://visits.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a web address such as https://id.example.org")
    return value.rstrip("/")


def addresses(value: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in value.split(",") if part.strip())
    for part in found:
        try:
            ip_address(part)
        except ValueError:
            raise ValueError("must be IP addresses separated by commas") from None
    return found


def zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("must be a time zone such as America/New_York") from None
    return value


def locale(value: str) -> str:
    if not locales.is_known(value):
        raise ValueError("must be a locale such as en_US")
    return value


def time_of_day(value: str) -> str:
    try:
        return time.fromisoformat(value.strip()).replace(tzinfo=None).isoformat("minutes")
    except ValueError:
        raise ValueError("must be a time of day such as 02:30") from None


def key(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must have at least 32 characters: openssl rand -base64 32 makes one")
    return value


def folder(value: str) -> Path:
    return Path(any_text(value)).expanduser().absolute()
