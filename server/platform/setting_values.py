"""What one setting may be: text of an environment or a file becomes a typed value, or is refused in words.

Each type's function raises ``ValueError`` with what the setting "must be"; the setting's name stands before it. The
types are read by pydantic (docs/adr/0013-validation.md).
"""

from datetime import time
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator

from emr.shared.clinic_time import locales
from server.platform import database_address
from signaling.bus import redis_client


def _any_text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def _optional_text(value: str) -> str:
    return value.strip()


def number(low: int, high: int) -> BeforeValidator:
    """A whole number from `low` to `high`."""

    def read(value: str) -> int:
        if not value.strip().isdigit() or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return BeforeValidator(read)


def _yes_no(value: str) -> bool:
    known = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if value.strip().lower() not in known:
        raise ValueError("must be yes or no")
    return known[value.strip().lower()]


def _database_url(value: str) -> str:
    if value:
        database_address.read(value)
    return value


def _redis_url(value: str) -> str:
    redis_client.check(value)
    return value


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise ValueError("must be an origin such as https://visits.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a web address such as https://id.example.org")
    return value.rstrip("/")


def _addresses(value: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in value.split(",") if part.strip())
    for part in found:
        try:
            ip_address(part)
        except ValueError:
            raise ValueError("must be IP addresses separated by commas") from None
    return found


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("must be a time zone such as America/New_York") from None
    return value


def _locale(value: str) -> str:
    if not locales.is_known(value):
        raise ValueError("must be a locale such as en_US")
    return value


def _time_of_day(value: str) -> str:
    try:
        return time.fromisoformat(value.strip()).replace(tzinfo=None).isoformat("minutes")
    except ValueError:
        raise ValueError("must be a time of day such as 02:30") from None


def _key(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must have at least 32 characters: openssl rand -base64 32 makes one")
    return value


def _folder(value: str) -> Path:
    return Path(_any_text(value)).expanduser().absolute()


SetText = Annotated[str, BeforeValidator(_any_text)]
OptionalText = Annotated[str, BeforeValidator(_optional_text)]
YesNo = Annotated[bool, BeforeValidator(_yes_no)]
DatabaseUrl = Annotated[str, BeforeValidator(_database_url)]
RedisUrl = Annotated[str, BeforeValidator(_redis_url)]
Origin = Annotated[str, BeforeValidator(_origin)]
WebAddress = Annotated[str, BeforeValidator(_web_address)]
Addresses = Annotated[tuple[str, ...], BeforeValidator(_addresses)]
ZoneName = Annotated[str, BeforeValidator(_zone)]
Locale = Annotated[str, BeforeValidator(_locale)]
ClockTime = Annotated[str, BeforeValidator(_time_of_day)]
Key = Annotated[str, BeforeValidator(_key)]
Folder = Annotated[Path, BeforeValidator(_folder)]
