"""Every setting, read once from the environment or a TOML file; a bad one stops the start and is named.

The table ``SETTINGS`` is the whole truth: ``docs/operations.md`` is compared with it by a test. A name may also be
given as ``NAME_FILE`` with the path of a file that holds the value, as container secrets are.
"""

import os
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from server.platform.setting_values import (
    addresses,
    any_text,
    database_url,
    folder,
    key,
    locale,
    number,
    optional_text,
    origin,
    redis_url,
    time_of_day,
    web_address,
    yes_no,
    zone,
)


class SettingError(Exception):
    """A setting is missing or bad. The message names it and says what it takes, never its value when secret."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name in the environment, how it is read, what it is for. ``default=None``: required."""

    name: str
    read: Callable[[str], Any]
    default: str | None
    help: str
    secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting("DATABASE_URL", database_url, None, "PostgreSQL address of the restricted login.", secret=True),
    Setting("DATABASE_OWNER_URL", database_url, "", "Address of the owner's login; `titrate migrate` alone reads it.",
            secret=True),
    Setting("WORKER_DATABASE_URL", database_url, "",
            "Address of the login that can seal the log; `titrate worker` alone reads it.", secret=True),
    Setting("REDIS_URL", redis_url, None, "Redis or Valkey address for sessions and announcements.", secret=True),
    Setting("DATABASE_CONNECTIONS", number(2, 500), "15",
            "PostgreSQL connections a process opens at most; five more serve writes outside the main one."),
    Setting("REDIS_CONNECTIONS", number(10, 2000), "50",
            "Connections in each of a process's two Redis pools; the one for blocking reads has eight more."),
    Setting("PUBLIC_URL", origin, None, "The address people type, such as `https://visits.example.org`."),
    Setting("HOST", any_text, "127.0.0.1", "Address the web process listens on; beyond loopback TLS is required."),
    Setting("PORT", number(1, 65535), "8000", "TCP port of the web process."),
    Setting("TLS_CERTIFICATE", optional_text, "", "PEM certificate chain, when this process terminates TLS itself."),
    Setting("TLS_KEY", optional_text, "", "Path of the certificate's private key."),
    Setting("BEHIND_TLS_PROXY", yes_no, "no", "`yes` when a proxy terminates TLS and sets `X-Forwarded-Proto`."),
    Setting("PROXY_ADDRESSES", addresses, "", "Addresses of that proxy; only their forwarded headers are trusted."),
    Setting("OIDC_ISSUER", web_address, None, "Issuer URL of the OpenID provider."),
    Setting("OIDC_CLIENT_ID", any_text, None, "Client id registered there."),
    Setting("OIDC_CLIENT_SECRET", any_text, None, "Client secret registered there.", secret=True),
    Setting("OIDC_NAME", any_text, "your organization", "The provider's name on the sign-in button."),
    Setting("SESSION_IDLE_S", number(180, 86_400), "900", "Seconds without activity before a person is signed out."),
    Setting("SESSION_ABSOLUTE_S", number(300, 86_400), "43200", "Seconds after which a person must sign in again."),
    Setting("TICKET_KEY", key, None, "Secret that signs join tickets; the same in every web process.", secret=True),
    Setting("MEDIA_HOSTS", addresses, "127.0.0.1", "Addresses the media process binds its UDP port on."),
    Setting("MEDIA_PORT", number(1, 65535), "8000", "The UDP port for all media."),
    Setting("MEDIA_ANNOUNCE", addresses, "", "Addresses offered to browsers; if empty, those of MEDIA_HOSTS."),
    Setting("TURN_URL", optional_text, "", "A TURN server such as `turn:turn.example.org:3478`; if empty, none."),
    Setting("TURN_SECRET", optional_text, "", "The TURN server's secret for short-lived credentials.", secret=True),
    Setting("LOG_KEY_FILE", folder, None, "Ed25519 key that signs the log's checkpoints; created if missing."),
    Setting("CHECKPOINT_FOLDER", folder, None, "Where signed checkpoints go, out of the database owner's reach."),
    Setting("VERIFY_WHOLE_AT", time_of_day, "02:30",
            "When the worker verifies the whole log each night, in CLINIC_ZONE; new entries, every minute."),
    Setting("VISIT_ABANDONED_MINUTES", number(15, 1440), "120",
            "Minutes after its expected end before the worker ends a visit that is empty and was left open."),
    Setting("CLOCK_DIFFERENCE_S", number(1, 300), "30",
            "Seconds this machine's clock may differ from the database's; beyond that, changes are refused."),
    Setting("CLINIC_PHONE", optional_text, "", "The phone number pages give for technical help; if empty, none."),
    Setting("CLINIC_ZONE", zone, "America/New_York", "Time zone for people who have not set their own."),
    Setting("CLINIC_LOCALE", locale, "en_US", "How dates and times are written and typed: `8:20 PM`, `Nov 27`."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of ``SETTINGS``, by lower-case name. Made by :func:`read` or, for the demo and tests, directly."""

    database_url: str
    redis_url: str
    public_url: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    ticket_key: str
    log_key_file: Path
    checkpoint_folder: Path
    database_owner_url: str = ""
    worker_database_url: str = ""
    database_connections: int = 15
    redis_connections: int = 50
    host: str = "127.0.0.1"
    port: int = 8000
    tls_certificate: str = ""
    tls_key: str = ""
    behind_tls_proxy: bool = False
    proxy_addresses: tuple[str, ...] = ()
    oidc_name: str = "your organization"
    session_idle_s: int = 900
    session_absolute_s: int = 43_200
    media_hosts: tuple[str, ...] = ("127.0.0.1",)
    media_port: int = 8000
    media_announce: tuple[str, ...] = ()
    turn_url: str = ""
    turn_secret: str = ""
    verify_whole_at: str = "02:30"
    visit_abandoned_minutes: int = 120
    clock_difference_s: int = 30
    clinic_phone: str = ""
    clinic_zone: str = "America/New_York"
    clinic_locale: str = "en_US"

    @property
    def secure(self) -> bool:
        """Whether people reach us by TLS."""
        return self.public_url.startswith("https://")


def read(environment: Mapping[str, str] = os.environ, file: Path | None = None) -> Settings:
    """Read and check every setting; the environment wins over the file. Raises ``SettingError``."""
    texts = {**_from_file(file), **_from_environment(environment)}
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = texts.get(setting.name, setting.default)
        if text is None:
            raise SettingError(f"{setting.name} is not set. {setting.help}")
        values[setting.name.lower()] = _value(setting, text)
    settings = Settings(**values)
    check_together(settings)
    return settings


def read_some(names: Collection[str], environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Those of the settings `names` that the environment sets to something, checked. Raises ``SettingError``."""
    texts = _from_environment(environment)
    return {one.name: _value(one, texts[one.name]) for one in SETTINGS if one.name in names and texts.get(one.name)}


def _value(setting: Setting, text: str) -> Any:
    try:
        return setting.read(text)
    except ValueError as error:
        shown = "" if setting.secret else f" (it is {text!r})"
        raise SettingError(f"{setting.name} {error}{shown}. {setting.help}") from None


def check_together(settings: Settings) -> None:
    """Refuse combinations that would expose patients. Raises ``SettingError``."""
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise SettingError("TLS_CERTIFICATE and TLS_KEY belong together: set both or neither.")
    ends_tls = bool(settings.tls_certificate) or settings.behind_tls_proxy
    if not _loopback(settings.host) and not ends_tls:
        raise SettingError(
            f"HOST {settings.host} is reachable from other machines, and without TLS a visit could be read on the way: "
            "set TLS_CERTIFICATE and TLS_KEY, or BEHIND_TLS_PROXY=yes, or listen on 127.0.0.1."
        )
    if ends_tls and not settings.secure:
        raise SettingError("PUBLIC_URL must begin with https:// when TLS is used.")
    if settings.session_idle_s > settings.session_absolute_s:
        raise SettingError("SESSION_IDLE_S must not be longer than SESSION_ABSOLUTE_S.")
    if settings.turn_url and not settings.turn_secret:
        raise SettingError("TURN_SECRET is not set, but TURN_URL is.")


def _loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for setting in SETTINGS:
        if setting.name in environment:
            found[setting.name] = environment[setting.name]
        elif pointer := environment.get(f"{setting.name}_FILE"):
            try:
                found[setting.name] = Path(pointer).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise SettingError(f"{setting.name}_FILE cannot be read: {error.strerror}.") from None
    return found


def _from_file(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"The settings file {file} cannot be read: {error.strerror}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"The settings file {file} is not TOML: {error}.") from None
    known = {setting.name for setting in SETTINGS}
    for name in content:
        if name.upper() not in known:
            raise SettingError(f"The settings file {file} has an unknown setting: {name}.")
    return {name.upper(): _as_text(value) for name, value in content.items()}


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(str(part) for part in value)
    return str(value)
