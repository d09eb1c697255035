"""Marks sentences of the record that patients read. Whoever shows one says it in the reader's language."""


def N_(text: str) -> str:  # the name that gettext's tools look for
    """The same text, gathered for translators (`make messages`)."""
    return text
