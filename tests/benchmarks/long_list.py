"""A long medicine list: written by the record's own functions, as if one patient had been changed often for years.

The orders are to be read, not to be dispensed: no decision and no prescription stand beneath them, and the guard that
asks for one is put aside while they are written.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.chart import reading as charts
from emr.dosing import forms
from emr.dosing.model import Dose, Intake, TimeOfDay, pieces_of
from emr.dosing.proposal import Proposal, product_texts, supply_of
from emr.formulary.entries import Medicine, Product
from emr.formulary.model import Formulary
from emr.formulary.model import load as known_medicines
from emr.medications import model, repository
from emr.medications.model import Order, Reference, Signed
from emr.shared.ids import OrderId, PersonId
from server.platform import database as databases

LINES, ORDERS = 70, 415
GUARD = "medication_order_complete"


async def write(owner_url: str, patient: PersonId, author: PersonId, now: datetime) -> int:
    """Bring the patient's list to LINES lines of ORDERS orders, the newest a day old; gives how many lines it had."""
    engine = databases.one_shot_engine(owner_url)
    try:
        async with engine.begin() as conn:
            await databases.assume_owner(conn)
            await conn.execute(text(f"ALTER TABLE medication_order DISABLE TRIGGER {GUARD}"))
            before = await _write(conn, patient, author, now)
            await conn.execute(text(f"ALTER TABLE medication_order ENABLE ALWAYS TRIGGER {GUARD}"))
        async with engine.connect() as plain:
            alone = await plain.execution_options(isolation_level="AUTOCOMMIT")
            await databases.assume_owner(alone)
            await alone.execute(text("VACUUM (ANALYZE) medication_order"))
        return before
    finally:
        await engine.dispose()


async def _write(conn: AsyncConnection, patient: PersonId, author: PersonId, now: datetime) -> int:
    before = await charts.entries(conn, patient)
    lines, orders = LINES - len(before), ORDERS - sum(len(line.history) for line in before)
    formulary = known_medicines()
    for at, (medicine, product) in enumerate(islice(_taken(formulary), lines)):
        count = orders // lines + (at < orders % lines)
        for order in _chain(formulary, (medicine, product), patient, author, _moments(now, count)):
            await repository.add(conn, order)
    return len(before)


def _taken(formulary: Formulary) -> Iterator[tuple[Medicine, Product]]:
    """Every medicine that is counted at home, again and again, each time with another of its products."""
    turn = 0
    while True:
        for medicine in formulary.contents.medicines.values():
            products = [one for form in forms.forms(formulary, medicine.id) for one in form.products]
            if products:
                yield medicine, products[turn % len(products)]
        turn += 1


def _moments(now: datetime, count: int) -> Sequence[datetime]:
    return [now - timedelta(days=1 + 30 * (count - 1 - at)) for at in range(count)]


def _chain(
    formulary: Formulary,
    taken: tuple[Medicine, Product],
    patient: PersonId,
    author: PersonId,
    moments: Sequence[datetime],
) -> Iterator[Order]:
    """One line: begun with one piece a day, then two, then one again and so on."""
    medicine, product = taken
    ingredients = tuple(sorted(one.name for one in medicine.ingredients))
    reference = Reference(formulary.version, formulary.sha256)
    current: Order | None = None
    for at, moment in enumerate(moments):
        signed = Signed(id=OrderId(uuid4()), author=author, now=moment, visit=None, reference=reference)
        dose = Dose((Intake(TimeOfDay.MORNING, (pieces_of(product, 1 + at % 2),)),))
        proposal = _proposal(formulary, medicine, dose, moment.date())
        if current is None:
            current = model.start(proposal, patient, ingredients, signed)
        else:
            current = model.revise(current, proposal, ingredients, signed)
        yield current


def _proposal(formulary: Formulary, medicine: Medicine, dose: Dose, day: date) -> Proposal:
    return Proposal(
        medicine=medicine.id,
        name=medicine.plain_name,
        product=product_texts(formulary, medicine.id)[0],
        code=None,
        dose=dose,
        supply=supply_of(dose, 30),
        days_supply=30,
        refills=0,
        starts_on=day,
        indication="depression",
        reason="Partial response",
    )
