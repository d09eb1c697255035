"""Engines behind TLS with a certificate authority of the clinic's own."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from redis.exceptions import RedisError

from server.platform import database
from signaling.bus import redis_client
from tests.conftest import Database, Engines
from tests.server.engines.front import Authority, make_authority, tls_front


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return make_authority(tmp_path / "own")


@pytest.fixture
async def behind_tls(database: Database, authority: Authority) -> AsyncIterator[str]:
    """The web login's address at PostgreSQL's TLS door, without a word on certificates."""
    parts = urlsplit(database.app_url)
    socket = Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"
    async with tls_front(socket, authority, postgres=True) as port:
        yield f"postgresql://{parts.username}:{parts.password}@localhost:{port}{parts.path}"


async def test_postgresql_is_reached_by_the_clinics_own_authority(behind_tls: str, authority: Authority) -> None:
    store = database.engine(f"{behind_tls}?sslmode=verify-full&sslrootcert={authority.ca}")
    async with store.connect() as conn:
        assert (await conn.exec_driver_sql("SELECT current_user")).scalar_one() == "titrate_web"
    await store.dispose()


async def test_postgresql_with_a_certificate_of_another_authority_is_not_spoken_to(
    behind_tls: str, tmp_path: Path
) -> None:
    other = make_authority(tmp_path / "another")
    store = database.engine(f"{behind_tls}?sslmode=verify-full&sslrootcert={other.ca}")
    with pytest.raises(database.DatabaseError, match=r"DATABASE_URL cannot be reached: .*certificate verify failed"):
        await database.reach(store)
    await store.dispose()


async def test_redis_is_reached_by_the_clinics_own_authority_and_by_no_other(
    engines: Engines, authority: Authority, tmp_path: Path
) -> None:
    other = make_authority(tmp_path / "another")
    async with tls_front(Path(urlsplit(engines.redis_base).path), authority, postgres=False) as port:
        address = f"rediss://localhost:{port}/9?ssl_ca_certs="
        redis_client.check(f"{address}{authority.ca}")
        ours, theirs = (redis_client.connect(f"{address}{ca}") for ca in (authority.ca, other.ca))
        assert await ours.ping()
        with pytest.raises(RedisError, match="certificate verify failed"):
            await theirs.ping()
        await ours.aclose()
        await theirs.aclose()
