"""A name that somebody typed anywhere while prescribing stands in no sealed row and in no export."""

import re

import pytest
from sqlalchemy import text

from compliance.audit.canonical import canonical
from compliance.prescribing import decision_row
from compliance.prescribing.deciding import PrescribingRequest, decide
from compliance.shared.vocabulary import Modality, PrescribingAction
from server.application import references
from tests.conftest import Database
from tests.server.a_log import NOW, fill
from tests.server.test_visit_flow import admitted, started
from tests.server.web_process import Running, sign_end, transaction

KNOWN = references.load()
PLANTED = "Quillfeather"
SEALED = ("audit_entry", "audit_content", "audit_leaf", "decision", "checkpoint", "prescription")


async def _prescribe_with_names(running: Running) -> None:
    """Every text of a prescription holds the name: of one that is signed, of blocked ones, of one held and stopped."""
    _, drew, visit = await admitted(running)
    patient = running.clinic["ada"]
    for name in (PLANTED, f"Xanax for {PLANTED}", f"sertraline 50 mg {PLANTED}", f"{PLANTED}\u200b"):
        found = await drew.post(f"{visit}/medicines/find", patient, name=name)
        assert found.status_code == 200, found.text
    long = await drew.post(f"{visit}/medicines/find", patient, name=PLANTED * 100)
    assert long.status_code == 422
    known = await drew.post(f"{visit}/medicines/find", patient, name="Xanax 0.5 mg tablet")
    assert "cannot be prescribed" in known.text
    named = {"indication": f"alprazolam for {PLANTED}", "reason": f"{PLANTED} asked"}
    blocked = await started(drew, visit, patient, "hydroxyzine", "hydroxyzine", "50", **named)
    assert "The indication names alprazolam." in blocked
    texts = {"indication": f"anxiety of {PLANTED}", "reason": f"{PLANTED} asked"}
    signed = await started(drew, visit, patient, "buspirone", "buspirone", "15", **texts)
    order = re.search(r"/medicines/([0-9a-f-]{36})/hold", signed)
    assert order, signed
    held = await sign_end(drew, f"{visit}/medicines/{order.group(1)}/hold", patient, f"{PLANTED} has a rash")
    assert held.status_code == 200, held.text


async def test_what_was_typed_is_in_no_sealed_row_and_in_no_export(running: Running) -> None:
    await _prescribe_with_names(running)
    await fill(Database("", "", running.settings.database_url, running.settings.worker_database_url), running.settings)
    olu = await running.as_("olu")
    exported = (await olu.post("/log/export")).text
    assert exported.count('"decision":{') == 9
    assert PLANTED.lower() not in exported.lower()
    assert "Xanax" not in exported
    async with transaction(running.settings.database_url) as conn:
        for table in SEALED:
            rows = (await conn.execute(text(f"SELECT t::text FROM {table} t"))).scalars().all()
            assert rows or table == "checkpoint", table
            assert not [row for row in rows if PLANTED.lower() in row.lower()], table
        kept = await conn.execute(
            text("SELECT count(*) FROM audit_text WHERE content ILIKE :it"), {"it": f"%{PLANTED}%"}
        )
        assert kept.scalar_one() == 5


async def test_the_officer_reads_what_was_typed_on_the_page_of_the_decision_and_not_in_the_list(
    running: Running,
) -> None:
    await _prescribe_with_names(running)
    olu = await running.as_("olu")
    listed = (await olu.get("/log")).text
    assert PLANTED not in listed
    assert "Start unrecognized" in listed
    async with transaction(running.settings.database_url) as conn:
        asked = (
            "SELECT d.id FROM decision d JOIN audit_text t ON t.entry_id = d.audit_entry_id WHERE t.content = :typed"
        )
        found = (await conn.execute(text(f"{asked} LIMIT 1"), {"typed": f"Xanax for {PLANTED}"})).scalar_one()
    page = (await olu.get(f"/log/{found}")).text
    assert "Start unrecognized" in page
    assert re.search(rf"Entered as.*?Xanax for {PLANTED}", page, re.S)


@pytest.mark.parametrize("field", ["product", "code", "directions", "indication", "note_to_pharmacy"])
@pytest.mark.parametrize(
    "around", ["{}", "Xanax {}", "{} lorazepam 1 mg", "Take {} 5 mg alprazolam", "o x y {} c o d o n e"]
)
@pytest.mark.parametrize("modality", [Modality.VIDEO, Modality.IN_PERSON])
def test_no_part_of_a_decision_quotes_a_text(field: str, around: str, modality: Modality) -> None:
    request = {"product": "sertraline 50 mg", field: around.format(PLANTED)}
    asked = PrescribingRequest(PrescribingAction.NEW, modality, state="FL", attends=True, **request)  # type: ignore[arg-type]
    made = decide(asked, KNOWN.packs.by_id["strict-block"], KNOWN.substances, NOW)
    values = decision_row.as_hashed(decision_row.values_of(made))
    assert PLANTED.lower() not in canonical(values).decode().lower()
