from __future__ import annotations

from tests.security.conftest import as_it_was, quick_hashes, world

__all__ = ["as_it_was", "quick_hashes", "world"]
