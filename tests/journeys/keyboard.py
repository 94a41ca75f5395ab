"""A person without a mouse: Tab, Enter, Space and letters; every place that takes the focus must be seen."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

FOCUSED = """(wanted) => {
  const one = document.activeElement;
  if (!one || one === document.body || one === document.documentElement) return null;
  const box = one.getBoundingClientRect();
  const drawn = (style) => style.boxShadow !== 'none' || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0);
  const label = one.labels?.[0];
  const places = [[one], [one, '::before'], [label], [label, '::before'], [one.parentElement]].filter(([place]) => place);
  // A link that goes over two lines has nothing of itself in the middle of its box.
  const line = one.getClientRects()[0] ?? box;
  const centre = document.elementFromPoint(line.x + line.width / 2, line.y + line.height / 2);
  return {
    name: one.outerHTML.slice(0, 120),
    fits: Boolean(wanted) && one.matches(wanted),
    inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    seen: places.some(([place, part]) => drawn(getComputedStyle(place, part))),
    covered: Boolean(centre) && !one.contains(centre) && !centre.contains(one) && !label?.contains(centre),
  };
}"""
REACHED = """() => {
  const one = document.activeElement;
  const before = window.lastReached;
  window.lastReached = one;
  // A date has a stop for day, month, year and its calendar: the browser shows where in it.
  if (before === one) return 'inside';
  if ('reached' in one.dataset) return 'around';
  one.dataset.reached = '';
  return 'new';
}"""
NOT_REACHED = """() => {
  const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')];
  const group = (one) => one.type === 'radio' && all.some((other) => other.name === one.name && 'reached' in other.dataset);
  return all
    .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.disabled && !('reached' in one.dataset) && !group(one))
    .map((one) => one.outerHTML.slice(0, 120));
}"""
MOST, AROUND = 120, 600
"""Presses of Tab after which a place counts as out of reach, and a page as without an end."""


class Keyboard:
    """`tab_to("#name")`, `press("Enter")`, `type("…")`; `stops` counts the places that had the focus."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops = 0

    def tab_to(self, selector: str, backwards: bool = False) -> None:
        """Press Tab until that place has the focus; every place on the way must show it."""
        for _press in range(MOST):
            self.page.keyboard.press("Shift+Tab" if backwards else "Tab")
            found = self.focus(selector)
            if found is None:
                continue
            self.stops += 1
            assert found["inside"] and found["seen"] and not found["covered"], f"on {self.page.url}: {found}"
            if found["fits"]:
                return
        raise AssertionError(f"{selector} is out of reach on {self.page.url}")

    def around(self) -> list[str]:
        """Press Tab once around the page; what can be used and was never reached. Every place on the way must show the focus."""
        for _press in range(AROUND):
            self.page.keyboard.press("Tab")
            found = self.focus()
            if found is None:
                continue
            where = self.page.evaluate(REACHED)
            if where == "around":
                break
            if where == "inside":
                continue
            assert found["inside"] and found["seen"] and not found["covered"], f"on {self.page.url}: {found}"
        else:
            raise AssertionError(f"Tab never comes around on {self.page.url}")
        missed: list[str] = self.page.evaluate(NOT_REACHED)
        return missed

    def focus(self, selector: str = "") -> dict[str, Any] | None:
        """What has the focus, and whether it fits; None when it is lost to the page itself."""
        found: dict[str, Any] | None = self.page.evaluate(FOCUSED, selector)
        return found

    def has(self, selector: str) -> bool:
        """Whether the focus is there."""
        found = self.focus(selector)
        return bool(found and found["fits"])

    def press(self, key: str) -> None:
        """One key."""
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Letters."""
        self.page.keyboard.type(text)
