"""What holds for every template and style sheet: it compiles, stands on the skeleton, obeys the content policy, reads from both sides."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = ROOT / "templates"
HTML = sorted(TEMPLATES.rglob("*.html"))
LETTERS = [path for path in HTML if "letters" in path.relative_to(TEMPLATES).parts]
PAGES = [path for path in HTML if path not in LETTERS]
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
SKELETONS = {"layout.html", "errors/bare.html", "accounts/copy.html"}  # the copy is a file that leaves the service
JINJA = re.compile(
    r"\{%-? block (?:wide|robots|body_class) -?%\}.*?\{%-? endblock|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL
)
INLINE = re.compile(
    r"<script(?![^>]*(?:\ssrc=|application/(?:ld\+)?json))|<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:",
    re.IGNORECASE,
)
PHYSICAL = re.compile(
    r"(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)\b"
    r"|(?<![\w-])(?:left|right)\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
    r"|border-(?:top|bottom)-(?:left|right)-radius",
)
SPOKEN = {"alt", "aria-label", "aria-description", "aria-roledescription", "placeholder", "title", "abbr"}
NOT_WORDS = {"doctype", "html", "qr"}


def named(path: Path) -> str:
    """The name under which Jinja knows a template."""
    return path.relative_to(TEMPLATES).as_posix()


def without_jinja(path: Path) -> str:
    """The markup alone."""
    return JINJA.sub("", path.read_text())


class Words(HTMLParser):
    """Collects what a person would read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def untranslated(markup: str) -> list[str]:
    """Words of markup that no translator gets to see."""
    reader = Words()
    reader.feed(markup)
    found = [word for text in reader.said for word in re.findall(r"[A-Za-z]{2,}", text)]
    return [word for word in found if word.lower() not in NOT_WORDS]


def test_there_are_templates_and_sheets() -> None:
    assert len(PAGES) > 20
    assert len(SHEETS) > 1


def test_every_template_compiles(app: Flask) -> None:
    for path in TEMPLATES.rglob("*.*"):
        app.jinja_env.get_template(named(path))


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_no_inline_script_or_style(path: Path) -> None:
    assert not INLINE.findall(path.read_text())


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_pages_stand_on_the_skeleton(path: Path) -> None:
    source = path.read_text()
    if named(path) in SKELETONS or path.name.startswith("_") or path.parent.name == "macros":
        return
    extended = re.search(r"{%-? *extends +[\"']([^\"']+)[\"']", source)
    if extended is None:
        assert "<html" not in source, "only the skeletons are whole pages"
        assert "{% block" not in source
        return
    assert extended[1] in SKELETONS or (TEMPLATES / extended[1]).is_file()


@pytest.mark.parametrize("path", HTML, ids=named)
def test_every_word_can_be_translated(path: Path) -> None:
    assert untranslated(without_jinja(path)) == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_own_sheets_have_no_left_and_right(path: Path) -> None:
    sheet = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert PHYSICAL.findall(sheet) == []


def test_vendored_files_are_what_the_manifest_says() -> None:
    manifest = json.loads((ROOT / "static/vendor/MANIFEST.json").read_text())
    for name, fact in manifest.items():
        assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == fact["sha256"], name
        assert fact["version"] and fact["licence"]
        assert (ROOT / "static/vendor/licences" / f"{fact['from']}.txt").is_file()
    kept = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "static/vendor").glob("*.*")
        if path.suffix in {".css", ".js"}
    }
    assert kept <= set(manifest)


def test_nothing_of_the_original_brand_is_left() -> None:
    for name in ("govuk.css", "govuk.rtl.css"):
        sheet = (ROOT / "static/vendor" / name).read_text()
        assert not re.search(r"GDS Transport|crown|#1d70b8|#0f7a52|url\(", sheet)


@pytest.mark.parametrize(
    ("broken", "pattern"),
    [
        ("<p style='color:red'>", INLINE),
        ("<script>alert(1)</script>", INLINE),
        ("<a onclick='x()'>", INLINE),
        ("a { margin-left: 1px }", PHYSICAL),
        ("a { left: 0 }", PHYSICAL),
        ("a { text-align: right }", PHYSICAL),
    ],
)
def test_the_patterns_can_fail(broken: str, pattern: re.Pattern[str]) -> None:
    assert pattern.search(broken)


def test_the_word_finder_can_fail() -> None:
    assert untranslated('<p aria-label="Loud">{}Hello</p>') == ["Loud", "Hello"]
