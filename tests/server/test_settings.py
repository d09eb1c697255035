"""Settings: each is documented, each bad value is named, and nothing unsafe starts."""

import re
from pathlib import Path

import pytest

from server.platform import database_address
from server.platform.settings import SETTINGS, SettingError, read, read_some

GOOD = {
    "DATABASE_URL": "postgresql://web:x@db/titrate",
    "REDIS_URL": "redis://cache",
    "PUBLIC_URL": "https://visits.example.org",
    "OIDC_ISSUER": "https://id.example.org",
    "OIDC_CLIENT_ID": "titrate",
    "OIDC_CLIENT_SECRET": "a secret",
    "TICKET_KEY": "k" * 32,
    "LOG_KEY_FILE": "/etc/titrate/log.key",
    "CHECKPOINT_FOLDER": "/var/lib/checkpoints",
}


def test_a_good_environment_is_read() -> None:
    settings = read(GOOD)
    assert settings.public_url == "https://visits.example.org"
    assert settings.secure


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_required_setting_is_named(name: str) -> None:
    with pytest.raises(SettingError, match=name):
        read({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "postgresql://web:p@ss@db:port/titrate"),
        ("DATABASE_URL", "postgresql://db/titrate?sslmode=please"),
        ("DATABASE_URL", "postgresql://db/titrate?connect_timeout=3"),
        ("DATABASE_URL", "postgresql://db:99999/titrate"),
        ("DATABASE_URL", "postgresql://one,two:port/titrate"),
        ("DATABASE_URL", "postgresql://one,two/titrate?target_session_attrs=fastest"),
        ("DATABASE_URL", "postgresql://db/titrate?sslmode=verify-full&sslrootcert=/not/there.pem"),
        ("DATABASE_URL", f"postgresql://db/titrate?sslmode=verify-full&sslrootcert={__file__}"),
        ("DATABASE_URL", f"postgresql://db/titrate?sslrootcert={__file__}"),
        ("DATABASE_URL", "postgresql://db/titrate?pool_mode=statement"),
        ("REDIS_URL", "http://x"),
        ("REDIS_URL", "redis://db:port/0"),
        ("REDIS_URL", "redis://db/0?speed=11"),
        ("REDIS_URL", "redis+sentinel://one,two/"),
        ("REDIS_URL", "redis+sentinel://one:port/clinic"),
        ("PUBLIC_URL", "visits.example.org"),
        ("PUBLIC_URL", "https://visits.example.org/path"),
        ("CLINIC_ZONE", "Tampa"),
        ("TICKET_KEY", "short"),
        ("MEDIA_HOSTS", "localhost"),
        ("BEHIND_TLS_PROXY", "maybe"),
        ("OIDC_CLIENT_SECRET", " "),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        read({**GOOD, name: value})


def test_the_usual_spellings_of_a_database_address_reach_the_driver() -> None:
    for given, read_as in (
        ("postgres://web:x@db/titrate", "postgresql://web:x@db/titrate"),
        ("postgresql+asyncpg://db/t?ssl=verify-full", "postgresql://db/t?sslmode=verify-full"),
        (
            "postgresql://web:a%40b@one:5433,two/t?target_session_attrs=read-write",
            "postgresql://web:a%40b@one:5433,two/t?target_session_attrs=read-write",
        ),
        ("postgresql://web:a%40b@/t?host=/run/pg", "postgresql://web:a%40b@/t?host=/run/pg"),
    ):
        assert database_address.read(given).dsn == read_as


def test_another_database_is_of_the_same_servers() -> None:
    address = database_address.read("postgresql://web:x@one:5433,two/t?sslmode=require&pool_mode=transaction")
    assert address.database("u") == "postgresql://web:x@one:5433,two/u?sslmode=require&pool_mode=transaction"
    assert database_address.read(address.database("u")).pooled


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TICKET_KEY", "hunter2"),
        ("DATABASE_URL", "postgresql://web:p@ss:hunter2/more@db/titrate"),
        ("REDIS_URL", "redis://web:hunter2/more@db/0"),
    ],
)
def test_a_secret_is_never_shown(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name) as caught:
        read({**GOOD, name: value})
    assert "hunter2" not in str(caught.value)
    assert "k" * 32 not in repr(read(GOOD))


def test_some_settings_alone_are_checked_like_all(tmp_path: Path) -> None:
    kept = tmp_path / "redis"
    kept.write_text("redis://db/0\n")
    environment = {"REDIS_URL_FILE": str(kept), "DATABASE_URL": "", "PORT": "no number"}
    assert read_some(("REDIS_URL", "DATABASE_URL"), environment) == {"REDIS_URL": "redis://db/0"}
    with pytest.raises(SettingError, match="PORT"):
        read_some(("PORT",), environment)


def test_listening_beyond_loopback_without_tls_is_refused_with_the_reason() -> None:
    with pytest.raises(SettingError, match="reachable from other machines"):
        read({**GOOD, "HOST": "0.0.0.0"})
    assert read({**GOOD, "HOST": "0.0.0.0", "BEHIND_TLS_PROXY": "yes"}).host == "0.0.0.0"


def test_the_environment_wins_over_the_file_and_a_typing_error_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "titrate.toml"
    file.write_text('port = 9000\noidc_name = "Ybor"\nmedia_hosts = ["10.0.0.1", "10.0.0.2"]\n')
    settings = read({**GOOD, "OIDC_NAME": "Tampa"}, file)
    assert (settings.port, settings.oidc_name) == (9000, "Tampa")
    assert settings.media_hosts == ("10.0.0.1", "10.0.0.2")
    file.write_text("prot = 9000\n")
    with pytest.raises(SettingError, match="prot"):
        read(GOOD, file)


def test_a_value_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "ticket"
    secret.write_text("s" * 40 + "\n")
    rest = {key: value for key, value in GOOD.items() if key != "TICKET_KEY"}
    assert read({**rest, "TICKET_KEY_FILE": str(secret)}).ticket_key == "s" * 40
    with pytest.raises(SettingError, match="TICKET_KEY_FILE"):
        read({**rest, "TICKET_KEY_FILE": str(tmp_path / "none")})


def test_all_that_is_wrong_is_told_at_once_a_line_each(tmp_path: Path) -> None:
    file = tmp_path / "titrate.toml"
    file.write_text('prot = 9000\nport = "eighty"\n')
    wrong = {**GOOD, "TICKET_KEY": "hunter2", "CLINIC_ZONE": "Tampa", "OIDC_CLIENT_SECRET_FILE": str(tmp_path / "none")}
    del wrong["OIDC_CLIENT_SECRET"], wrong["PUBLIC_URL"]
    with pytest.raises(SettingError) as caught:
        read(wrong, file)
    lines = str(caught.value).splitlines()
    assert [line.split(" ")[0] for line in lines] == [
        "The",
        "OIDC_CLIENT_SECRET_FILE",
        "PUBLIC_URL",
        "PORT",
        "TICKET_KEY",
        "CLINIC_ZONE",
    ]
    assert "must be a whole number from 1 to 65535 (it is 'eighty'). TCP port of the web process." in lines[3]
    together = {**GOOD, "HOST": "0.0.0.0", "TURN_URL": "turn:t.example.org", "SESSION_IDLE_S": "600"}
    with pytest.raises(SettingError) as caught:
        read({**together, "SESSION_ABSOLUTE_S": "300"})
    assert len(str(caught.value).splitlines()) == 3


def test_the_operations_page_documents_exactly_these_settings() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", page, flags=re.M))
    assert documented == {
        setting.name: "required" if setting.default is None else f"`{setting.default}`" if setting.default else "empty"
        for setting in SETTINGS
    }
