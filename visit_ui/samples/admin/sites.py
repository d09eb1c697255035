"""The administrator's sites."""

from dataclasses import replace
from typing import Final

from visit_ui.pages.admin.sites import SiteRow, Sites, SiteValues
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import FieldError, Option
from visit_ui.samples.shell.cast import administrator, at

_YBOR = SiteRow(
    "Ybor clinic", "1600 E 8th Ave", "Tampa", "Florida", "33605", at(9, day=1, month=5), "/sites/s1/close"
)  # fmt: skip
_OLD = SiteRow(
    "Bayshore office",
    "402 Bayshore Blvd",
    "Tampa",
    "Florida",
    "33606",
    at(9, day=2, month=2),
    None,
    at(17, day=30, month=6),
)
_LONG = SiteRow(
    "Centro comunitario de salud mental del condado de Hillsborough",
    "12750 Bruce B. Downs Boulevard, Building 4, Suite 210",
    "Saint Petersburg Beach",
    "District of Columbia",
    "33612-4455",
    at(9, day=1, month=9),
    "/sites/s2/close",
)

SITES: Final = Sites(
    frame=administrator("Sites", "Sites"),
    sites=(_YBOR, _OLD),
    values=SiteValues(),
    errors=(),
    states=(Option("AL", "Alabama"), Option("FL", "Florida"), Option("GA", "Georgia")),
)

SAMPLES: Final[dict[str, Page]] = {
    "sites": SITES,
    "sites.added": replace(SITES, said="Ybor clinic is open for check-in."),
    "sites.empty": replace(SITES, sites=()),
    "sites.none-open": replace(SITES, sites=(_OLD,)),
    "sites.long": replace(SITES, sites=(_YBOR, _LONG, _OLD)),
    "sites.errors": replace(
        SITES,
        values=SiteValues("Ybor clinic", "1600 E 8th Ave", "", "", "3360"),
        errors=(
            FieldError("name", "Another open site has this name. Add its street or part of town."),
            FieldError("city", "Enter the city."),
            FieldError("state", "Choose the state: its law applies to what is prescribed here."),
            FieldError("postal", "Enter five digits, such as 33605."),
        ),
    ),
}
