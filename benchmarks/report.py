"""The last line of every benchmark."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime


def tell(bench: str, figures: Mapping[str, object], **machine: str) -> None:
    """Print one line of JSON: what was measured, on which machine (and with which `engine` or `browser`), and when."""
    here = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform(), **machine}
    print(json.dumps({"bench": bench, "figures": figures, "machine": here, "at": f"{datetime.now(UTC):%FT%TZ}"}))
