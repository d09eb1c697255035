"""Signing over HTTP: what it costs, and that the page does not decide what may be signed."""

import pytest

from server.presenters import dose_form
from tests.server.counting import counting
from tests.server.row_cases import DOSE
from tests.server.test_adjusting import newest
from tests.server.test_visit_flow import admitted
from tests.server.web_process import Running, signing

# Who acts, the key, the lock, what is read under it, the decision with its entry, whether it was used, order, pointer
# and prescription, the rows as they stand, the entry, the answer that is kept, and the savepoint's two.
MOST = (("start", "15", 14), ("revise", "30", 14), ("hold", "", 12), ("revise", "15", 14), ("stop", "", 12))
MIRTAZAPINE = {**DOSE, "product": "mirtazapine", "name": "mirtazapine"}


async def test_a_signature_locks_once_reads_once_and_writes(running: Running) -> None:
    """Everything included: the answer shows the new list. The second change resumes what is on hold."""
    _, drew, visit = await admitted(running)
    patient, path = running.clinic["ada"], f"{visit}/medicines"
    with counting() as counter:
        for act, total, most in MOST:
            form = {**MIRTAZAPINE, "total": total, "reason": f"To {act}"}
            asked = await drew.post(f"{path}/{act}", patient, **form)
            counter.take()
            signed = await drew.post(f"{path}/{act}", patient, **form, **signing(asked.text))
            assert signed.status_code == 200, (act, signed.text)
            sent = list(counter.statements)
            assert len(sent) <= most, (act, sent)
            lock = next(at for at, one in enumerate(sent) if "pg_advisory_xact_lock" in one)
            early = [one for one in sent[:lock] if "medication_order" in one or "attendance" in one]
            assert [one for one in early if "role_grant" not in one] == [], "nothing that is signed on is read before"
            path = f"{visit}/medicines/{await newest(running)}"


async def test_a_form_that_claims_to_lack_nothing_is_refused_all_the_same(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, drew, visit = await admitted(running)
    patient, path, before = running.clinic["ada"], f"{visit}/medicines/start", await newest(running)
    form = {**MIRTAZAPINE, "total": "15"}
    monkeypatch.setattr(dose_form, "_missing", lambda lacks: ())
    shown = signing((await drew.post(path, patient, **form)).text)
    answers = {name: said for name, said in shown.items() if name != "shown"}
    claims = {"missing": "", "may_sign": "yes"}
    for lacking in ({"reason": ""}, {"indication": ""}, dict.fromkeys(answers, "")):
        refused = await drew.post(path, patient, **{**form, **shown, **claims, **lacking})
        assert refused.status_code == 422, refused.text
    assert await newest(running) == before
    signed = await drew.post(path, patient, **{**form, **shown, **claims})
    assert signed.status_code == 200, signed.text
