"""In which locale days and times are written: the clinic's, chosen once for the process (setting `CLINIC_LOCALE`)."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError

DEFAULT = "en_US"
_chosen = [DEFAULT]


def is_known(name: str) -> bool:
    """Whether the name stands for a locale whose ways are on record ("en_US", "es_US")."""
    try:
        Locale.parse(name)
    except (UnknownLocaleError, ValueError, TypeError):
        return False
    return True


def use(name: str) -> None:
    """Write in this locale from now on, in the whole process. Raises ``UnknownLocaleError``, ``ValueError``."""
    locale(name)
    _chosen[:] = [name]


def chosen() -> str:
    """The locale's name, as the setting has it."""
    return _chosen[0]


def tag() -> str:
    """The same as browsers and HTML spell it: "en-US"."""
    return chosen().replace("_", "-")


@lru_cache(maxsize=32)
def locale(name: str) -> Locale:
    """What is on record of a locale."""
    return Locale.parse(name)
