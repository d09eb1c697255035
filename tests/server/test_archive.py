"""The archive: what a decision names by its digest can be read again, and only as it was."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.archive import sources, store
from compliance.audit.archive.sources import ArchivedSource, NotInArchive, SourceKind
from server.application import references
from server.audit import archive
from server.platform import database as databases
from tests.conftest import Engines
from tests.server.prescription_rows import complaint
from tests.server.program import a_database

KNOWN = references.load()
PACK, REFERENCE = archive.of_release(KNOWN.packs)


async def test_the_releases_pack_and_reference_files_are_read_again_by_their_digests(conn: AsyncConnection) -> None:
    pack = KNOWN.packs.by_id["strict-block"]
    assert sources.pack_of(await store.find(conn, pack.sha256)) == pack
    again = sources.substances_of(await store.find(conn, KNOWN.substances.sha256))
    assert again == KNOWN.substances
    with pytest.raises(NotInArchive):
        await store.find(conn, "0" * 64)


def _without_a_row() -> bytes:
    files = json.loads(REFERENCE.content)
    rows = base64.b64decode(files["controlled_names.csv"]).splitlines(keepends=True)
    return json.dumps({**files, "controlled_names.csv": base64.b64encode(b"".join(rows[:-1])).decode()}).encode()


@pytest.mark.parametrize(
    "changed",
    [
        replace(PACK, content=PACK.content.replace(b'outcome = "block"', b'outcome = "allow"', 1)),
        replace(PACK, content=PACK.content + b"\n"),
        replace(PACK, kind=SourceKind.REFERENCE),
    ],
)
def test_a_changed_pack_is_not_used(changed: ArchivedSource) -> None:
    with pytest.raises(NotInArchive):
        sources.pack_of(changed)


@pytest.mark.parametrize(
    "changed",
    [
        replace(REFERENCE, content=_without_a_row()),
        replace(REFERENCE, content=REFERENCE.content.replace(b'{"', b'{"another.csv":"YQ==","', 1)),
        replace(REFERENCE, content=b"[]"),
        replace(REFERENCE, content=b"\xff"),
        replace(REFERENCE, kind=SourceKind.PACK),
    ],
)
def test_changed_reference_files_are_not_used(changed: ArchivedSource) -> None:
    with pytest.raises(NotInArchive):
        sources.substances_of(changed)


async def test_the_application_reads_the_archive_and_never_writes_it(conn: AsyncConnection) -> None:
    for statement in (
        "UPDATE archived_source SET content = ''",
        "DELETE FROM archived_source",
        "INSERT INTO archived_source (sha256) VALUES ('none')",
        "TRUNCATE archived_source",
    ):
        assert "permission denied" in await complaint(conn, statement)


async def test_archiving_is_said_in_the_log_once_for_a_source(engines: Engines) -> None:
    async with a_database(engines) as there:
        await databases.migrate(there.owner_url)
        for _ in range(2):
            await archive.fill(there.owner_url, KNOWN.packs, datetime.now(UTC))
        engine = databases.one_shot_engine(there.app_url)
        async with engine.connect() as conn:
            asked = "SELECT subject_type, digest FROM audit_entry WHERE action = 'source.archive' ORDER BY id"
            found = [tuple(row) for row in await conn.execute(text(asked))]
        await engine.dispose()
    assert found == [("pack", PACK.sha256), ("reference", REFERENCE.sha256)]
