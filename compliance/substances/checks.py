"""Compares the files of names with each other and with the schedules: a contradiction stops the start. Pure."""

from compliance.shared.errors import BadReference
from compliance.substances.reference import Name
from compliance.substances.schedule import BASE, Schedules
from emr.shared.validation import Problems


def check_names(law: Schedules, controlled: tuple[Name, ...], uncontrolled: tuple[Name, ...]) -> None:
    """The two name files must not contradict each other or the schedules.

    A name of the uncontrolled file that holds a controlled name, or stands for a controlled substance, would let it
    through; only an "excluded" product (with its own citation) may.
    """
    lists = law.listings
    of_controlled, of_known, of_law = (
        Problems(file, refusal=BadReference)
        for file in ("controlled_names.csv", "known_names.csv", "controlled_substances.csv")
    )
    by_words = {name.words: name for name in controlled}
    for name in controlled:
        if not any(row.schedule.controlled for one in name.substances for row in lists.get(one, ())):
            of_controlled.add(name.line, f"'{name.name}' stands for nothing controlled")
        for pinned, listing in name.pins.items():
            if listing not in {row.listing for row in lists.get(pinned, ())}:
                of_controlled.add(name.line, f"'{name.name}': no listing '{listing}' of {pinned}")
    for name in uncontrolled:
        spans = (name.words[a:b] for a in range(len(name.words)) for b in range(a + 1, len(name.words) + 1))
        if name.kind != "excluded" and any(span in by_words for span in spans):
            of_known.add(name.line, f"'{name.name}' holds the name of a controlled substance")
        if any(
            row.schedule.controlled and row.listing == BASE for one in name.substances for row in lists.get(one, ())
        ):
            of_known.add(name.line, f"'{name.name}' stands for a controlled substance")
    for substance, rows in lists.items():
        if rows[0].schedule.controlled and not any(substance in name.substances for name in controlled):
            of_law.add(0, f"'{substance}' has no name in controlled_names.csv")
    for problems in (of_controlled, of_known, of_law):
        problems.check()
