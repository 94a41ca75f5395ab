"""A page that is sent compressed, for people on prepaid data."""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Response, request

PADDING = 100
"""Bytes at most by which a copy is longer by chance; Django's figure ("heal the breach", ticket 34042)."""


def packed(html: str) -> Response:
    """The page, gzipped where the browser takes that and where the page repeats nothing of the request.

    BREACH reads a secret from the length of a compressed page by varying words that the page repeats beside it. So a request with a
    query (links back to this page carry it) gets the page as it is, and the length of each copy is blurred in gzip's own field for a
    file's name.
    """
    answer = Response(html, mimetype="text/html")
    answer.vary.add("Accept-Encoding")
    if request.query_string or not request.accept_encodings.quality("gzip"):
        return answer
    small = io.BytesIO()
    name = secrets.token_urlsafe(PADDING)[: secrets.randbelow(PADDING)]
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=6, fileobj=small, mtime=0) as page:
        page.write(html.encode())
    answer.set_data(small.getvalue())
    answer.content_encoding = "gzip"
    return answer
