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
  const centre = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    name: one.outerHTML.slice(0, 120),
    fits: Boolean(wanted) && one.matches(wanted),
    inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    seen: places.some(([place, part]) => drawn(getComputedStyle(place, part))),
    covered: Boolean(centre) && !one.contains(centre) && !centre.contains(one) && !label?.contains(centre),
  };
}"""
MOST = 120
"""Presses of Tab after which a place counts as out of reach."""


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
