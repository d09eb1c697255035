"""The log as a file: an officer's download and the operator's command, verified with the public key alone."""

import os
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from compliance.__main__ import main as stranger
from server.audit import keys as log_keys
from server.platform.settings import Settings
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.a_log import fill
from tests.server.program import a_database, environment, titrate
from tests.server.web_process import Running, settings_for, transaction


@pytest.fixture
def settings(engines: Engines, database: Database, tmp_path: Path) -> Settings:
    return settings_for(database.app_url, engines.redis(8), free_port(), tmp_path)


async def test_an_officers_download_verifies_elsewhere_and_a_changed_one_does_not(
    running: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await fill(Database("", "", running.settings.database_url, running.settings.worker_database_url), running.settings)
    olu = await running.as_("olu")
    answer = await olu.post("/log/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jsonl")
    assert answer.headers["content-disposition"].startswith('attachment; filename="titrate-log-')
    assert answer.headers["cache-control"] == "no-store"
    key = str(log_keys.verifier(running.settings))
    bundle = tmp_path / "log.jsonl"
    bundle.write_bytes(answer.content)
    assert stranger(["verify", str(bundle), "--key", key]) == 0, capsys.readouterr()
    changed = answer.text.replace("reading-7", "reading-8")
    assert changed != answer.text
    bundle.write_text(changed, encoding="utf-8")
    assert stranger(["verify", str(bundle), "--key", key]) == 3
    async with transaction(running.settings.database_url) as conn:
        taken = "SELECT count(*) FROM audit_entry WHERE action = 'log.export' AND outcome = 'allowed'"
        assert (await conn.execute(text(taken))).scalar_one() >= 1


async def test_nobody_of_the_record_is_named_in_an_export(running: Running) -> None:
    """Neither by a name, nor by a birth date or a telephone number: it says ids."""
    await fill(Database("", "", running.settings.database_url, running.settings.worker_database_url), running.settings)
    exported = (await (await running.as_("olu")).post("/log/export")).text
    async with transaction(running.settings.database_url) as conn:
        people = "SELECT given_name FROM person UNION SELECT family_name FROM person"
        dates = "SELECT birth_date::text FROM patient UNION SELECT phone FROM patient"
        told = [row[0] for row in await conn.execute(text(f"{people} UNION {dates}")) if row[0]]
    assert len(told) > 10
    assert [one for one in told if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", exported)] == []


async def test_the_operators_file_verifies_and_none_is_written_over(
    settings: Settings, engines: Engines, template: str, tmp_path: Path
) -> None:
    there = environment(settings)
    to = tmp_path / "of the clinic.jsonl"
    async with a_database(engines, template) as written:
        there["DATABASE_URL"] = written.app_url
        await fill(written, settings)
        made = await titrate("audit", "export", str(to), there=there)
        assert (made.status, made.lines[-1].startswith("python -m compliance verify ")) == (0, True), made.err
        before = to.read_bytes()
        assert os.stat(to).st_mode & 0o077 == 0
        again = await titrate("audit", "export", str(to), there=there)
        assert (again.status, "is there already" in again.err, to.read_bytes()) == (2, True, before)
        nowhere = await titrate("audit", "export", str(tmp_path / "none" / "log.jsonl"), there=there)
        assert (nowhere.status, "cannot be written" in nowhere.err) == (2, True)
    assert stranger(["verify", str(to), "--key", str(log_keys.verifier(settings))]) == 0
    assert "unfinished" not in " ".join(os.listdir(tmp_path))
