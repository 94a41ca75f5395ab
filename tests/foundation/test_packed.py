"""A page that is sent compressed: the same words, and nothing to be read from its length."""

from __future__ import annotations

import gzip

import pytest
from flask import Flask, Response

from foundation.packed import PADDING, packed

HTML = "<p>" + "sí " * 5000 + "</p>"


def sent(query: str = "", accepts: str = "br, gzip") -> Response:
    with Flask(__name__).test_request_context(f"/page{query}", headers={"Accept-Encoding": accepts}):
        return packed(HTML)


def test_the_browser_reads_the_page_from_a_tenth_of_its_bytes() -> None:
    answer = sent()
    assert answer.headers["Content-Encoding"] == "gzip" and answer.mimetype == "text/html"
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(HTML) / 10
    assert gzip.decompress(answer.data).decode() == HTML
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize(("query", "accepts"), [("?next=guess", "gzip"), ("", ""), ("", "gzip;q=0"), ("", "identity")])
def test_a_page_that_repeats_the_request_or_is_not_wanted_so_goes_as_it_is(query: str, accepts: str) -> None:
    answer = sent(query, accepts)
    assert "Content-Encoding" not in answer.headers and answer.get_data(as_text=True) == HTML
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_the_length_of_a_copy_says_nothing() -> None:
    """A byte more or less in the page is lost among what chance adds."""
    lengths = [len(sent().data) for _copy in range(200)]
    assert max(lengths) - min(lengths) > PADDING * 0.8 and len(set(lengths)) > PADDING / 2
