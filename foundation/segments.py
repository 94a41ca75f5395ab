"""How long a text message is: one segment is 160 letters of the GSM alphabet, or 70 of any other script."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")
"""Letters that take two places of the GSM alphabet (3GPP TS 23.038)."""
GSM, UCS = (160, 153), (70, 67)
"""Places in one message, and in each part of a longer one."""
PLAIN = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ", "\u202f": " "}
)


@dataclass(frozen=True)
class Size:
    """`places` used, `most` that fit into one message, `segments` that it takes."""

    places: int
    most: int
    segments: int


def plain(text: str) -> str:
    """The same text in letters of the GSM alphabet where only accents and quotes stand in the way (`ó` → `o`); else untouched.

    Without this one accent halves what fits: Spanish and French would need two messages.
    """
    folded = "".join(_fold(letter) for letter in text.translate(PLAIN))
    return folded if _is_gsm(folded) else text


def size(text: str) -> Size:
    """How much room a text takes as it stands."""
    if _is_gsm(text):
        places, (one, many) = sum(2 if letter in EXTENDED else 1 for letter in text), GSM
    else:
        places, (one, many) = len(text.encode("utf-16-le")) // 2, UCS
    return Size(places, one, 1 if places <= one else -(-places // many))


def _is_gsm(text: str) -> bool:
    return all(letter in BASIC or letter in EXTENDED for letter in text)


def _fold(letter: str) -> str:
    if letter in BASIC or letter in EXTENDED:
        return letter
    return "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))
