"""Whatever the web inserts into the log by SQL, sealing and signing go on and the verification names what is odd."""

import pytest
from sqlalchemy.exc import DBAPIError

from compliance.audit.findings import FindingCode as Code
from compliance.audit.verify import verify_log
from tests.compliance.conftest import Log

# The tables that sealing or verification reads and the web may insert into. A new one needs cases here.
OPEN = ("audit_content", "audit_entry", "audit_text", "decision")

ENTRY = (
    "INSERT INTO audit_entry (occurred_at, actor_role, action, outcome, rule, subject_type, subject_id, content_digest)"
    " VALUES ({at}, {word}, {word}, 'allowed', {word}, {word}, {word}, sha256('')) RETURNING id"
)
OF_IT = "(SELECT max(id) FROM audit_entry)"
CONTENT = "INSERT INTO audit_content VALUES ({of}, sha256('salt'), {content})"
TEXT = "INSERT INTO audit_text VALUES ({of}, {name}, sha256('salt'), {content})"


def entry(at: str = "now()", word: str = "'a.b'") -> str:
    return ENTRY.format(at=at, word=word)


def content(said: str) -> tuple[str, ...]:
    return entry(), CONTENT.format(of=OF_IT, content=said)


def texts(name: str, said: str) -> tuple[str, ...]:
    return entry(), CONTENT.format(of=OF_IT, content="'{}'"), TEXT.format(of=OF_IT, name=name, content=said)


ACCEPTED: dict[str, tuple[str, ...]] = {
    "nothing in its words": (entry(word="''"),),
    "control characters": (entry(word=r"E'\x01\x02\u001b[2J\n\r\t\u2028'"),),
    "characters of no language": (entry(word=r"U&'\FFFF\202E\+010FFFF'"),),
    "quotes and braces": (entry(word='\'{"a": "\\"}\''),),
    "long ago": (entry(at="'1900-01-01 00:00+00'"),),
    "in the far future": (entry(at="'2199-12-31 23:59:59.999999+00'"),),
    "an entry without content": (entry(),),
    "a decision that is not there": (
        ENTRY.format(at="now()", word="'prescription.decide'").replace(
            "'allowed', 'prescription.decide', 'prescription.decide'", "'allowed', 'x', 'decision'"
        ),
    ),
    "nested deep": content("(repeat('{\"a\":', 3000) || '1' || repeat('}', 3000))::jsonb"),
    "numbers beyond measure": content("('{\"a\": ' || repeat('9', 6000) || '}')::jsonb"),
    "the largest content": content("jsonb_build_object('a', repeat('x', 262000))"),
    "records that are none": content("'{\"records\": [1, null]}'"),
    "records of nothing": content('\'{"records": {"order/x": 5, "": ""}}\''),
    "a text of no field": texts("''", "''"),
    "the largest text": texts("'product'", "repeat('x', 262144)"),
    "a text of somebody else's entry": (
        TEXT.format(of="(SELECT min(id) FROM audit_entry)", name="'p'", content="'x'"),
    ),
}
REFUSED: dict[str, tuple[str, ...]] = {
    **{f"at {at}": (entry(at=f"'{at}'"),) for at in ("infinity", "-infinity", "0044-03-15 BC", "294276-12-31")},
    "words without end": (entry(word="repeat('x', 121)"),),
    "a hundred megabytes": content("jsonb_build_object('a', repeat('x', 100000000))"),
    "content that is a list": content("'[]'"),
    "a text without end": texts("'product'", "repeat('x', 262145)"),
    "a name without end": texts("repeat('x', 121)", "''"),
}


async def test_every_table_that_is_read_and_open_is_tried(log: Log) -> None:
    """From the rights as they are, not from a list."""
    rows = await log.rows(
        "SELECT DISTINCT table_name FROM information_schema.column_privileges WHERE privilege_type = 'INSERT'"
        " AND grantee IN ('titrate_app', 'titrate_web', 'PUBLIC') AND table_name IN ('audit_entry', 'audit_content',"
        " 'audit_text', 'audit_leaf', 'checkpoint', 'decision', 'log_epoch', 'archived_source') ORDER BY 1"
    )
    assert tuple(name for (name,) in rows) == OPEN


async def insert(log: Log, statements: tuple[str, ...]) -> None:
    async with log.app.begin() as conn:
        for statement in statements:
            await conn.exec_driver_sql(statement)


async def test_no_row_of_the_webs_login_stops_sealing_or_hides_what_comes_later(log: Log) -> None:
    await log.append(2)
    for statements in REFUSED.values():
        with pytest.raises(DBAPIError, match="ck_"):
            await insert(log, statements)
    for name, statements in ACCEPTED.items():
        try:
            await insert(log, statements)
        except DBAPIError as error:
            pytest.fail(f"{name}: {error}")
        (later,) = await log.append()
        await log.sign()
        sealed = await log.rows(f"SELECT count(*) FROM audit_leaf WHERE entry_id = {later}")
        assert sealed == [(1,)], name
        assert await log.rows("SELECT max(size) FROM checkpoint") == await log.rows("SELECT count(*) FROM audit_leaf")
    async with log.app.connect() as conn:
        report = await verify_log(conn, log.store, log.signer.verifier)
    assert report.anchored_size == report.size == (await log.rows("SELECT count(*) FROM audit_entry"))[0][0]
    codes = {finding.code for finding in report.findings}
    assert {Code.CONTENT_MISSING, Code.CONTENT_ALTERED, Code.DECISION_MISSING} <= codes
    assert not codes & {Code.ENTRY_ALTERED, Code.TREE_ALTERED, Code.LOG_REWRITTEN, Code.ROW_UNREADABLE}
    honest = {
        int(str(number)) for (number,) in await log.rows("SELECT id FROM audit_entry WHERE action = 'visit.admit'")
    }
    named = {finding.entry_id for finding in report.findings}
    assert not named & (honest - {min(honest)}), "nothing is said of entries that are as they should be"
