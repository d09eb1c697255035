"""Days and times go through `clinic_time`: nothing else makes a day or a text of an instant, in code, page, script."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Which of ours may do so themselves, and why: what no person reads by the clock of a place.
ELSEWHERE = {
    "compliance/audit/checkpoint.py": "canonical text of a checkpoint, UTC",
    "compliance/audit/erasure/purge.py": "before which day to forget, by the command line, UTC",
    "compliance/audit/canonical.py": "canonical bytes of an entry, UTC",
    "compliance/prescribing/policy_check.py": "the command's own --on, UTC where it names no day",
    "compliance/prescribing/deciding.py": "the day of the law where a request names none; every request names one",
    "compliance/prescribing/replay/deciding.py": "the same, decided again",
    "server/cli/audit.py": "a day on the command line, ISO",
    "server/cli/sites.py": "a list on the command line, ISO",
    "server/demo/when.py": "clinic hours of an invented story",
    "server/operations/people.py": "a day on the command line, ISO",
    "server/application/reference_products.py": "which products of the release hold, by the database's day, UTC",
    "server/routes/officer/log_csv.py": "a file's name, UTC",
    "server/routes/officer/log_export.py": "a file's name, UTC",
    "server/platform/setting_values.py": "reads the names of zones and a time of day",
    "server/audit/verification/job.py": "when the nightly round is due, shown to nobody",
}
SKIPPED = {"node_modules", "clinic_time"}
FORMAT = re.compile(r"%-?[A-Za-z]")


def _modules() -> Iterator[Path]:
    for package in ("server", "emr", "compliance", "signaling", "visit_ui"):
        yield from (one for one in (ROOT / package).rglob("*.py") if not SKIPPED & set(one.parts))


def _own_ways(tree: ast.AST) -> Iterator[str]:
    """Where a module makes a day or a text of an instant by itself."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="strftime" | "strptime" | "tzname" | "utcnow" | "today" as name)):
                yield f"{node.lineno}: {name}"
            case ast.Call(func=ast.Attribute(attr="date"), args=[], keywords=[]):
                yield f"{node.lineno}: .date()"
            case ast.Call(func=ast.Attribute(attr="combine")) | ast.Call(func=ast.Name(id="ZoneInfo")):
                yield f"{node.lineno}: {ast.unparse(node.func)}"
            case ast.Call(func=ast.Attribute(attr="astimezone"), args=args) if [ast.unparse(a) for a in args] != [
                "UTC"
            ]:
                yield f"{node.lineno}: astimezone"
            case ast.FormattedValue(format_spec=ast.JoinedStr() as form) if FORMAT.search(ast.unparse(form)):
                yield f"{node.lineno}: {ast.unparse(form)}"


def test_no_module_makes_days_and_times_of_its_own() -> None:
    found = {str(one.relative_to(ROOT)): list(_own_ways(ast.parse(one.read_text("utf-8")))) for one in _modules()}
    assert {path: ways for path, ways in found.items() if ways and path not in ELSEWHERE} == {}
    assert [path for path in ELSEWHERE if not found[path]] == [], "no longer needed"


@pytest.mark.parametrize(
    "written",
    [
        'f"{at:%-d %b}"',
        'at.strftime("%b")',
        "now.date()",
        "now.astimezone(zone)",
        "datetime.combine(day, time(), zone)",
        "date.today()",
    ],
)
def test_each_way_of_ones_own_is_seen(written: str) -> None:
    assert list(_own_ways(ast.parse(written)))


def test_no_page_writes_days_and_times_by_itself_or_asks_for_them_in_the_browsers_way() -> None:
    own = re.compile(r'strftime|isoformat|type="(?:date|time|datetime-local|month|week)"')
    pages = (ROOT / "visit_ui/templates").rglob("*.html")
    assert [f"{one.name}: {found[0]}" for one in pages if (found := own.search(one.read_text("utf-8")))] == []


def test_no_script_writes_them_but_by_the_zone_and_locale_of_the_page() -> None:
    own = re.compile(r"Intl\.DateTimeFormat|\.toLocale\w*String|\.get(?:Hours|Date|Day|Month)\(|\.toDateString")
    scripts = [one for one in (ROOT / "visit_ui/static/js").rglob("*.js") if own.search(one.read_text("utf-8"))]
    assert [one.name for one in scripts] == ["clock.js"]
