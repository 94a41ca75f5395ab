"""What every page needs: safe ways back, addresses of static files, small template filters."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import posixpath
import re
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from markupsafe import Markup
from whitenoise import WhiteNoise

STATIC = Path(__file__).resolve().parent.parent / "static"
IMPORT = re.compile(r'^import (?:[^"\n]+ from )?"(\.[^"]+)";', re.MULTILINE)


def safe_next(target: str | None) -> str | None:
    """A path on this site, or None: never another host, never a scheme, never `//host` or a backslash."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    if any(ord(letter) < 32 for letter in target) or len(target) > 1000:
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def here() -> str:
    """The path and query of this request, for links that come back to it (a POST's page comes back to its path)."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def build_of(folder: Path) -> str:
    """A short hash of every static file: the folder name under which they are served for ever."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix not in {".gz", ".br"}):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def asset(path: str) -> str:
    """The address of a static file in this build."""
    return f"/static/{current_app.config['BUILD']}/{path}"


@functools.cache
def modules(path: str, *later: str) -> tuple[str, ...]:
    """The ES modules that the one at `path` (below static/) brings along, near ones first: to be asked for at once, not import by import.

    `later` are modules that it imports while it runs, and that this page will need all the same.
    """
    found = [path, *later]
    for one in found:
        folder = posixpath.dirname(one)
        for name in IMPORT.findall((STATIC / one).read_text(encoding="utf-8")):
            at = posixpath.normpath(posixpath.join(folder, name))
            if at not in found:
                found.append(at)
    return tuple(found[1:])


def _serve_static(app: Flask) -> None:
    """Static files under the build's own folder name: pre-compressed where `make` made it so, and kept for ever by browsers."""
    served = WhiteNoise(app.wsgi_app, max_age=10 * 365 * 86400)
    served.immutable_file_test = lambda _path, _url: True
    _drop_stale_copies()
    if STATIC.is_dir():
        served.add_files(str(STATIC), prefix=f"static/{app.config['BUILD']}/")
    app.wsgi_app = served  # type: ignore[method-assign]


def _drop_stale_copies() -> None:
    """Take compressed copies away that are older than what they were made from, else an edit would not show."""
    for packed in STATIC.rglob("*.gz"):
        source = packed.with_suffix("")
        with contextlib.suppress(OSError):
            if not source.exists() or packed.stat().st_mtime < source.stat().st_mtime:
                packed.unlink()


def absolute(path: str) -> str:
    """An address for letters and QR codes, always from the configured public URL."""
    return current_app.config["VO"].public_url + path


def ltr(text: str) -> Markup:
    """A code, number or address kept left-to-right inside right-to-left text."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


def register(app: Flask) -> None:
    """Template globals and filters."""
    app.config["BUILD"] = build_of(STATIC) if STATIC.is_dir() else "none"
    _serve_static(app)
    own = app.jinja_loader
    assert own is not None
    parts = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    app.jinja_env.loader = ChoiceLoader([own, parts])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(asset=asset, modules=modules, here=here, absolute=absolute)
    app.jinja_env.filters["ltr"] = ltr
