"""Every act that the code notes in the trail has words on the page of the trail."""

from __future__ import annotations

import re
from pathlib import Path

from virtual_office.audit_wording import ACTS

from .test_house import modules, name

NOTED = re.compile(r'audit\.note\(\s*"([a-z_]+\.[a-z_]+)"')
LATER = re.compile(r'"([a-z]+(?:_[a-z]+)*\.(?:booked|moved|cancelled|restored|outcome_recorded|closed))"')


def noted() -> dict[str, Path]:
    """Acts as the code spells them, and where."""
    found: dict[str, Path] = {}
    for path in modules("foundation", "accounts", "virtual_office", "booking", "webinars", "realtime"):
        if path.name != "audit_wording.py":
            for act in (*NOTED.findall(path.read_text()), *LATER.findall(path.read_text())):
                found.setdefault(act, path)
    return found


def test_every_act_has_words() -> None:
    acts = noted()
    assert len(acts) > 50
    missing = {f"{act} ({name(path)})" for act, path in acts.items() if act not in ACTS}
    assert missing == set(), "say these in virtual_office/audit_wording.py"
