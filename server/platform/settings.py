"""Every setting, read once from the environment or a TOML file; whatever is wrong stops the start and is named.

The dataclass ``Settings`` is the whole truth: ``docs/operations.md`` is compared with it by a test. A name may also be
given as ``NAME_FILE`` with the path of a file that holds the value, as container secrets are.
"""

import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from server.platform.setting_values import (
    Addresses,
    ClockTime,
    DatabaseUrl,
    Folder,
    Key,
    Locale,
    OptionalText,
    Origin,
    RedisUrl,
    SetText,
    WebAddress,
    YesNo,
    ZoneName,
    number,
)


class SettingError(Exception):
    """Settings are missing or bad: one line for each, which names it and says what it takes, never a secret value."""


@dataclass(frozen=True, slots=True)
class About:
    """What a setting is for; `secret`: its value is never shown."""

    help: str
    secret: bool = False


def about(help: str) -> About:
    """Documents a setting."""
    return About(help)


def secret(help: str) -> About:
    """Documents a setting whose value is never shown."""
    return About(help, secret=True)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """The settings by lower-case name, in the order of docs/operations.md. Made by :func:`read` or, for the demo and
    tests, directly.
    """

    database_url: Annotated[DatabaseUrl, secret("PostgreSQL address of the restricted login.")]
    database_owner_url: Annotated[
        DatabaseUrl, secret("Address of the owner's login; `titrate migrate` alone reads it.")
    ] = ""
    worker_database_url: Annotated[
        DatabaseUrl, secret("Address of the login that can seal the log; `titrate worker` alone reads it.")
    ] = ""
    redis_url: Annotated[RedisUrl, secret("Redis or Valkey address for sessions and announcements.")]
    database_connections: Annotated[
        int,
        number(2, 500),
        about("PostgreSQL connections a process opens at most; five more serve writes outside the main one."),
    ] = 15
    redis_connections: Annotated[
        int,
        number(10, 2000),
        about("Connections in each of a process's two Redis pools; the one for blocking reads has eight more."),
    ] = 50
    public_url: Annotated[Origin, about("The address people type, such as `https://visits.example.org`.")]
    host: Annotated[SetText, about("Address the web process listens on; beyond loopback TLS is needed.")] = "127.0.0.1"
    port: Annotated[int, number(1, 65535), about("TCP port of the web process.")] = 8000
    tls_certificate: Annotated[
        OptionalText, about("PEM certificate chain, when this process terminates TLS itself.")
    ] = ""
    tls_key: Annotated[OptionalText, about("Path of the certificate's private key.")] = ""
    behind_tls_proxy: Annotated[YesNo, about("`yes` when a proxy terminates TLS and sets `X-Forwarded-Proto`.")] = False
    proxy_addresses: Annotated[
        Addresses, about("Addresses of that proxy; only their forwarded headers are trusted.")
    ] = ()
    oidc_issuer: Annotated[WebAddress, about("Issuer URL of the OpenID provider.")]
    oidc_client_id: Annotated[SetText, about("Client id registered there.")]
    oidc_client_secret: Annotated[SetText, secret("Client secret registered there.")]
    oidc_name: Annotated[SetText, about("The provider's name on the sign-in button.")] = "your organization"
    session_idle_s: Annotated[
        int, number(180, 86_400), about("Seconds without activity before a person is signed out.")
    ] = 900
    session_absolute_s: Annotated[
        int, number(300, 86_400), about("Seconds after which a person must sign in again.")
    ] = 43_200
    ticket_key: Annotated[Key, secret("Secret that signs join tickets; the same in every web process.")]
    media_hosts: Annotated[Addresses, about("Addresses the media process binds its UDP port on.")] = ("127.0.0.1",)
    media_port: Annotated[int, number(1, 65535), about("The UDP port for all media.")] = 8000
    media_announce: Annotated[Addresses, about("Addresses offered to browsers; if empty, those of MEDIA_HOSTS.")] = ()
    turn_url: Annotated[OptionalText, about("A TURN server such as `turn:turn.example.org:3478`; if empty, none.")] = ""
    turn_secret: Annotated[OptionalText, secret("The TURN server's secret for short-lived credentials.")] = ""
    log_key_file: Annotated[Folder, about("Ed25519 key that signs the log's checkpoints; created if missing.")]
    checkpoint_folder: Annotated[Folder, about("Where signed checkpoints go, out of the database owner's reach.")]
    verify_whole_at: Annotated[
        ClockTime,
        about("When the worker verifies the whole log each night, in CLINIC_ZONE; new entries, every minute."),
    ] = "02:30"
    visit_abandoned_minutes: Annotated[
        int,
        number(15, 1440),
        about("Minutes after its expected end before the worker ends a visit that is empty and was left open."),
    ] = 120
    clock_difference_s: Annotated[
        int,
        number(1, 300),
        about("Seconds this machine's clock may differ from the database's; beyond that, changes are refused."),
    ] = 30
    clinic_phone: Annotated[OptionalText, about("The phone number pages give for technical help; if empty, none.")] = ""
    clinic_zone: Annotated[ZoneName, about("Time zone for people who have not set their own.")] = "America/New_York"
    clinic_locale: Annotated[Locale, about("How dates and times are written and typed: `8:20 PM`, `Nov 27`.")] = "en_US"

    def __repr__(self) -> str:
        """No secret gets into a message by it."""
        return f"Settings({self.public_url})"

    @property
    def secure(self) -> bool:
        """Whether people reach us by TLS."""
        return self.public_url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as documents list it: its name in the environment, its default as text (None: required)."""

    name: str
    default: str | None
    help: str
    secret: bool


def _listed() -> Iterator[Setting]:
    hints = get_type_hints(Settings, include_extras=True)
    for one in fields(Settings):
        told: About = hints[one.name].__metadata__[-1]
        default = None if one.default is MISSING else _as_text(one.default)
        yield Setting(one.name.upper(), default, told.help, told.secret)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ",".join(str(part) for part in value)
    return str(value)


SETTINGS: tuple[Setting, ...] = tuple(_listed())
_BY_FIELD: Mapping[str, Setting] = {one.name.lower(): one for one in SETTINGS}


def read(environment: Mapping[str, str] = os.environ, file: Path | None = None) -> Settings:
    """Read and check every setting; the environment wins over the file. Raises ``SettingError`` with all problems."""
    in_file, unknown = _from_file(file)
    in_environment, unreadable = _from_environment(environment)
    problems = [*unknown, *unreadable.values()]
    texts = {name.lower(): text for name, text in {**in_file, **in_environment}.items()}
    try:
        settings = TypeAdapter(Settings).validate_python(texts)
    except ValidationError as error:
        found = [(_BY_FIELD[str(one["loc"][0])], one) for one in error.errors(include_url=False)]
        problems += [_sentence(setting, one) for setting, one in found if setting.name not in unreadable]
        raise SettingError("\n".join(problems)) from None
    problems += _together(settings)
    if problems:
        raise SettingError("\n".join(problems))
    return settings


def read_some(names: Collection[str], environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Those of the settings `names` that the environment sets to something, checked. Raises ``SettingError``."""
    texts, unreadable = _from_environment(environment, names)
    hints = get_type_hints(Settings, include_extras=True)
    values: dict[str, Any] = {}
    problems = [*unreadable.values()]
    for name, text in texts.items():
        if not text:
            continue
        try:
            values[name] = TypeAdapter(hints[name.lower()]).validate_python(text)
        except ValidationError as error:
            problems += [_sentence(_BY_FIELD[name.lower()], one) for one in error.errors(include_url=False)]
    if problems:
        raise SettingError("\n".join(problems))
    return values


def _sentence(setting: Setting, found: ErrorDetails) -> str:
    if found["type"] == "missing":
        return f"{setting.name} is not set. {setting.help}"
    shown = "" if setting.secret else f" (it is {found['input']!r})"
    return f"{setting.name} {found['ctx']['error']}{shown}. {setting.help}"


def _together(settings: Settings) -> Iterator[str]:
    """Combinations that would expose patients, or cannot be meant."""
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        yield "TLS_CERTIFICATE and TLS_KEY belong together: set both or neither."
    ends_tls = bool(settings.tls_certificate) or settings.behind_tls_proxy
    if not _loopback(settings.host) and not ends_tls:
        yield (
            f"HOST {settings.host} is reachable from other machines, and without TLS a visit could be read on the way: "
            "set TLS_CERTIFICATE and TLS_KEY, or BEHIND_TLS_PROXY=yes, or listen on 127.0.0.1."
        )
    if ends_tls and not settings.secure:
        yield "PUBLIC_URL must begin with https:// when TLS is used."
    if settings.session_idle_s > settings.session_absolute_s:
        yield "SESSION_IDLE_S must not be longer than SESSION_ABSOLUTE_S."
    if settings.turn_url and not settings.turn_secret:
        yield "TURN_SECRET is not set, but TURN_URL is."


def _loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _from_environment(
    environment: Mapping[str, str], names: Collection[str] | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """The texts of the settings `names` (None: all), and a sentence for each whose file cannot be read."""
    found: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for setting in SETTINGS:
        if names is not None and setting.name not in names:
            continue
        if setting.name in environment:
            found[setting.name] = environment[setting.name]
        elif pointer := environment.get(f"{setting.name}_FILE"):
            try:
                found[setting.name] = Path(pointer).read_text(encoding="utf-8").strip()
            except OSError as error:
                unreadable[setting.name] = f"{setting.name}_FILE cannot be read: {error.strerror}."
    return found, unreadable


def _from_file(file: Path | None) -> tuple[dict[str, str], list[str]]:
    """The texts of a settings file, and a sentence for each name in it that is no setting's."""
    if file is None:
        return {}, []
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"The settings file {file} cannot be read: {error.strerror}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"The settings file {file} is not TOML: {error}.") from None
    texts = {name.upper(): _as_text(value) for name, value in content.items() if name.lower() in _BY_FIELD}
    unknown = [name for name in content if name.lower() not in _BY_FIELD]
    return texts, [f"The settings file {file} has an unknown setting: {name}." for name in unknown]
