"""An order as a row of its table, and back."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, cast, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Row

from emr.dosing.model import CountingUnit as PieceKind
from emr.dosing.model import Dose, Intake, Piece, TimeOfDay
from emr.dosing.proposal import Supply
from emr.formulary.entries import MedicineId, ProductId
from emr.medications.model import Act, ChainId, FindingAnswer, Order, OrderOrigin, OrderStatus, Reference
from emr.medications.tables import medication_order
from emr.shared.ids import OrderId, PersonId, VisitId
from emr.shared.quantity import Quantity, Unit, mg, number

_JOINED_BY = " + "

Json = dict[str, Any]  # what a JSONB column gives: the functions below give it types

# JSON is read as text: a record of years has hundreds of orders and few different doses, and `_dose_of` knows them.
ORDERS = select(
    *(cast(each, Text).label(each.name) if isinstance(each.type, JSONB) else each for each in medication_order.c)
)
"""Every order, as `order_of` reads it."""


def row_of(order: Order) -> Json:
    """What is written of an order, by column."""
    total, reference = order.daily_total, order.reference
    return {
        "id": order.id,
        "chain_id": order.chain,
        "replaces": order.replaces,
        "patient_id": order.patient,
        "kind": order.kind.value,
        "act": order.act.value,
        "status": order.status.value,
        "medicine": order.medicine,
        "name": order.name,
        "ingredients": _JOINED_BY.join(order.ingredients),
        "dose": _dose_json(order.dose) if order.dose else None,
        "daily_total": total.value if total else None,
        "unit": total.unit.value if total else None,
        "as_needed": order.as_needed,
        "sentence": order.sentence,
        "sig": order.sig,
        "indication": order.indication,
        "reason": order.reason,
        "starts_on": order.starts_on,
        "product": order.product,
        "supply": [_piece_json(each.piece) for each in order.supply] if order.supply else None,
        "days_supply": order.days_supply,
        "refills": order.refills,
        "agreement": order.agreement,
        "prescriber_elsewhere": order.prescriber_elsewhere,
        "answers": [_answer_json(answer) for answer in order.answers],
        "reference_version": reference.version if reference else None,
        "reference_sha256": reference.sha256 if reference else None,
        "visit_id": order.visit,
        "author_id": order.author,
        "written_at": order.written_at,
    }


_KINDS = {one.value: one for one in OrderOrigin}
_ACTS = {one.value: one for one in Act}
_STATUSES = {one.value: one for one in OrderStatus}
_UNITS = {one.value: one for one in Unit}


# `Row[*tuple[Any, ...]]`: what a select of a whole table gives has no static type; this gives it one. Taken apart by
# place, as asking a row for a column by its name takes longer than all else here.
def order_of(row: Row[*tuple[Any, ...]]) -> Order:
    """The order of a row of `ORDERS`."""
    (
        (id, chain, replaces, patient, kind, act, status, medicine, name, ingredients, dose, total, unit, as_needed),
        (sentence, sig, indication, reason, starts_on, product, supply, days_supply, refills, agreement, elsewhere),
        (answers, reference_version, reference_sha256, visit, author, written_at),
    ) = (row[:14], row[14:25], row[25:])
    return Order(
        id=OrderId(id),
        chain=ChainId(chain),
        replaces=OrderId(replaces) if replaces else None,
        patient=PersonId(patient),
        kind=_KINDS[kind],
        act=_ACTS[act],
        status=_STATUSES[status],
        medicine=MedicineId(medicine) if medicine else None,
        name=name,
        ingredients=tuple(ingredients.split(_JOINED_BY)),
        dose=_dose_of(dose) if dose else None,
        daily_total=Quantity(total, _UNITS[unit]) if unit else None,
        as_needed=as_needed,
        sentence=sentence,
        sig=sig,
        indication=indication,
        reason=reason,
        starts_on=starts_on,
        author=PersonId(author),
        written_at=written_at,
        visit=VisitId(visit) if visit else None,
        product=product,
        supply=_supply_of(supply) if supply else (),
        days_supply=days_supply,
        refills=refills,
        agreement=agreement,
        prescriber_elsewhere=elsewhere,
        answers=() if answers == "[]" else tuple(FindingAnswer(**each) for each in json.loads(answers)),
        reference=Reference(reference_version, reference_sha256) if reference_version else None,
    )


def _dose_json(dose: Dose) -> Json:
    intakes = [
        {"moment": intake.moment.value, "pieces": [_piece_json(piece) for piece in intake.pieces]}
        for intake in dose.intakes
    ]
    return {"as_needed": dose.as_needed, "intakes": intakes}


# Values without a name in them; kept for as many different ones as a few long records hold.
@lru_cache(maxsize=4_096)
def _dose_of(text: str) -> Dose:
    stored = json.loads(text)
    intakes = tuple(
        Intake(TimeOfDay(each["moment"]), tuple(_piece_of(piece) for piece in each["pieces"]))
        for each in stored["intakes"]
    )
    return Dose(intakes, stored["as_needed"])


@lru_cache(maxsize=4_096)
def _supply_of(text: str) -> tuple[Supply, ...]:
    return tuple(Supply(_piece_of(each)) for each in json.loads(text))


def _piece_json(piece: Piece) -> Json:
    return {
        "product": piece.product,
        "count": number(piece.count),
        "mg_each": number(piece.each.value),
        "form": piece.form,
        "kind": piece.kind.value,
    }


def _piece_of(stored: Json) -> Piece:
    each = mg(stored["mg_each"])
    count = Decimal(stored["count"])
    return Piece(ProductId(stored["product"]), count, each, stored["form"], PieceKind(stored["kind"]))


def _answer_json(answer: FindingAnswer) -> Json:
    return {
        "key": answer.key,
        "severity": answer.severity,
        "title": answer.title,
        "reason": answer.reason,
    }
