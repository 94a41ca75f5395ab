"""Ways to meet for somebody who reads or signs: a phone call is never proposed to them, and taken only when they choose it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .models import Modality, Need

READS_OR_SIGNS = frozenset({Need.CAPTIONS.value, Need.SIGN_INTERPRETER.value})


def proposed(modalities: Sequence[str], needs: Iterable[str]) -> list[str]:
    """The ways that may be proposed with these needs, in the same order."""
    voiceless = not READS_OR_SIGNS.isdisjoint(needs)
    return [code for code in modalities if not (voiceless and code == Modality.PHONE)]
