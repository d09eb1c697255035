"""Doses: what is taken when, in real pieces, and the sentences people read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum

from emr.formulary.entries import Product, ProductId
from emr.shared.quantity import Quantity, Unit, mg, number


class TimeOfDay(Enum):
    """When in a day. DAY: at no stated time."""

    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"
    DAY = "day"


# Solid forms by RxNorm's name: the word for one, for several, and the verb and way that go with it.
_SOLID = {
    "Tablet": ("tablet", "tablets"),
    "Capsule": ("capsule", "capsules"),
    "Film": ("film", "films"),
    "Lozenge": ("lozenge", "lozenges"),
    "Gum": ("piece of gum", "pieces of gum"),
}
_COUNT = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class CountingUnit(Enum):
    """How a product is counted."""

    SOLID = "solid"
    LIQUID = "liquid"
    PATCH = "patch"
    OTHER = "other"


def kind_of(product: Product) -> CountingUnit:
    """Injections, sprays and whatever else is not counted or poured at home are OTHER."""
    if product.form == "Transdermal System":
        return CountingUnit.PATCH
    if product.unit is Unit.MG_PER_ML and product.form in {
        "Oral Solution",
        "Oral Suspension",
        "Extended Release Suspension",
    }:
        return CountingUnit.LIQUID
    if product.unit is Unit.MG and _solid_words(product.form) is not None:
        return CountingUnit.SOLID
    return CountingUnit.OTHER


def _solid_words(form: str) -> tuple[str, str] | None:
    if form == "Tablet for Oral Suspension":
        return _SOLID["Tablet"]
    return _SOLID.get(form.rsplit(" ", 1)[-1]) if "Injection" not in form else None


@dataclass(frozen=True, slots=True)
class Piece:
    """So many of one product. For liquids `count` is millilitres; otherwise a whole number."""

    product: ProductId
    count: Decimal
    each: Quantity
    """mg in one piece or millilitre."""
    form: str
    kind: CountingUnit

    @property
    def amount(self) -> Quantity:
        return self.each * self.count


def pieces_of(product: Product, count: int | Decimal) -> Piece:
    """So many of this product."""
    return Piece(product.id, Decimal(count), product.counted, product.form, kind_of(product))


@dataclass(frozen=True, slots=True)
class Intake:
    """What is taken at one moment: an amount of at least one piece, largest pieces first."""

    moment: TimeOfDay
    pieces: tuple[Piece, ...]

    @property
    def amount(self) -> Quantity:
        return total(piece.amount for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Dose:
    """A day's intakes in the order of the day. `as_needed`: at most these; the total is then the most in a day."""

    intakes: tuple[Intake, ...]
    as_needed: bool = False

    def __post_init__(self) -> None:
        if not self.intakes:
            raise ValueError("a dose has at least one intake")

    @property
    def daily_total(self) -> Quantity:
        return total(intake.amount for intake in self.intakes)

    @property
    def times_a_day(self) -> int:
        return len(self.intakes)

    @property
    def each(self) -> Quantity | None:
        """The amount of one intake; None when they differ."""
        amounts = {intake.amount for intake in self.intakes}
        return amounts.pop() if len(amounts) == 1 else None

    def a_day(self) -> tuple[Piece, ...]:
        """What is used up in a day, by product, largest piece first."""
        used: dict[ProductId, Piece] = {}
        for piece in (piece for intake in self.intakes for piece in intake.pieces):
            before = used[piece.product].count if piece.product in used else Decimal(0)
            used[piece.product] = replace(piece, count=before + piece.count)
        return tuple(sorted(used.values(), key=lambda piece: piece.each, reverse=True))


def total(amounts: Iterable[Quantity]) -> Quantity:
    """The sum of amounts in mg; 0 mg of none."""
    return sum(amounts, start=mg(0))


def count_word(count: int) -> str:
    """ "two" for 2; digits from eleven on."""
    return _COUNT[count] if count < len(_COUNT) else str(count)


def pieces_words(pieces: Sequence[Piece]) -> str:
    """Spelled out: "one 100 mg and one 50 mg tablet", "three 50 mg tablets", "2.5 mL (50 mg)"."""
    if len(pieces) == 1 and pieces[0].kind is CountingUnit.LIQUID:
        return f"{number(pieces[0].count)} mL ({pieces[0].amount})"
    counted = [f"{count_word(int(piece.count))} {piece.each}" for piece in pieces]
    last = pieces[-1]
    return f"{listed(counted)} {piece_word(last)}"


def piece_word(piece: Piece) -> str:
    """ "tablet" or "tablets", "patch" or "patches"."""
    one, several = (
        ("patch", "patches") if piece.kind is CountingUnit.PATCH else _solid_words(piece.form) or ("piece", "pieces")
    )
    return one if piece.count == 1 else several


def sentence(dose: Dose) -> str:
    """How it is told in one line: "100 mg each morning", "25 mg at night as needed", "10 mg three times a day"."""
    needed = " as needed" if dose.as_needed else ""
    same, times = dose.each, dose.times_a_day
    moments = [intake.moment for intake in dose.intakes]
    if same is None:
        parts = [f"{intake.amount} {_when(intake.moment)}" for intake in dose.intakes]
        return listed(parts) + needed
    if times == 1:
        return f"{same} {_when(moments[0], once=True)}{needed}"
    if dose.as_needed:
        return f"{same} up to {_times(times)} a day as needed"
    if times == 2 and TimeOfDay.DAY not in moments:
        return f"{same} {_when(moments[0])} and {_when(moments[1])}"
    return f"{same} {_times(times)} a day"


def sig(dose: Dose) -> str:
    """How to take it, in plain words and in pieces: "Take one 100 mg and one 50 mg tablet by mouth each morning."

    As needed, it says the most for one day: "Take one 25 mg tablet by mouth at night as needed."
    """
    first = dose.intakes[0].pieces[0]
    verb, way = _verb(first)
    same = {intake.pieces for intake in dose.intakes}
    if len(same) > 1:
        steps = [f"{pieces_words(intake.pieces)}{way} {_when(intake.moment)}" for intake in dose.intakes]
        return f"{verb} {listed(steps)}{' as needed' if dose.as_needed else ''}."
    what = f"{verb} {pieces_words(dose.intakes[0].pieces)}{way}"
    return f"{what} {_rhythm(dose)}."


def _rhythm(dose: Dose) -> str:
    moments = [intake.moment for intake in dose.intakes]
    if dose.as_needed:
        if len(moments) > 1:
            return f"as needed, up to {_times(len(moments))} a day"
        return f"{_when(moments[0], once=True)} as needed"
    if len(moments) == 1:
        return _when(moments[0], once=True)
    if TimeOfDay.DAY in moments:
        return f"{_times(len(moments))} a day"
    return listed([_when(moment) for moment in moments])


def _verb(piece: Piece) -> tuple[str, str]:
    match piece.kind:
        case CountingUnit.PATCH:
            return "Put on", ""
        case CountingUnit.SOLID if piece.form.startswith("Sublingual"):
            return "Put", " under your tongue"
        case CountingUnit.SOLID if piece.form == "Chewing Gum":
            return "Chew", ""
        case _:
            return "Take", " by mouth"


def _when(moment: TimeOfDay, *, once: bool = False) -> str:
    match moment:
        case TimeOfDay.MORNING:
            return "each morning"
        case TimeOfDay.NIGHT:
            return "at night"
        case TimeOfDay.NOON:
            return "at noon"
        case TimeOfDay.DAY:
            return "once a day" if once else "a day"
        case TimeOfDay.AFTERNOON | TimeOfDay.EVENING:
            return f"each {moment.value}"


def _times(times: int) -> str:
    return {1: "once", 2: "twice"}.get(times, f"{count_word(times)} times")


def listed(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def even(pieces: tuple[Piece, ...], moments: Sequence[TimeOfDay], *, as_needed: bool = False) -> Dose:
    """The same pieces at each of these moments. ValueError when there is no moment."""
    return Dose(tuple(Intake(moment, pieces) for moment in moments), as_needed)
