"""A page as a person without JavaScript has it: title, words, links, and forms that can be filled and sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import TestResponse

from tests.application import Browser

Typed = dict[str, str | list[str]]


@dataclass
class FormSeen:
    """One form: where it goes and what it holds now; `offers` has every value of radios, checkboxes and selects."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    offers: dict[str, list[str]] = field(default_factory=dict)
    visible: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """What stands on one answer."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        self.status, self.path = answer.status_code, answer.request.path
        self.html = answer.get_data(as_text=True)
        self.title = ""
        self.links: list[tuple[str, str]] = []
        self.forms: list[FormSeen] = []
        self.ids: set[str] = set()
        self.headings: list[str] = []
        self._open: list[str] = []
        self._link: list[str] | None = None
        self._href = ""
        self._select = ""
        self._area = ""
        self._words: list[str] = []
        self.feed(self.html)

    @property
    def words(self) -> str:
        """All visible text."""
        return " ".join(" ".join(self._words).split())

    def link(self, words: str) -> str:
        """The address of the first link with these words."""
        for said, href in self.links:
            if words in said:
                return href
        raise AssertionError(f"no link {words!r} on {self.path}: {[said for said, _href in self.links]}")

    def form(self, ending: str) -> FormSeen:
        """The first form whose address ends so."""
        for form in self.forms:
            if form.action.partition("?")[0].endswith(ending):
                return form
        raise AssertionError(f"no form {ending!r} on {self.path}: {[form.action for form in self.forms]}")

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self._open.append(tag)
        if "id" in named:
            self.ids.add(named["id"])
        if tag == "a" and "href" in named:
            self._link, self._href = [], named["href"]
        if tag == "form":
            self.forms.append(FormSeen(named.get("action", self.path), named.get("method", "get").lower()))
        if not self.forms:
            return
        form, name = self.forms[-1], named.get("name", "")
        if tag == "input" and name:
            kind = named.get("type", "text")
            if kind in {"radio", "checkbox"}:
                form.offers.setdefault(name, []).append(named.get("value", "on"))
                if "checked" in named:
                    form.values.setdefault(name, []).append(named.get("value", "on"))
            else:
                form.values[name] = [named.get("value", "")]
            if kind != "hidden":
                form.visible.add(name)
        elif tag == "select":
            self._select = name
            form.offers[name] = []
            form.visible.add(name)
        elif tag == "option" and self._select:
            form.offers[self._select].append(named.get("value", ""))
            if "selected" in named or self._select not in form.values:
                form.values[self._select] = [named.get("value", "")]
        elif tag == "textarea":
            self._area = name
            form.values[name] = [""]
            form.visible.add(name)
        elif tag == "button" and name:
            form.buttons.append((name, named.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "a" and self._link is not None:
            self.links.append((" ".join(" ".join(self._link).split()), self._href))
            self._link = None
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if "title" in self._open and "svg" not in self._open:
            self.title += data
        elif inside not in {"script", "style"}:
            self._words.append(data)
        if self._link is not None:
            self._link.append(data)
        if self._area:
            self.forms[-1].values[self._area] = [data.removeprefix("\n")]
        if inside in {"h1", "h2"}:
            self.headings.append(data.strip())


class Reader:
    """Somebody at a browser: opens pages, follows links, fills forms; counts the pages that they saw."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.seen = 0

    def open(self, path: str) -> Page:
        """Open an address, redirects included."""
        return self._show(self.browser.client.get(path, follow_redirects=True))

    def follow(self, page: Page, words: str) -> Page:
        """Follow the link with these words."""
        return self.open(page.link(words))

    def send(self, form: FormSeen, **typed: Any) -> Page:
        """Send a form as it stands, with what was typed; lists tick boxes."""
        data: Typed = {**{name: list(values) for name, values in form.values.items()}, **typed}
        if form.method == "get":
            return self._show(self.browser.client.get(form.action, query_string=data, follow_redirects=True))
        return self._show(self.browser.client.post(form.action, data=data, follow_redirects=True))

    def _show(self, answer: TestResponse) -> Page:
        self.seen += 1
        assert answer.status_code < 500, answer.get_data(as_text=True)[:2000]
        return Page(answer)
