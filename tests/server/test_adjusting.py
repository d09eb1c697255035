"""Changing a dose takes what its form shows, and nothing else that is posted with it."""

import re

from sqlalchemy import text

from tests.server.house import Running, transaction
from tests.server.test_visit_flow import admitted, started

NOT_SHOWN = {
    "indication": "alprazolam 1 mg at bedtime #60",
    "name": "Xanax",
    "product": "bupropion-xl",
    "medicine": "bupropion-xl",
    "code": "596",
    "sig": "Take alprazolam.",
    "action": "continue",
    "modality": "in_person",
    "schedule": "none",
}


async def test_a_field_that_the_form_does_not_show_is_not_taken(running: Running) -> None:
    _, drew, visit = await admitted(running)
    patient = running.clinic["ada"]
    signed = await started(drew, visit, patient, "sertraline", "sertraline", "50")
    order = re.search(r"/medicines/([0-9a-f-]{36})/adjust", signed)
    assert order, signed
    path = f"{visit}/medicines/{order.group(1)}"
    form = await drew.post(f"{path}/adjust", patient, to="100")
    shown = dict(re.findall(r'name="([a-z_]+)"[^>]*? value="([^"]*)"', form.text))
    assert not NOT_SHOWN.keys() & set(re.findall(r'name="([^"]+)"', form.text)), "the premise"
    change = {"total": "100", "timing": "morning", "days": "30", "refills": "1", "from": shown["from"]}
    change |= {"reason": "Partial response", **NOT_SHOWN}
    checked = await drew.post(f"{path}/check", patient, **change)
    answers = dict.fromkeys(re.findall(r'name="(answer-[^"]+)"', checked.text), "Looked at together")
    alone = {"csrf_token": drew.csrf, "idempotency_key": "k" * 24, "patient": str(patient), **change}
    bare = await drew.client.post(f"{path}/revise", data=alone, headers={"Accept": "text/html"})
    assert bare.status_code == 422, bare.text
    assert bare.text.startswith("<!doctype html>"), "without script a part is a page"
    assert 'value="Partial response"' in bare.text
    assert f'href="{visit}">' in bare.text, "and leads back"
    other = await drew.post(f"{path}/revise", patient, **change, **answers, shown="another dose")
    assert (other.status_code, "changed after it was read back" in other.text) == (422, True)
    raised = await drew.post(f"{path}/revise", patient, **change, **answers)
    assert raised.status_code == 200, raised.text
    assert "alprazolam" not in raised.text
    newest = text("SELECT name, product, indication FROM medication_order ORDER BY written_at DESC LIMIT 1")
    async with transaction(running.settings.database_url) as conn:
        row = (await conn.execute(newest)).one()
    assert tuple(row) == ("sertraline", "sertraline 100 MG Oral Tablet", "depression")
