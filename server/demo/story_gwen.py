"""Gwen Tadesse, 23: new. A telephone intake this morning; the first evaluation, without any score yet, is today.
Nobody has asked about allergies."""

from datetime import timedelta

from emr.visits.model import Modality, VisitKind
from server.demo.story import Booked, Held, PatientStory, Place, Report, Wrote, note
from server.demo.when import On, Slot

HOME = Place("Student housing, 4204 E Fowler Ave", "Tampa", "FL", "33620", "(813) 555-0155")

STORY = PatientStory(
    slug="gwen",
    prescribers=("jonah", "drew"),
    home=HOME,
    visits=(
        Held(
            name="intake",
            when=Slot("gwen-intake"),
            by="jonah",
            kind=VisitKind.FIRST_EVALUATION,
            modality=Modality.AUDIO,
            minutes=15,
            booked_before=timedelta(days=4),
            acts=(
                Report(
                    name="St. John's wort",
                    sentence="300 mg, three times a day",
                    since=25,
                    purpose="mood",
                ),
            ),
            note=note(
                reason="“I cannot get out of bed for class.” Self-referred. Telephone intake before Dr. Marsh’s visit.",
                interval="Seven weeks of low mood and sleep until noon, since a break-up. No history of elevated mood.",
                substances="Energy drinks. Edibles on some weekends.",
                medical="No medical illness reported. Three weeks of St. John’s wort, bought over the counter.",
                risk="Asked: no thoughts of death. Roommate nearby. 988 given.",
                plan="Video visit with Dr. Marsh today. To answer both questionnaires before. Allergies still to be "
                "asked.",
            ),
        ),
        Booked(
            name="today",
            when=Slot("gwen"),
            by="drew",
            kind=VisitKind.FIRST_EVALUATION,
            minutes=50,
            phq9="-",
            gad7="-",
            booked_before=timedelta(days=4),
        ),
    ),
    between=(Wrote(On(2, "13:30"), "Do I have to take something, or can I just talk?"),),
)
