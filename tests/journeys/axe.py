"""axe-core in a page as it is, under its own content security policy."""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.server import ROOT

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
RUN = """async (tags) => {
  const found = await axe.run(document, {
    resultTypes: ['violations'],
    runOnly: {type: 'tag', values: tags},
    rules: {'target-size': {enabled: true}},
  });
  return found.violations.map((one) => ({
    rule: one.id, help: one.help, where: one.nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`),
  }));
}"""


@cache
def _source() -> str:
    return (ROOT / "tests" / "vendor" / "axe.min.js").read_text()


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds wrong in the page as it is now, frames included; `evaluate` passes the policy, a script tag would not."""
    if page.evaluate("() => typeof axe === 'undefined'"):
        page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(RUN, TAGS)
    return found


def said(found: list[dict[str, Any]]) -> str:
    """For a person: one violation a paragraph, at most three places each."""
    return "\n".join(f"{one['rule']}: {one['help']}\n    " + "\n    ".join(one["where"][:3]) for one in found)
