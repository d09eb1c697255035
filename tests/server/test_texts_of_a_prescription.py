"""What goes out with a prescription is read for controlled names; why it is prescribed stays in the record, unread."""

import re

import pytest
from sqlalchemy import text

from tests.server.test_visit_flow import admitted, started
from tests.server.web_process import Running, transaction


async def _newest(running: Running) -> tuple[str, str, dict[str, str]]:
    """Product, outcome and evidence of the last decision."""
    query = text("SELECT product, outcome, evidence FROM decision ORDER BY audit_entry_id DESC LIMIT 1")
    async with transaction(running.settings.database_url) as conn:
        product, outcome, evidence = (await conn.execute(query)).one()
    return product, outcome, dict(evidence)


@pytest.mark.parametrize(
    ("indication", "told", "substances"),
    [
        ("alprazolam 1 mg at bedtime #60", "The indication names alprazolam.", "alprazolam"),
        ("sleep; also dispense X a n a x", "The indication names Xanax (alprazolam).", "alprazolam"),
        ("anxiety (give l\u200borazepam)", "The indication names lorazepam.", "lorazepam"),
    ],
)
async def test_an_indication_that_names_a_controlled_substance_is_not_signed(
    running: Running, indication: str, told: str, substances: str
) -> None:
    _, drew, visit = await admitted(running)
    patient = running.clinic["ada"]
    answer = await started(drew, visit, patient, "hydroxyzine", "hydroxyzine", "50", indication=indication)
    assert "Hydroxyzine started" not in answer
    assert told in answer
    assert "Change the wording" in answer
    product, outcome, evidence = await _newest(running)
    assert (product.split()[0], outcome, evidence["named_in_indication"]) == ("hydroxyzine", "block", substances)
    listed = await drew.get(f"{visit}/medicines", fragment=True)
    assert "ydroxyzine" not in listed.text


async def test_a_reason_or_an_answer_may_name_what_it_likes(running: Running) -> None:
    _, drew, visit = await admitted(running)
    patient = running.clinic["ada"]
    texts = {"reason": "methylphenidate wore off", "indication": "opioid use disorder"}
    signed = await started(drew, visit, patient, "naltrexone", "naltrexone_oral", "50", **texts)
    assert "started: 50 mg" in signed, signed
    order = re.search(r"/medicines/([0-9a-f-]{36})/adjust", signed)
    assert order
    assert (await _newest(running))[1] == "allow"
