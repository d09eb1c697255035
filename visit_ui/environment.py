"""Turn a page into text: one Jinja environment, in which an undefined name is an error."""

import secrets
from dataclasses import fields
from datetime import date, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from emr.shared.clinic_time import locales, typed
from visit_ui import assets, filters, lengths
from visit_ui.pages.shell.frame import Page

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The one environment: everything escaped, undefined names fail, no day or time as Python has it. No global
    but Jinja's, `longest`, `new_key`, and how days and times are written here."""
    env = Environment(
        loader=PackageLoader("visit_ui", "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=refuse_raw_times,
    )
    env.filters.update(filters.ALL)
    env.globals["longest"] = lengths.longest
    env.globals["new_key"] = new_key
    env.globals["day_shape"] = typed.shape
    env.globals["clock_shape"] = typed.clock_shape
    env.globals["moment_shape"] = typed.moment_shape
    env.globals["locale_tag"] = locales.tag
    env.filters["fragment"] = fragment
    env.filters["static"] = assets.address
    env.filters["module"] = assets.module
    env.filters["ahead"] = assets.ahead
    return env


def refuse_raw_times(value: object) -> object:
    """What every `{{ }}` prints passes here. Raises ``TypeError`` for a day or time that no filter put into words:
    Python's own form is in UTC and in nobody's way of writing.
    """
    if isinstance(value, date | time):
        raise TypeError(f"a {type(value).__name__} must be written by a filter of clinic_time, in the reader's zone")
    return value


def new_key() -> str:
    """A key for one form, by which the same form sent twice is known: 144 bits, 24 letters of base64url."""
    return secrets.token_urlsafe(18)


def context_of(page: "DataclassInstance") -> dict[str, Any]:  # Any: a template takes values of every type
    """The page's own fields, by name, not copied: nothing else is in a template's scope."""
    return {field.name: getattr(page, field.name) for field in fields(page)}


def render(page: Page) -> str:
    """The whole text of a page or fragment."""
    template = environment().get_template(page.template)
    return template.render(context_of(page))  # type: ignore[arg-type]  # a Protocol can't say "is a dataclass"


def fragment(page: Page) -> Markup:
    """A fragment inside a page: the same text that a live update fetches later."""
    return Markup(render(page))  # noqa: S704  # rendered by the escaping environment above
