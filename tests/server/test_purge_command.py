"""``titrate audit purge``: the owner's command, which asks first and says what it did."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from compliance.audit import entries as audit
from server.platform.settings import Settings
from tests.conftest import Database, Engines
from tests.emr.clinic import open_clinic
from tests.ports import free_port
from tests.server.a_log import an_entry, fill
from tests.server.program import Ran, environment, titrate
from tests.server.web_process import settings_for, transaction


@pytest.fixture
def settings(engines: Engines, database: Database, tmp_path: Path) -> Settings:
    return settings_for(database.app_url, engines.redis(8), free_port(), tmp_path)


async def test_one_patients_content_is_erased_by_the_owner_who_agreed(settings: Settings, database: Database) -> None:
    there = {**environment(settings), "DATABASE_OWNER_URL": database.owner_url}
    async with transaction(database.app_url) as conn:
        clinic = await open_clinic(conn)
        for number in (1, 2):
            await audit.append(conn, replace(an_entry(number), patient_id=clinic.ada))
    await fill(database, settings)

    async def purge(*more: str, patient: object = clinic.ada, **settings: str) -> Ran:
        return await titrate("audit", "purge", "--patient", str(patient), *more, there={**there, **settings})

    async def entries() -> int:
        async with transaction(database.app_url) as conn:
            return int((await conn.execute(text("SELECT count(*) FROM audit_content"))).scalar_one())

    before = await entries()
    unknown = await purge("--yes", patient=uuid4())
    assert (unknown.status, "No patient has this id." in unknown.err) == (2, True)
    powerless = await purge("--yes", DATABASE_OWNER_URL=database.app_url)
    assert (powerless.status, "may not assume titrate_owner" in powerless.err) == (2, True)
    ownerless = await purge("--yes", DATABASE_OWNER_URL="")
    assert (ownerless.status, "DATABASE_OWNER_URL is not set" in ownerless.err) == (2, True)
    unanswered = await purge()
    assert (unanswered.status, "Permanently erase the content of 2 entries?" in unanswered.out) == (130, True)
    assert await entries() == before
    done = await purge("--yes")
    assert (done.status, done.out.startswith("Erased: the content of ")) == (0, True), done.err
    assert await entries() == before - 1  # two are gone, and the purge has its own
    again = await purge("--yes")
    assert (again.status, again.lines) == (0, ["Nothing of this patient's is left to erase."])
    verified = await titrate("audit", "verify", there=there)
    assert (verified.status, "The log is whole." in verified.lines) == (0, True), verified.out
    assert any(line.startswith("Content erased by a purge, which is an entry: ") for line in verified.lines)
