"""``titrate audit replay``: what the command says of decisions that were made in a visit, and how it ends."""

from sqlalchemy import text

from tests.conftest import Database
from tests.server.program import as_owner, environment, titrate
from tests.server.test_visit_flow import admitted, started
from tests.server.web_process import Running

ALTERED = """replace(evidence::text, '["attends", "yes"]', '["attends", "no"]')::jsonb"""


async def test_decisions_of_a_visit_are_replayed_and_one_that_was_altered_differs(
    running: Running, database: Database
) -> None:
    _, drew, visit = await admitted(running)
    patient = running.clinic["ada"]
    for name in ("Xanax 0.5 mg tablet", "zannix for Ada"):
        assert (await drew.post(f"{visit}/medicines/find", patient, name=name)).status_code == 200
    assert "started" in await started(drew, visit, patient, "buspirone", "buspirone", "15")
    there = environment(running.settings)
    same = await titrate("audit", "replay", there=there)
    assert (same.status, same.lines) == (0, ["Replayed: 3. Differing: 0."]), same.err
    assert (await titrate("audit", "replay", "--until", "2020-01-01", there=there)).lines[0].startswith("Replayed: 0.")
    async with as_owner(database) as owner:
        await owner.execute(text("ALTER TABLE decision DISABLE TRIGGER USER"))
        await owner.execute(text(f"UPDATE decision SET evidence = {ALTERED} WHERE outcome = 'allow'"))
        await owner.execute(text("ALTER TABLE decision ENABLE TRIGGER USER"))
    other = await titrate("audit", "replay", there=there)
    assert (other.status, other.lines[1]) == (3, "Replayed: 3. Differing: 1.")
    assert other.lines[0].startswith("decision_differs: entry ")
    assert "recorded allow by rule not-controlled" in other.lines[0]
    assert "replayed block by rule not-attending" in other.lines[0]
    assert "it says nothing about the log" in other.lines[-1]
    gone = await titrate("audit", "replay", there={**there, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    assert (gone.status, "cannot be reached" in gone.err) == (2, True)
