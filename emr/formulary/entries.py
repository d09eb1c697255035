"""What one row of the reference data is, once read: typed, immutable, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Annotated, NewType

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo

from emr.formulary.conditions import When, read_when
from emr.shared.quantity import Quantity, Unit
from emr.shared.validation import NeededText, among, given, if_any, one_of

MedicineId = NewType("MedicineId", str)
"""A row of formulary.csv: a medicine in one formulation ("bupropion_xl")."""

ProductId = NewType("ProductId", str)
"""A row of products.csv: its RxNorm code, or "<medicine>:<strength>:<form>" where none is known."""


def amount(unit: Unit) -> BeforeValidator:
    """A cell that holds an amount of that unit, or nothing."""
    return BeforeValidator(lambda cell: {"value": cell, "unit": unit} if cell else None)


Owner = Annotated[MedicineId, among("medicines", "is no medicine of formulary.csv")]
Side = Annotated[str, among("sides", "is neither a medicine nor a tag")]


class SourceReview(Enum):
    """How far a row was checked against its source. None of the three means that a clinician signed it off."""

    VERIFIED = "verified"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"


class Basis(Enum):
    """What a dose is counted over. Amounts of different bases are never added."""

    PER_DAY = "per_day"
    PER_COURSE_DAY = "per_day_course"
    PER_INJECTION = "per_injection"
    PER_SESSION = "per_session"
    PER_RESCUE_DOSE = "per_rescue_dose"


@dataclass(frozen=True, slots=True)
class Limits:
    """Doses of a medicine, in mg a day (see `Medicine.basis`). None: the source gives none."""

    usual_start: Quantity | None
    usual_min: Quantity | None
    usual_max: Quantity | None
    label_max: Quantity | None
    label_max_per_kg: Quantity | None
    """mg per kg of body weight and day."""
    increment: Quantity | None
    days_between_increases: int | None
    pace_from: str
    """Where step and days are from: 'label', 'convention' or ''."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One substance in a medicine. `same_as`: the name under which related substances are told to be duplicates."""

    name: str
    same_as: str
    counts_as: Fraction
    """mg of this ingredient for each mg that the medicine's dose counts (salts)."""


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine in one formulation. `name` is for people ("bupropion (extended release, once daily)")."""

    id: MedicineId
    name: str
    ingredients: tuple[Ingredient, ...]
    brands: tuple[str, ...]
    drug_class: str
    route: str
    schedule: str
    """'II' to 'V', or 'none'. A hint for lists only: the binding answer is compliance's, at a date and in a state."""
    basis: Basis
    dose_component: str | None
    """Which ingredient the mg of a combination count; None when there is only one."""
    limits: Limits
    frequency: str
    dose_note: str
    taper_needed: bool
    stopping_risk: str
    """What may happen when it is stopped."""
    telehealth_flag: str
    verified: SourceReview
    source: str

    @property
    def plain_name(self) -> str:
        """The ingredients as a person would say them: "sertraline", "olanzapine and fluoxetine"."""
        return " and ".join(dict.fromkeys(each.name for each in self.ingredients))


@dataclass(frozen=True, slots=True)
class Product:
    """Something a pharmacy can hand out. `strengths`: one of each component, in the order of the name."""

    id: ProductId
    medicine: MedicineId
    name: str
    """RxNorm's name, "sertraline 100 MG Oral Tablet"."""
    rxcui: str | None
    strengths: tuple[Quantity, ...]
    components: tuple[str, ...]
    """Names of the components, salt included, in the same order."""
    counted: Quantity
    """mg that a dose counts for one piece or millilitre: of the counted component; of a patch, over its whole wear."""
    form: str
    """RxNorm's dose form, "Oral Tablet"."""
    release: str
    """What stands before the name and tells products apart: "24 HR", "Sprinkle", "0.5 ML"; often empty."""
    common: int
    """How many packages of it were on the market (NDC codes); 0 when unknown."""

    @property
    def unit(self) -> Unit:
        return self.strengths[0].unit

    @property
    def combination(self) -> bool:
        """Whether it holds components that are not counted together."""
        return len(self.strengths) > 1 and self.counted.value != sum(each.value for each in self.strengths)


@dataclass(frozen=True, slots=True)
class Interaction:
    """A rule between two sides, each a medicine, a class or a tag."""

    a: Side
    b: Side
    severity: Annotated[str, one_of("contraindicated", "major", "moderate")]
    """'contraindicated', 'major' or 'moderate'."""
    mechanism: NeededText
    effect: NeededText
    management: NeededText
    source: NeededText
    verified: SourceReview


@dataclass(frozen=True, slots=True)
class Washout:
    """How many days a stopped medicine (`before`) still counts when another (`after`) is started."""

    before: Annotated[Side, Field(alias="from")]
    after: Annotated[Side, Field(alias="to")]
    days: Annotated[int, Field(gt=0)]
    rule: NeededText
    source: NeededText
    verified: SourceReview


def _allowed(maximum: Quantity | None, info: ValidationInfo) -> Quantity | None:
    medicine: Medicine | None = given(info, "medicines").get(info.data.get("medicine"))
    label = medicine.limits.label_max if medicine else None
    if maximum is not None and label is not None and maximum > label:
        raise ValueError("is above the label's maximum")
    return maximum


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A dose rule for some patients. `maximum` None: read the words; 0 mg: do not use."""

    medicine: Annotated[Owner, Field(alias="formulary_id")]
    factor: NeededText
    threshold: NeededText
    when: Annotated[When, PlainValidator(read_when), Field(alias="applies_when")]
    rule: NeededText
    maximum: Annotated[Quantity | None, amount(Unit.MG), AfterValidator(_allowed), Field(alias="max_mg_per_day")]
    source: NeededText
    verified: SourceReview


@dataclass(frozen=True, slots=True)
class Indication:
    """One thing a medicine is used for. `standing`: 'labelled' or 'off_label'."""

    medicine: Annotated[Owner, Field(alias="formulary_id")]
    indication: NeededText
    standing: Annotated[str, one_of("labelled", "off_label")]
    note: str
    source: NeededText
    verified: SourceReview


@dataclass(frozen=True, slots=True)
class PlainEffect:
    """A side effect in words for patients, with what to do. `level`: 'common' or 'serious'."""

    drug_class: Annotated[NeededText, Field(alias="class")]
    level: Annotated[str, one_of("common", "serious")]
    effect: NeededText
    words: Annotated[NeededText, Field(alias="plain_language")]
    action: NeededText
    source: NeededText


@dataclass(frozen=True, slots=True)
class Education:
    """What a patient is told about a class of medicine, at grade 6 to 8."""

    drug_class: NeededText
    title: NeededText
    how_it_works: NeededText
    how_to_take: NeededText
    what_to_expect: NeededText
    never_stop_suddenly: NeededText
    with_food_and_others: Annotated[NeededText, Field(alias="alcohol_food_and_other_medicines")]
    urgent_help: Annotated[NeededText, Field(alias="get_urgent_help")]
    source: NeededText


@dataclass(frozen=True, slots=True)
class Allergen:
    """A common allergen that no medicine of the formulary contains."""

    names: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class Monitor:
    """A test that a medicine or class asks for. `schedule` is an ISO 8601 period, empty when an event triggers it."""

    subject: Annotated[NeededText, Field(alias="medicine_or_class")]
    tag: NeededText
    test: NeededText
    loinc: Annotated[str | None, if_any]
    baseline: str
    schedule: str
    phase: Annotated[str, Field(alias="schedule_phase")]
    unit: Annotated[str, Field(alias="unit_ucum")]
    note: str
    source: NeededText
