"""Changing a dose takes what its form shows, and nothing else that is posted with it."""

import re

from sqlalchemy import text

from tests.server.row_cases import DOSE
from tests.server.test_visit_flow import admitted, started
from tests.server.web_process import Running, signing, transaction

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


ACTS = ("start", "revise", "hold", "revise", "stop")
REFUSED = {"": "was not read back to you", "another dose": "changed after it was read back to you"}


async def test_nothing_is_signed_that_was_not_read_back(running: Running) -> None:
    """Whatever is signed: without what stands for it, or with another one, the form comes back with what was typed."""
    _, drew, visit = await admitted(running)
    patient, path = running.clinic["ada"], f"{visit}/medicines"
    form = {**DOSE, "product": "mirtazapine", "name": "mirtazapine", "total": "15"}
    for step, act in enumerate(ACTS):
        form |= {"reason": f"Step {step} of mirtazapine", "total": ("15", "30", "30", "15", "15")[step]}
        before, asked = await newest(running), await drew.post(f"{path}/{act}", patient, **form)
        answers = {name: said for name, said in signing(asked.text).items() if name != "shown"}
        for shown, why in REFUSED.items():
            refused = await drew.post(f"{path}/{act}", patient, **form, **answers, shown=shown)
            assert (refused.status_code, why in refused.text) == (422, True), (act, shown, refused.text)
            assert f'value="{form["reason"]}"' in refused.text, "what was typed is kept"
        assert await newest(running) == before
        signed = await drew.post(f"{path}/{act}", patient, **form, **signing(refused.text))
        assert signed.status_code == 200, (act, signed.text)
        path = f"{visit}/medicines/{await newest(running)}"


async def newest(running: Running) -> str:
    """The order that was written last."""
    last = text("SELECT id::text FROM medication_order ORDER BY written_at DESC LIMIT 1")
    async with transaction(running.settings.database_url) as conn:
        return str((await conn.execute(last)).scalar())


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
    answers = signing(checked.text)
    alone = {"csrf_token": drew.csrf, "idempotency_key": "k" * 24, "patient": str(patient), **change}
    bare = await drew.client.post(f"{path}/revise", data=alone, headers={"Accept": "text/html"})
    assert bare.status_code == 422, bare.text
    assert bare.text.startswith("<!doctype html>"), "without script a part is a page"
    assert 'value="Partial response"' in bare.text
    assert f'href="{visit}">' in bare.text, "and leads back"
    raised = await drew.post(f"{path}/revise", patient, **change, **answers)
    assert raised.status_code == 200, raised.text
    assert "alprazolam" not in raised.text
    newest = text("SELECT name, product, indication FROM medication_order ORDER BY written_at DESC LIMIT 1")
    async with transaction(running.settings.database_url) as conn:
        row = (await conn.execute(newest)).one()
    assert tuple(row) == ("sertraline", "sertraline 100 MG Oral Tablet", "depression")
