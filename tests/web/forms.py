"""A page's form, read as a browser would send it."""

from html.parser import HTMLParser
from typing import Any


class Form(HTMLParser):
    """The fields of the form with that id: names and values, ticked boxes only."""

    def __init__(self, text: str, id: str) -> None:
        super().__init__()
        self.id, self.inside = id, False
        self.fields: dict[str, Any] = {}
        self.options: dict[str, list[str]] = {}
        self._area, self._select = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = told.get("id") == self.id
        if not self.inside:
            return
        name = told.get("name", "")
        if tag == "input" and name and (told.get("type") != "checkbox" or "checked" in told):
            self._add(name, told.get("value", ""))
        if tag == "textarea":
            self._area, self.fields[name] = name, ""
        if tag == "select":
            self._select = name
        if tag == "option":
            self.options.setdefault(self._select, []).append(told.get("value", ""))
            if "selected" in told:
                self._add(self._select, told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "textarea" and self._area:
            self.fields[self._area] = self.fields[self._area].removeprefix("\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self.inside and self._area:
            self.fields[self._area] += data

    def _add(self, name: str, value: str) -> None:
        """Another of that name makes a list."""
        before = self.fields.get(name)
        self.fields[name] = (
            value if before is None else [*(before if isinstance(before, list) else [before]), value]
        )
