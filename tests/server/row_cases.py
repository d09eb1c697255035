"""One case for each row of the route table: who may, what a form of it holds, and the clinic in which it is tried.

Ada's visit with Drew is in progress; Ilse is a guest in it and Sofia on Ada's care team. Everybody else is a stranger
to Ada, whatever they are elsewhere. Tomás reads what Jonah may of Noor, whose visit is Ruth's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from emr.people import use_cases as people
from emr.people.use_cases import NewPerson
from emr.presence import sites
from emr.presence.sites import NewSite
from emr.shared.context import UseCaseContext
from emr.shared.ids import SiteId
from server.auth import accounts
from server.http.endpoint import RouteSpec
from server.routes import ROUTES
from tests.server.web_process import ROLES, ZONE, Person, Running, signing, transaction

WHERE = {"line": "Home", "city": "Tampa", "state": "FL", "postal": "33605", "call_back": "(813) 555-0142"}
DOSE = {
    "product": "sertraline",
    "name": "sertraline",
    "total": "50",
    "timing": "morning",
    "days": "30",
    "refills": "1",
    "reason": "Depression, first step",
    "indication": "depression",
}
BOOKED = {
    "date": "2026-11-24",
    "time": "10:30",
    "minutes": "30",
    "kind": "follow_up",
    "modality": "video",
    "place": "",
}
YBOR = NewSite(name="Ybor clinic", line="1701 N 15th St", city="Tampa", state="FL", postal="33605")
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Case:
    """Who of the cast may do it for Ada, whether a supervisor may for Noor, and what is posted."""

    may: frozenset[str]
    form: Mapping[str, str] = field(default_factory=dict)
    supervised: bool = False


def case(may: str, form: Mapping[str, str] | None = None, *, supervised: bool = False) -> Case:
    return Case(frozenset(may.split()), form or {}, supervised)


ABOUT_ALERT = {"how-{alert}": "done", "alert-{alert}": "Asked about it, no plan."}
PRESCRIBERS = "drew ruth jonah tomas"
VISIT = "/visits/{visit}"
ORDER = f"{VISIT}/medicines/{{order}}"
CASES: Mapping[tuple[str, str], Case] = {
    ("GET", "/home"): case(" ".join(ROLES)),
    ("GET", "/crisis"): case(" ".join(ROLES)),
    ("GET", "/credits"): case(" ".join(ROLES)),
    ("GET", "/day"): case(PRESCRIBERS),
    ("GET", "/day/waiting"): case(PRESCRIBERS),
    ("GET", "/visits/new"): case(PRESCRIBERS),
    ("POST", "/visits/new"): case("drew", BOOKED),
    ("GET", "/desk"): case("noa"),
    ("GET", "/desk/book"): case("noa"),
    ("POST", "/desk/book"): case("noa", {**BOOKED, "prescriber": "{drew}"}),
    ("GET", f"/desk{VISIT}/check-in"): case("noa"),
    ("POST", f"/desk{VISIT}/check-in"): case(
        "noa", {"site": "{site}", "patient_here": "yes", "prescriber_here": "{drew}"}
    ),
    ("GET", f"/desk{VISIT}/confirm"): case("noa"),
    ("POST", f"/desk{VISIT}/confirm"): case(
        "noa", {"full_name": "Ada Cast", "born_month": "3", "born_day": "14", "born_year": "1992"}
    ),
    ("GET", f"/desk{VISIT}/done"): case("noa"),
    ("POST", f"{VISIT}/participants"): case("drew", {"person": "{ilse}", "name": "", "part": "guest_family"}),
    ("POST", f"{VISIT}/participants/{{person}}/withdraw"): case("drew"),
    ("POST", f"{VISIT}/cancel"): case("drew"),
    ("GET", f"{VISIT}/correct"): case("drew noa"),
    ("POST", f"{VISIT}/correct"): case("drew noa", {"outcome": "missed", "reason": "She was not there after all."}),
    ("POST", f"{VISIT}/admit"): case("drew"),
    ("POST", f"{VISIT}/end"): case("drew", ABOUT_ALERT),
    ("GET", f"{VISIT}/end/open-alerts"): case("drew", supervised=True),
    ("GET", f"{VISIT}/note/open-alerts"): case("drew", supervised=True),
    ("GET", f"{VISIT}/note/beginning"): case("drew"),
    ("GET", f"{VISIT}/crisis-path"): case("drew", supervised=True),
    ("POST", f"{VISIT}/crisis-path/facts"): case(
        "drew", {"kind": "contact", "name": "Ilse Cast, mother", "phone": "(813) 555-0177"}
    ),
    ("POST", f"{VISIT}/crisis-path/steps"): case("drew", {"step": "called_911", "said": "A unit is on its way."}),
    ("GET", f"{VISIT}/attendance"): case("drew", supervised=True),
    ("POST", f"{VISIT}/take-over"): case("drew"),
    ("GET", f"{VISIT}/prepare"): case("ada drew ilse"),
    ("POST", f"{VISIT}/prepare"): case("ada drew ilse", {"outcome": "all_work"}),
    ("GET", f"{VISIT}/arrive"): case("ada drew ilse"),
    ("POST", f"{VISIT}/arrive"): case("ada", WHERE),
    ("GET", f"{VISIT}/waiting"): case("ada drew ilse", supervised=True),
    ("GET", f"{VISIT}/waiting/place"): case("ada drew ilse", supervised=True),
    ("GET", f"{VISIT}/scales/{{scale}}"): case("ada"),
    ("POST", f"{VISIT}/scales/{{scale}}"): case("ada", {"now": "safety", "item-9": "1"}),
    ("POST", f"{VISIT}/scales/{{scale}}/request"): case("drew"),
    ("GET", f"{VISIT}/overview"): case("drew sofia", supervised=True),
    ("GET", f"{VISIT}/symptoms"): case("ada drew sofia", supervised=True),
    ("GET", f"{VISIT}/medicines"): case("ada drew sofia", supervised=True),
    ("GET", f"{VISIT}/medicines/start"): case("drew"),
    ("POST", f"{VISIT}/medicines/find"): case("drew", {"name": "sertraline", "product": ""}),
    ("POST", f"{VISIT}/medicines/start/check"): case("drew", DOSE),
    ("POST", f"{VISIT}/medicines/start"): case("drew", DOSE),
    ("POST", f"{VISIT}/medicines/report"): case(
        "ada drew", {"name": "Melatonin", "sentence": "3 mg at night", "source": "self_reported", "since": ""}
    ),
    ("POST", f"{ORDER}/adjust"): case("drew", {"to": "100"}),
    ("POST", f"{ORDER}/check"): case("drew", {**DOSE, "total": "100"}),
    ("POST", f"{ORDER}/revise"): case("drew", {**DOSE, "total": "100"}),
    ("GET", f"{ORDER}/stop"): case("drew"),
    ("POST", f"{ORDER}/stop"): case("drew", {"reason": "No longer needed"}),
    ("GET", f"{ORDER}/hold"): case("drew"),
    ("POST", f"{ORDER}/hold"): case("drew", {"reason": "Nausea"}),
    ("GET", f"{ORDER}/hand-off"): case("drew"),
    ("GET", f"{VISIT}/notes"): case("drew", supervised=True),
    ("POST", f"{VISIT}/note"): case("drew", {"version": "0", "template": "", "{section}": "Mood better."}),
    ("POST", f"{VISIT}/note/sign"): case(
        "drew", {"version": "0", "template": "", "{section}": "Mood better.", **ABOUT_ALERT}
    ),
    ("POST", f"{VISIT}/note/addendum"): case("drew", {"text": "Called the pharmacy."}),
    ("GET", f"{VISIT}/my-medicines"): case("ada drew sofia", supervised=True),
    ("GET", f"{VISIT}/my-scales"): case("ada drew sofia", supervised=True),
    ("GET", f"{VISIT}/my-safety"): case("ada drew sofia", supervised=True),
    ("GET", VISIT): case("ada drew ilse", supervised=True),
    ("GET", f"{VISIT}/people"): case("ada drew ilse", supervised=True),
    ("GET", f"{VISIT}/alerts"): case("drew", supervised=True),
    ("POST", f"{VISIT}/alerts/{{alert}}/acknowledge"): case("drew", {"what_was_done": "Talked about it; safe now."}),
    ("GET", "/patients"): case(f"{PRESCRIBERS} sofia"),
    ("POST", "/patients"): case(f"{PRESCRIBERS} sofia", {"q": "ada"}),
    ("GET", "/patients/{patient}"): case("drew sofia", supervised=True),
    ("GET", "/patients/{patient}/crisis"): case("drew", supervised=True),
    ("GET", "/log"): case("olu"),
    ("GET", "/log/presence"): case("olu"),
    ("GET", "/log/verification"): case("olu"),
    ("GET", "/log/{decision}"): case("olu"),
    ("POST", "/log/verify"): case("olu"),
    ("POST", "/log/{decision}/texts"): case("olu", {"purpose": "routine-review", "words": "The blocks of this month"}),
    ("POST", "/log/export"): case("olu"),
    ("POST", "/log/export-list"): case("olu"),
    ("GET", "/people"): case("carla"),
    ("POST", "/people"): case(
        "carla",
        {
            "issuer": "https://id.example.org",
            "subject": "newcomer",
            "role": "guest",
            "given_name": "Wen",
            "family_name": "Li",
        },
    ),
    ("GET", "/sites"): case("carla"),
    ("POST", "/sites"): case(
        "carla", {"name": "Hyde Park", "line": "1 S Howard Ave", "city": "Tampa", "state": "FL", "postal": "33606"}
    ),
    ("POST", "/sites/{site}/close"): case("carla"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """Ids of what there is to be asked for, in Ada's visit, as they stand in an address."""

    ids: Mapping[str, str]

    def path(self, row: RouteSpec) -> str:
        """The row's address."""
        return row.path.format(**self.ids)

    def elsewhere(self, **other: str) -> "Stage":
        """The same with other ids."""
        return replace(self, ids={**self.ids, **other})

    def form(self, row: RouteSpec) -> dict[str, str]:
        """What the row's form holds, without token and patient."""
        form = CASES[row.method, row.path].form
        return {name.format(**self.ids): value.format(**self.ids) for name, value in form.items()}

    def said(self) -> dict[str, str]:
        """What is said of the open safety answer when a note is signed or the visit ended."""
        return {name.format(**self.ids): words for name, words in ABOUT_ALERT.items()}

    def patient(self, row: RouteSpec) -> str | None:
        """The patient that the row's form names."""
        return self.ids["patient"] if row.names_patient or row.nobody_chosen else None


async def set_the_stage(running: Running) -> Stage:
    """Ada is in the call: a medicine was started, another one blocked, a safety item answered, both with alerts."""
    ada, drew = await running.as_("ada"), await running.as_("drew")
    visit, patient = running.clinic.visits["ada"], running.clinic["ada"]
    arrived = await ada.post(f"/visits/{visit}/arrive", patient, **WHERE)
    assert arrived.status_code == 303, arrived.text
    admitted = await drew.post(f"/visits/{visit}/admit", patient)
    assert admitted.status_code == 303, admitted.text
    order = await started(drew, f"/visits/{visit}", patient=str(patient))
    blocked = await drew.post(f"/visits/{visit}/medicines/find", patient, name="alprazolam")
    assert "cannot be prescribed" in blocked.text
    invited = await a_guest(running)
    joined = await drew.post(f"/visits/{visit}/participants", patient, name="Wen Cast", part="guest_family")
    assert joined.status_code == 200, joined.text
    alert = await alerted(ada, drew, f"/visits/{visit}", patient=str(patient))
    section = re.search(r'name="(section-[^"]+)"', (await drew.get(f"/visits/{visit}/notes", fragment=True)).text)
    assert section
    async with transaction(running.settings.database_url) as conn:
        decision = (await conn.execute(text("SELECT id FROM decision WHERE outcome = 'block'"))).scalar_one()
    ids = {"visit": str(visit), "patient": str(patient), "order": order, "alert": alert, "decision": str(decision)}
    site = str(await a_site(running))
    there = {
        "site": site,
        "scale": "phq9",
        "section": section.group(1),
        "ilse": str(running.clinic["ilse"]),
        "drew": str(running.clinic["drew"]),
        "person": invited,
    }
    return Stage({**ids, **there})


async def a_site(running: Running) -> SiteId:
    """The clinic's site, added by the administrator; the same again for who asks again."""
    async with transaction(running.settings.database_url) as conn:
        for known in await sites.sites(conn):
            return known.id
        return (await sites.add_site(UseCaseContext(conn, running.clinic["carla"], datetime.now(UTC)), YBOR)).id


async def a_guest(running: Running) -> str:
    """Somebody with a guest's access who is in no visit yet; gives the person's id."""
    now = datetime.now(UTC)
    async with transaction(running.settings.database_url) as conn:
        context = UseCaseContext(conn, running.clinic["carla"], now)
        person = await people.add_person(context, NewPerson(given_name="Wen", family_name="Cast", zone=ZONE))
        await accounts.grant(conn, person.id, (Role.GUEST,), now=now, by=None)
    return str(person.id)


async def started(drew: Person, visit: str, *, patient: str, **changes: str) -> str:
    """A medicine is started, its findings answered; gives the order's id."""
    form = {**DOSE, **changes}
    before = orders((await drew.get(f"{visit}/medicines", fragment=True)).text)
    checked = await drew.post(f"{visit}/medicines/start/check", patient, **form)
    assert checked.status_code == 200, checked.text
    answers = signing(checked.text)
    signed = await drew.post(f"{visit}/medicines/start", patient, **form, **answers)
    assert signed.status_code == 200, signed.text
    (order,) = orders(signed.text) - before
    return order


def orders(panel: str) -> set[str]:
    """The ids of the orders that the list of medicines offers to adjust."""
    return set(re.findall(r"/medicines/([0-9a-f-]{36})/adjust", panel))


async def alerted(ada: Person, drew: Person, visit: str, *, patient: str) -> str:
    """The ninth item of the PHQ-9 is answered; gives the alert's id."""
    form = await ada.get(f"{visit}/scales/phq9")
    items = list(dict.fromkeys(re.findall(r'name="item-([^"]+)"', form.text)))
    told = await ada.post(f"{visit}/scales/phq9", patient, now="safety", **{f"item-{items[8]}": "1"})
    assert told.status_code == 200, told.text
    strip = await drew.get(f"{visit}/alerts", fragment=True)
    alert = re.search(r"/alerts/([0-9a-f-]{36})/acknowledge", strip.text)
    assert alert, strip.text
    return alert.group(1)


async def everything(conn: AsyncConnection, *, without: tuple[str, ...] = ()) -> Mapping[str, str]:
    """A digest of every table's rows, so that a test can say that nothing was changed."""
    names = await conn.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
    chosen = [name for name in names.scalars() if name not in without]
    parts = [f"SELECT '{name}', md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {name} t" for name in chosen]
    return {name: digest or "" for name, digest in await conn.execute(text(" UNION ALL ".join(parts)))}


async def refused_entries(conn: AsyncConnection) -> int:
    """How many refusals are on record."""
    found = await conn.execute(text("SELECT count(*) FROM audit_entry WHERE outcome = 'refused'"))
    count: int = found.scalar_one()
    return count


def named(rows: tuple[RouteSpec, ...]) -> list[str]:
    """Names of parametrized tests."""
    return [f"{row.method} {row.path}" for row in rows]


CHANGES = tuple(row for row in ROUTES if row.method == "POST")
"""The rows that change something, or ask for what an address must not say."""
