"""Turn a page into text: a Jinja environment for each language, in which an undefined name is an error."""

import secrets
from collections.abc import Callable
from dataclasses import fields
from datetime import date, time
from functools import cache, lru_cache
from gettext import NullTranslations
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_environment
from markupsafe import Markup, escape

from emr.shared.clinic_time import locales, typed
from visit_ui import assets, catalog, filters, lengths
from visit_ui.pages.shell.frame import Page
from visit_ui.texts import Text

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@lru_cache(maxsize=16)
def environment(language: str = catalog.ENGLISH) -> Environment:
    """The environment of that language."""
    return build(catalog.translations(language), language)


def build(translations: NullTranslations, language: str) -> Environment:
    """Everything escaped, undefined names fail, no day or time as Python has it. No global but Jinja's, `_` and its
    like, `longest`, `new_key`, and how days and times are written here."""
    env = Environment(
        loader=PackageLoader("visit_ui", "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=printing(translations),
        extensions=["jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    env.newstyle_gettext = True  # type: ignore[attr-defined]  # of the extension: values come as arguments
    env.globals.update(_said_by(translations))
    env.filters.update(filters.ALL)
    env.globals["language"] = language
    env.globals["script_texts"] = catalog.for_scripts(translations, language)
    env.globals["longest"] = lengths.longest
    env.globals["new_key"] = new_key
    env.globals["day_shape"] = typed.shape
    env.globals["clock_shape"] = typed.clock_shape
    env.globals["moment_shape"] = typed.moment_shape
    env.globals["locale_tag"] = locales.tag
    env.filters["fragment"] = _fragment
    env.filters["static"] = assets.address
    env.filters["module"] = assets.module
    env.filters["ahead"] = assets.ahead
    return env


def printing(translations: NullTranslations) -> Callable[[object], object]:
    """What every `{{ }}` prints passes through it: a marked text is said in the language of the environment."""

    def finalize(value: object) -> object:
        if isinstance(value, str):  # nearly everything
            return value.said_in(translations) if type(value) is Text else value
        return refuse_raw_times(value)

    return finalize


def refuse_raw_times(value: object) -> object:
    """Raises ``TypeError`` for a day or time that no filter put into words: Python's own form is in UTC and in nobody's
    way of writing.
    """
    if isinstance(value, date | time):
        raise TypeError(f"a {type(value).__name__} must be written by a filter of clinic_time, in the reader's zone")
    return value


def _said_by(translations: NullTranslations) -> dict[str, Callable[..., Markup]]:
    """What `_` and `{% trans %}` call. Jinja's own would do the same, but print marked texts and raw times unseen as
    values, and take half as long again for a page."""
    finalize = printing(translations)

    def filled(words: str, values: dict[str, object]) -> Markup:
        return Markup(words % {name: escape(finalize(value)) for name, value in values.items()})  # noqa: S704

    @cache  # as many as there are texts in the templates
    def plain(text: str) -> Markup:
        return filled(translations.gettext(text), {})

    def gettext(text: str, /, **values: object) -> Markup:
        return filled(translations.gettext(text), values) if values else plain(text)

    def ngettext(one: str, many: str, num: int, /, **values: object) -> Markup:
        return filled(translations.ngettext(one, many, num), {"num": num, **values})

    return {"_": gettext, "gettext": gettext, "ngettext": ngettext}


def new_key() -> str:
    """A key for one form, by which the same form sent twice is known: 144 bits, 24 letters of base64url."""
    return secrets.token_urlsafe(18)


def context_of(page: "DataclassInstance") -> dict[str, Any]:  # Any: a template takes values of every type
    """The page's own fields, by name, not copied: nothing else is in a template's scope."""
    return {field.name: getattr(page, field.name) for field in fields(page)}


def render(page: Page, language: str = catalog.ENGLISH) -> str:
    """The whole text of a page or fragment, in that language."""
    return render_with(environment(language), page)


def render_with(env: Environment, page: Page) -> str:
    """The same in an environment of one's own."""
    template = env.get_template(page.template)
    return template.render(context_of(page))  # type: ignore[arg-type]  # a Protocol can't say "is a dataclass"


@pass_environment
def _fragment(env: Environment, page: Page) -> Markup:
    """A fragment inside a page: the same text that a live update fetches later."""
    return Markup(render_with(env, page))  # noqa: S704  # rendered by the escaping environment above
