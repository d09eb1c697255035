"""A dispatch number holds for a town: an address in it needs no new check, and one that cannot be told does."""

import pytest

from emr.danger.towns import same_town, town_of

TOWNS = {
    "Tampa FL": ("Tampa", "FL"),
    "2104 E Palm Ave, Tampa, FL 33605": ("Tampa", "FL"),
    "2104 E Palm Ave, Apt 3,  tampa , Florida 33605-1234, USA": ("tampa", "FL"),
    "9 Quarrier St, Charleston, West Virginia 25301": ("Charleston", "WV"),
    "1 Main St, West Orange, NJ": ("West Orange", "NJ"),
    "600 Pennsylvania Ave, Washington, DC 20003": ("Washington", "DC"),
    "4 Oak St Tampa FL": ("4 Oak St Tampa", "FL"),
    "Home": None,
    "FL 33605": None,
    "": None,
}


@pytest.mark.parametrize(("place", "town"), TOWNS.items())
def test_the_town_of_an_address(place: str, town: tuple[str, str] | None) -> None:
    assert town_of(place) == town


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Tampa FL", "2104 E Palm Ave, Tampa, FL 33605", True),
        ("TAMPA, FLORIDA", "Home, Tampa, FL 33605", True),
        ("Tampa FL", "12 Elm St, Orlando, FL 32801", False),
        ("Portland ME", "Portland OR", False),
        ("Orange NJ", "1 Main St West Orange NJ", False),
        ("Grandma's house", "grandma's  house", True),
        ("Grandma's house", "Tampa FL", False),
    ],
)
def test_places_in_one_town(one: str, other: str, same: bool) -> None:
    assert (same_town(one, other), same_town(other, one)) == (same, same)
