"""The people of the demo clinic. Everybody is invented; ids are derived from names, so that each start knows them."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from compliance.shared.vocabulary import Role
from emr.presence.sites import NewSite
from emr.shared.ids import PersonId, SiteId

# A namespace of our own for uuid5: the demo's ids are the same on every machine.
NAMESPACE = UUID("6f1d7a52-9c1e-4f0a-8a53-1f7f2a6f4d10")


@dataclass(frozen=True, slots=True, kw_only=True)
class CastMember:
    """One person. ``slug`` is the subject at the demo's provider and the label of a host of their own.

    ``born`` makes a patient. ``line`` is the word under the name on the sign-in card.
    """

    slug: str
    given: str
    family: str
    roles: frozenset[Role]
    line: str
    prefix: str | None = None
    credential: str | None = None
    profession: str | None = None
    pronouns: str | None = None
    born: date | None = None
    phone: str | None = None
    code: str | None = None

    @property
    def id(self) -> PersonId:
        """The person's id in the record."""
        return PersonId(uuid5(NAMESPACE, self.slug))

    @property
    def name(self) -> str:
        """As addressed."""
        return " ".join(part for part in (self.prefix, self.given, self.family) if part)


def _patient(slug: str, given: str, family: str, pronouns: str, born: date, phone: str, code: str) -> CastMember:
    return CastMember(
        slug=slug,
        given=given,
        family=family,
        roles=frozenset({Role.PATIENT}),
        line="Patient",
        pronouns=pronouns,
        born=born,
        phone=phone,
        code=code,
    )


def _prescriber(
    slug: str, given: str, family: str, pronouns: str, also: frozenset[Role] = frozenset(), **more: str
) -> CastMember:
    return CastMember(
        slug=slug,
        given=given,
        family=family,
        pronouns=pronouns,
        roles=frozenset({Role.PRESCRIBER}) | also,
        line=f"{more['profession']}, {more['credential']}",
        prefix=more.get("prefix"),
        credential=more["credential"],
        profession=more["profession"],
    )


# US numbers 555-0100 to 555-0199 are kept free for invented people.
PATIENTS = (
    _patient("ada", "Ada", "Lindqvist", "she/her", date(1992, 3, 14), "(813) 555-0142", "P-7F2C"),
    _patient("marcus", "Marcus", "Oyelaran", "he/him", date(1980, 7, 2), "(813) 555-0117", "P-19A3"),
    _patient("noor", "Noor", "Haddad", "she/her", date(1985, 5, 21), "(727) 555-0131", "P-C44E"),
    _patient("peter", "Peter", "Valasek", "he/him", date(1968, 2, 9), "(813) 555-0164", "P-5D82"),
    _patient("ines", "Inés", "Carrasco", "she/her", date(1997, 10, 30), "(941) 555-0108", "P-E83K"),
    _patient("gwen", "Gwen", "Tadesse", "they/them", date(2003, 1, 17), "(813) 555-0155", "P-2B67"),
    _patient("rosa", "Rosa", "Benavides", "she/her", date(1959, 8, 4), "(727) 555-0173", "P-9XFA"),
    _patient("caleb", "Caleb", "Stone", "he/him", date(1988, 12, 12), "(813) 555-0189", "P-A72D"),
)

PRESCRIBERS = (
    _prescriber("drew", "Drew", "Marsh", "he/him", prefix="Dr.", credential="MD", profession="Psychiatrist"),
    _prescriber(
        "tomas",
        "Tomás",
        "Beaulieu",
        "he/him",
        also=frozenset({Role.SUPERVISOR}),
        prefix="Dr.",
        credential="DO",
        profession="Psychiatrist",
    ),
    _prescriber("ruth", "Ruth", "Adeyemi", "she/her", credential="PMHNP", profession="Nurse practitioner"),
    _prescriber("jonah", "Jonah", "Pike", "he/him", credential="PA-C", profession="Physician assistant"),
)

CLINIC = (
    CastMember(
        slug="sofia",
        given="Sofia",
        family="Lund",
        pronouns="she/her",
        roles=frozenset({Role.CARE_TEAM}),
        line="Therapist",
        credential="LCSW",
        profession="Therapist",
    ),
    CastMember(
        slug="noa",
        given="Noa",
        family="Reyes",
        pronouns="she/her",
        roles=frozenset({Role.FRONT_DESK}),
        line="Front desk",
    ),
    CastMember(
        slug="olu",
        given="Olu",
        family="Bankole",
        pronouns="they/them",
        roles=frozenset({Role.OFFICER}),
        line="Compliance officer",
        profession="Compliance officer",
    ),
    CastMember(
        slug="carla",
        given="Carla",
        family="Winn",
        pronouns="she/her",
        roles=frozenset({Role.ADMINISTRATOR}),
        line="Administrator",
        profession="Administrator",
    ),
)

GUESTS = (
    CastMember(
        slug="ilse",
        given="Ilse",
        family="Lindqvist",
        pronouns="she/her",
        roles=frozenset({Role.GUEST}),
        line="Guest of Ada",
        profession=None,
    ),
)

# Known to the provider and to nobody here: shows the friendly "no access yet".
STRANGER_SLUG = "sam"
STRANGER_NAME = "Sam Nobody"

CAST = (*PATIENTS, *GUESTS, *PRESCRIBERS, *CLINIC)
BY_SLUG = {member.slug: member for member in CAST}
SUPERVISORS = {"jonah": "tomas"}

# Where the clinic sees people in person.
SITE_ID = SiteId(uuid5(NAMESPACE, "site/ybor"))
SITE = NewSite(name="Ybor clinic", line="1701 N 15th St", city="Tampa", state="FL", postal="33605")


def person_id(slug: str) -> PersonId:
    """The id of a member of the cast."""
    return BY_SLUG[slug].id
