"""Log lines: JSON, UTC, and nothing of a person in them."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from foundation import logs
from tests.server import ROOT

PRIVATE = [
    "/m/abcdefghijklmnopqrstuv/Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3Jh",
    "amal@example.org",
    "+34 600 123 456",
    "GET /find?reference=4F7K2QXM&code=123456",
    "[parameters: ('Amal', 'amal@example.org')]",
    "DETAIL:  Key (name)=(Amal) already exists.\n",
    "postgresql+psycopg://office:hunter22@db.internal/office",
]
SECRETS = ["Zm9vYmFyYmF6", "abcdefghijklmnopqrstuv", "amal", "Amal", "600 123", "4F7K2QXM", "123456", "hunter22"]


@pytest.mark.parametrize("text", PRIVATE)
def test_a_text_loses_what_names_a_person(text: str) -> None:
    left = logs.scrub(f"before {text} after")
    assert left.startswith("before ")
    assert left.endswith(" after")
    assert not [secret for secret in SECRETS if secret in left], left


def test_ordinary_words_stay() -> None:
    words = "web starts anew, 3 of 12 letters, /usr/lib/python3.11/site-packages/a.py line 8, 2026-11-23T08:00:00Z"
    assert logs.scrub(words) == words


def test_lines_are_json_with_time_level_process_and_scrubbed_traceback(tmp_path: Path) -> None:
    program = (
        "import logging\n"
        "from foundation import logs\n"
        "logs.set_up('worker', readable=False)\n"
        "log = logging.getLogger('somewhere')\n"
        "log.info('hello %s', 'amal@example.org', extra={'letter': 7})\n"
        "try: raise ValueError('no amal@example.org')\n"
        "except ValueError: log.exception('chore failed')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    first, second = (json.loads(line) for line in done.stderr.splitlines())
    assert first["event"] == "hello <address>"
    assert (first["letter"], first["level"], first["process"], first["logger"]) == (7, "info", "worker", "somewhere")
    assert first["at"].endswith("Z")
    assert "ValueError: no <address>" in second["exception"]
    assert done.stdout == ""


def test_readable_lines_are_not_json(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        logs.set_up("web", readable=True)
        logging.getLogger("somewhere").warning("hello amal@example.org")
    finally:
        logging.getLogger().handlers[:] = before[0]
        logging.getLogger().setLevel(before[1])
    line = capsys.readouterr().err
    assert "hello <address>" in line
    assert not line.startswith("{")


def test_a_fault_of_a_request_is_named_by_its_route(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from foundation import logs, metrics\n"
        "from tests.foundation.bare import bare_app\n"
        "app = bare_app(Path(sys.argv[1]))\n"
        "logs.set_up('web', readable=False)\n"
        "metrics.register(app)\n"
        "app.add_url_rule('/m/<name>', view_func=lambda name: 1 / 0, endpoint='fault')\n"
        "assert app.test_client().get('/m/amal').status_code == 500\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    fault, request = (json.loads(line) for line in done.stderr.splitlines())
    assert fault["event"] == "exception on GET /m/<name>"
    assert (request["event"], request["route"], request["status"]) == ("request", "/m/<name>", 500)
    assert "/m/amal" not in done.stderr
