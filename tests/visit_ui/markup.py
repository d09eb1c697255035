"""Reads rendered pages the way the tests ask about them: tags, forms with their fields, labels."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

Attributes = dict[str, str | None]


def words(page: str) -> str:
    """What is read of a page, by eye or by ear: its text and its labels in one line."""
    labels = re.findall(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"', page)
    text = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", page, flags=re.S)
    return " ".join(unescape(" ".join([text, *labels])).split())


@dataclass
class Form:
    """A form and its named controls, in order."""

    attributes: Attributes
    fields: dict[str, Attributes] = field(default_factory=dict)

    @property
    def posts(self) -> bool:
        """True when it changes something."""
        return (self.attributes.get("method") or "get").lower() == "post" or "hx-post" in self.attributes


class Markup(HTMLParser):
    """All start tags, all forms, and the controls that stand inside a label."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, Attributes]] = []
        self.forms: list[Form] = []
        self.labelled_by_wrapping: list[Attributes] = []
        self._open_form: Form | None = None
        self._in_label = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "form":
            self._open_form = Form(found)
            self.forms.append(self._open_form)
        elif tag == "label":
            self._in_label = True
        elif tag in ("input", "select", "textarea"):
            if self._open_form is not None:
                self._open_form.fields[found.get("name") or ""] = found
            if self._in_label:
                self.labelled_by_wrapping.append(found)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open_form = None
        elif tag == "label":
            self._in_label = False

    def values(self, attribute: str) -> list[str]:
        """Every value of an attribute, in order."""
        return [value for _, found in self.tags if (value := found.get(attribute))]
