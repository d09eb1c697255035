"""The officer's pages show what they can whatever the web's login wrote into the log by SQL."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from compliance.shared.vocabulary import NIL
from tests.server.web_process import Running, transaction

REFUSAL = (
    "INSERT INTO audit_entry (occurred_at, actor_role, action, outcome, rule, subject_type, subject_id, content_digest)"
    " VALUES ({at}, {word}, {word}, 'refused', {word}, {word}, {word}, sha256(''))"
)
DECISION = (
    "WITH e AS (INSERT INTO audit_entry (occurred_at, actor_role, action, outcome, rule, subject_type, content_digest)"
    " VALUES (now(), 'prescriber', 'prescription.decide', 'blocked', 'x', 'decision', sha256('')) RETURNING id)"
    " INSERT INTO decision (id, audit_entry_id, outcome, action, encounter_id, modality, schedule, patient_id,"
    " prescriber_id, product, valid_until, decided_at, rule, ingredients, reasons, citations, obligations,"
    " ways_forward, evidence, pack_id, pack_version, pack_sha256, reference_sha256, format, attendance_id, check_in_id)"
    " SELECT gen_random_uuid(), e.id, 'block', 'new', '{nil}', 'none', 'unknown', (SELECT person_id FROM patient"
    " LIMIT 1), (SELECT person_id FROM role_grant WHERE role = 'prescriber' LIMIT 1), 'unrecognized', {until}, {at},"
    " {word}, {ingredients}, '{list}', '{list}', '{list}', '{list}', '{list}', {word}, {word}, '', '',"
    " 'titrate-decision/3', '{nil}', '{nil}' FROM e"
)


def decision(
    *, at: str = "now()", until: str = "NULL", word: str = "'x'", ingredients: str = "'[]'", list: str = "[]"
) -> str:
    """A decision of the web's own, whole but for what is changed."""
    until = f"CAST({at} AS timestamptz) + interval '1 minute'" if until == "NULL" else until
    return DECISION.format(at=at, until=until, word=word, ingredients=ingredients, list=list, nil=NIL)


ACCEPTED = (
    REFUSAL.format(at="'1900-01-01 00:00+00'", word="''"),
    REFUSAL.format(at="'2199-12-31 23:59:59.999999+00'", word=r"E'<script>\x01\x02\u202e'"),
    decision(at="'2199-12-31 00:00+00'", word="''"),
    decision(word=r"E'<script>\x01\u2028'", ingredients='\'["", "<b>"]\''),
    decision(list='[null, 5, {"a": [1]}]'),
)
REFUSED = (
    REFUSAL.format(at="'infinity'", word="'x'"),
    REFUSAL.format(at="'0044-03-15 BC'", word="'x'"),
    decision(at="'-infinity'", until="now()"),
    decision(until="'infinity'"),
    decision(ingredients="'5'"),
    decision(ingredients="'[null]'"),
    decision(ingredients="'{\"a\": 1}'"),
    decision(list="{}"),
    decision(word="repeat('x', 200000)"),
)


async def test_the_officers_list_answers_whatever_was_inserted(running: Running) -> None:
    for statement in REFUSED:
        with pytest.raises(DBAPIError, match="ck_"):
            async with transaction(running.settings.database_url) as conn:
                await conn.exec_driver_sql(statement)
    async with transaction(running.settings.database_url) as conn:
        for statement in ACCEPTED:
            await conn.exec_driver_sql(statement)
        made = (await conn.execute(text("SELECT id FROM decision"))).scalars().all()
    olu = await running.as_("olu")
    for query in ("", "?outcome=refuse", "?outcome=block", "?schedule=unknown", "?from=2199-01-01", "?to=1900-01-02"):
        page = await olu.get(f"/log{query}")
        assert page.status_code == 200, (query, page.text)
        assert "<script>\x01" not in page.text
    found = [await olu.get(f"/log/{one}") for one in made]
    assert [page.status_code for page in found].count(200) == 2, [page.status_code for page in found]
    assert all("Traceback" not in page.text for page in found)
