"""A log of three years, made by SQL: what an officer's list looks like when a clinic has used it for long.

The rows are to be listed, not to be verified: their hashes are zeros. Keys and guards are put aside while they are
written and the indexes are made afterwards, so that a million decisions take a minute and not an hour.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from server.platform import database as databases

END = datetime(2026, 11, 24, 15, tzinfo=UTC)
BEGIN = END - timedelta(days=3 * 365)
PRESCRIBERS, PATIENTS = 40, 20_000
TABLES = ("audit_entry", "audit_leaf", "decision", "medication_order", "prescription")
ENTRIES_FOR_A_HUNDRED = 130
"""Entries for a hundred decisions; one in five of the others is a refused access."""

# What is asked for: ingredients, schedule, weight. Nefazodone only in the first half year: far from the newest entry.
DRUGS: Sequence[tuple[str, str, int]] = (
    *((f'["{name}"]', "none", 7_000) for name in ("sertraline", "escitalopram", "bupropion", "trazodone")),
    *((f'["{name}"]', "none", 3_000) for name in ("lamotrigine", "quetiapine", "hydroxyzine", "venlafaxine")),
    *((f'["{name}"]', "none", 2_500) for name in ("fluoxetine", "aripiprazole", "mirtazapine", "duloxetine")),
    *((f'["{name}"]', "none", 1_500) for name in ("lithium", "prazosin", "clonidine", "guanfacine", "olanzapine")),
    *((f'["{name}"]', "none", 900) for name in ("risperidone", "atomoxetine", "citalopram", "paroxetine")),
    *((f'["{name}"]', "none", 100) for name in ("clozapine", "phenelzine", "doxepin", "nortriptyline")),
    *((f'["{name}"]', "none", 10) for name in ("tranylcypromine", "selegiline", "pimozide")),
    ('["nefazodone"]', "none", 300),
    ('["bupropion", "dextromethorphan"]', "none", 500),
    ('["amphetamine", "dextroamphetamine"]', "II", 2_500),
    *((f'["{name}"]', "II", 1_500) for name in ("lisdexamfetamine", "methylphenidate")),
    *((f'["{name}"]', "IV", 1_000) for name in ("alprazolam", "lorazepam", "clonazepam", "zolpidem")),
    ('["ketamine"]', "III", 100),
    ('["pregabalin"]', "V", 150),
    ('["acetaminophen", "butalbital", "caffeine"]', "III", 100),
    ("[]", "unknown", 300),
)
# What is prescribed, mg a day; and one that is rare.
DOSES, RARE_DOSE = (12.5, 25, 37.5, 50, 75, 100, 150, 200), 900
# Nothing is referred, and nothing of schedule I asked for: filters that find nothing.
ACTIONS = {"new": 20, "renew": 35, "increase": 12, "decrease": 8, "continue": 18, "discontinue": 4, "hold": 1}
MODALITIES = {"video": 75, "audio": 8, "in_person": 15, "none": 2}
STATES = {"FL": 60, "GA": 20, "TX": 10, "NY": 6, "AL": 3, None: 1}


@dataclass(frozen=True, slots=True)
class Made:
    """What was written, and how many seconds each index took to be made."""

    decisions: int
    entries: int
    indexes: dict[str, float]


def person(number: int) -> UUID:
    """Prescribers are 1 to 40, patients 1,000 to 20,999; `_person` makes the same in SQL."""
    return UUID(f"00000000-0000-4000-8000-{number:012x}")


def _person(number: str) -> str:
    return f"CAST('00000000-0000-4000-8000-' || lpad(to_hex({number}), 12, '0') AS uuid)"


# Drops what would refuse a row that was made up: checks, keys to other tables, and NOT NULL outside the primary key.
LOOSEN = """
DO $$
DECLARE
    each record;
BEGIN
    FOR each IN SELECT c.conrelid::regclass AS place, format('DROP CONSTRAINT %%I', c.conname) AS act
        FROM pg_constraint c WHERE c.contype IN ('c', 'f') AND c.conrelid = '%s'::regclass
    UNION ALL SELECT a.attrelid::regclass, format('ALTER %%I DROP NOT NULL', a.attname)
        FROM pg_attribute a WHERE a.attrelid = '%s'::regclass AND a.attnum > 0 AND a.attnotnull AND a.attidentity = ''
        AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary
                        AND a.attnum = ANY (i.indkey)) LOOP
        EXECUTE format('ALTER TABLE %%s %%s', each.place, each.act);
    END LOOP;
END
$$
"""
INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made_by FROM pg_index i
WHERE i.indrelid::regclass::text = ANY (CAST(:tables AS text[]))
AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1
"""
AT = "CAST(:begin AS timestamptz) + n * CAST(:pace AS interval)"
ENTRIES = f"""
INSERT INTO audit_entry (id, transaction_id, occurred_at, recorded_at, actor_id, actor_role, action, outcome, rule,
    subject_type, subject_id, patient_id, content_digest)
OVERRIDING SYSTEM VALUE
SELECT n, n, {AT}, {AT}, {_person("1 + n % 40")}, 'prescriber',
    CASE WHEN n % 13 < 10 THEN 'prescription.decide' ELSE 'patient.read' END,
    CASE WHEN n % 13 >= 10 AND n % 5 = 0 THEN 'refused' ELSE 'allowed' END, 'own-patient', 'decision',
    CAST(n AS text), {_person("1000 + n % 20000")}, decode(repeat('00', 32), 'hex')
FROM generate_series(1, CAST(:entries AS int)) AS n
"""
LEAVES = f"""
INSERT INTO audit_leaf (leaf_index, entry_id, leaf_hash, sealed_at)
SELECT n - 1, n, decode(repeat('00', 32), 'hex'), {AT} FROM generate_series(1, CAST(:entries AS int)) AS n
"""


def _said(length: int) -> str:
    """A list of one object, as long as what the program says there."""
    return f"""CAST('[{{"code": "controlled_remote", "text": "{"It is said so. " * (length // 15)}"}}]' AS jsonb)"""


def _picked(name: str, values: Sequence[object], kind: str) -> str:
    return f"(CAST(ARRAY[{', '.join('NULL' if one is None else repr(one) for one in values)}] AS {kind}[]))[{name}]"


def _drawn(weights: Sequence[int]) -> str:
    """A place in a list, from 1, drawn by weight."""
    whole, bounds = sum(weights), [sum(weights[:at]) for at in range(1, len(weights))]
    return f"1 + width_bucket(random(), CAST(ARRAY[{', '.join(str(one / whole) for one in bounds)}] AS float8[]))"


_OLD = 1 + next(at for at, drug in enumerate(DRUGS) if "nefazodone" in drug[0])
DECISIONS = f"""
INSERT INTO decision (id, audit_entry_id, outcome, action, encounter_id, modality, schedule, patient_id, prescriber_id,
    product, valid_until, decided_at, patient_state, rule, ingredients, reasons, citations, obligations, ways_forward,
    evidence, pack_id, pack_version, pack_sha256, reference_sha256, format, attendance_id, check_in_id)
SELECT gen_random_uuid(), n,
    CASE WHEN schedule = 'none' OR schedule <> 'unknown' AND (modality = 'in_person'
        OR action IN ('discontinue', 'hold')) THEN 'allow' ELSE 'block' END,
    action, gen_random_uuid(), modality, schedule, {_person("1000 + CAST(n AS bigint) * 7919 % 20000")},
    {_person("1 + floor(40 * power(u, 1.5))::int")}, coalesce(initcap(ingredients ->> 0), 'Zannix') || ' 25 MG',
    at + interval '1 hour', at, {_picked("s", list(STATES), "text")}, 'remote-controlled', ingredients,
    {_said(300)}, {_said(400)}, {_said(150)}, {_said(150)}, {_said(400)}, 'strict-block', '1.4',
    repeat('ab', 32), repeat('cd', 32), 'titrate-decision/2', CAST('{UUID(int=0)}' AS uuid),
    CASE WHEN modality = 'in_person' AND schedule NOT IN ('none', 'unknown') THEN gen_random_uuid()
        ELSE CAST('{UUID(int=0)}' AS uuid) END
FROM (
    SELECT n, u, s, {AT} AS at, {_picked("d", [one[0] for one in DRUGS], "jsonb")} AS ingredients,
        {_picked("d", [one[1] for one in DRUGS], "text")} AS schedule,
        {_picked("a", list(ACTIONS), "text")} AS action, {_picked("m", list(MODALITIES), "text")} AS modality
    FROM (
        SELECT n, u, s, a, m, CASE WHEN d = {_OLD} AND n > CAST(:entries AS int) / 6 THEN 1 ELSE d END AS d
        FROM (
            SELECT n, random() AS u, {_drawn([one[2] for one in DRUGS])} AS d, {_drawn(list(ACTIONS.values()))} AS a,
                {_drawn(list(MODALITIES.values()))} AS m, {_drawn(list(STATES.values()))} AS s
            FROM generate_series(1, CAST(:entries AS int)) AS n WHERE n % 13 < 10 OFFSET 0
        ) AS drawn
    ) AS dated OFFSET 0
) AS asked
"""


# An order and a prescription have the id of the decision that let them be written.
PRESCRIBED = "FROM decision WHERE outcome = 'allow' AND action IN ('new', 'renew', 'increase', 'decrease', 'continue')"
ORDERS = f"""
INSERT INTO medication_order (id, chain_id, patient_id, kind, act, status, medicine, name, ingredients, dose,
    daily_total, unit, as_needed, sentence, sig, indication, reason, starts_on, product, supply, days_supply, refills,
    agreement, answers, reference_version, reference_sha256, author_id, written_at)
SELECT id, id, patient_id, 'prescribed_here', CASE WHEN action = 'new' THEN 'started' ELSE 'revised' END, 'active',
    ingredients ->> 0, product, ingredients ->> 0, '{{}}',
    CASE WHEN audit_entry_id % 1999 = 0 THEN {RARE_DOSE} ELSE
        {_picked(f"1 + floor({len(DOSES)} * random())::int", DOSES, "numeric")} END,
    'mg', false, repeat('one tablet ', 6), repeat('Take one ', 9), 'depression', repeat('It is so. ', 12),
    decided_at::date, product, '{{}}', 30, 0, 'not_asked_here', '[]', '1', repeat('cd', 32), prescriber_id, decided_at
{PRESCRIBED}
"""
PRESCRIPTIONS = f"""
INSERT INTO prescription (id, order_id, decision_id, decision_outcome, decision_action, encounter_id, modality,
    schedule, patient_id, prescriber_id, product, valid_until, audit_entry_id, written_at, recorded_at, attendance_id,
    check_in_id, days_supply, refills)
SELECT id, id, id, outcome, action, encounter_id, modality, schedule, patient_id, prescriber_id, product, valid_until,
    audit_entry_id, decided_at, decided_at, attendance_id, check_in_id, 30, 0
{PRESCRIBED}
"""
UNIQUE = "SELECT conname FROM pg_constraint WHERE contype = 'u' AND conrelid = 'medication_order'::regclass"


async def write(owner_url: str, decisions: int) -> Made:
    """Write that many decisions (a multiple of a hundred) and what goes with them, newest at `END`; analyzed."""
    entries = decisions * ENTRIES_FOR_A_HUNDRED // 100
    values = {"begin": BEGIN, "pace": (END - BEGIN) / entries, "entries": entries}
    engine = databases.one_shot_engine(owner_url)
    try:
        async with engine.begin() as conn:
            await databases.assume_owner(conn)
            indexes = [(row.name, row.made_by) for row in await conn.execute(text(INDEXES), {"tables": list(TABLES)})]
            for name, _ in indexes:
                await conn.execute(text(f"DROP INDEX {name}"))
            for table in TABLES:
                await conn.execute(text(LOOSEN % (table, table)))
                await conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            await conn.execute(text("ALTER TABLE decision DROP CONSTRAINT uq_decision_clearance CASCADE"))
            for name in await conn.scalars(text(UNIQUE)):
                await conn.execute(text(f"ALTER TABLE medication_order DROP CONSTRAINT {name} CASCADE"))
            await conn.execute(text("SELECT setseed(0.25)"))
            for statement in (ENTRIES, LEAVES, DECISIONS, ORDERS, PRESCRIPTIONS):
                needed = {name: values[name] for name in values if f":{name}" in statement}
                await conn.execute(text(statement), needed)
        made = {}
        for name, made_by in indexes:
            began = time.perf_counter()
            async with engine.begin() as conn:
                await databases.assume_owner(conn)
                await conn.execute(text(made_by))
            made[name] = time.perf_counter() - began
        for table in TABLES:
            async with engine.connect() as plain:
                conn = await plain.execution_options(isolation_level="AUTOCOMMIT")
                await databases.assume_owner(conn)
                await conn.execute(text(f"VACUUM (ANALYZE) {table}"))
        return Made(decisions, entries, made)
    finally:
        await engine.dispose()
