"""Every HTTP door of the running product, what its address names, and what a foreign thing there is.

A new route with an object in its address needs a line in KINDS or OPEN; the matrix says so by name when it lacks one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

from accounts.access import Policy, policy_of

from .world import Town

KINDS = {
    "/account/passkeys/<>": "passkey",
    "/account/sign-ins/<>": "sign_in",
    "/api/v1/appointments/<>": "appointment",
    "/appointments/<>": "appointment",
    "/clients/<>": "jobseeker",
    "/holds/<>": "hold",
    "/j/<>": "appointment",
    "/m/<>": "appointment",
    "/meetings/<>": "meeting",
    "/o/<>": "entry",
    "/phone-wishes/<>": "phone_wish",
    "/registrations/<>": "registration",
    "/seat/<>": "participant",
    "/series/<>": "series",
    "/t/<>": "time_offer",
    "/stream-keys/<>": "stream_key",
    "/staff/affected/<>": "counselor",
    "/staff/affected/offices/<>": "office",
    "/staff/counselors/<>": "counselor",
    "/staff/data/<>": "seeker",
    "/staff/hours/<>": "counselor",
    "/staff/hours/<>/absences/<>": "absence",
    "/staff/hours/<>/recurring/<>": "recurring",
    "/staff/hours/<>/weekly/<>": "hours",
    "/staff/letters/<>": "letter",
    "/staff/letters/words/<>": "office",
    "/staff/reminders/<>": "office",
    "/staff/offices/<>": "office",
    "/staff/offices/<>/closures/<>": "closure",
    "/staff/people/<>": "colleague",
    "/staff/services/<>": "service",
    "/staff/services/new/<>": "office",
    "/staff/webinars/<>": "webinar",
    "/staff/webinars/<>/hosts/<>": "host",
    "/staff/webinars/<>/questions/<>": "question",
    "/staff/webinars/<>/registrations/<>": "registration",
    "/staff/waiting/calls/<>": "callback",
    "/staff/waiting/told/<>": "appointment",
    "/staff/waiting/wishes/<>": "entry",
    "/w/<>": "registration",
    "/webinars/<>": "webinar",
}
"""Address up to an argument → kind of the thing in `Town.things` that belongs to somebody."""
OPEN = {
    "/api/v1/services/<>": "what can be booked is public",
    "/book/<>": "what can be booked is public",
    "/demo/mailbox/<>": "everybody in a demo is invented; the door exists in a demo only",
    "/new-password/<>": "taking the secret out of the address opens nothing; using it is tested in tests/accounts",
    "/<>/<>": "a program's key says which meeting it opens; without one every address answers 401 (tests/realtime/test_whip.py)",
    "/<>/<>/<>": "as the one before it",
    "/sign-in/link/<>": "taking the secret out of the address opens nothing; using it is tested in tests/accounts",
}
"""Address up to an argument → why anybody may name any such thing there."""
WORDS = {
    "code": "ar",
    "door": "whip",
    "token": "x" * 32,
    "language": "ar",
    "kind": "csv",
    "what": "hours",
    "letter_kind": "appointment_reminder",
    "short": "x" * 24,
    "digest": "B9fiFynBwFa15AluTnVbAg",
    "peer": "0.AAAAAAAAAAAAAAAAAAAAAA",
    "on": "2030-01-07",
    "on_day": "2030-01-07",
    "day": "2030-01-07",
    "month": "2030-01",
    "number": "1",
}
"""Arguments that name no row, and a value for each."""
ARGUMENT = re.compile(r"<(?:[^:<>]+:)?([a-z_]+)>")
UNKNOWN = {True: "999999999", False: "AAAAAAAAAAAAAAAAAAAAAA"}
"""An id that nothing has, by whether it is a number."""


@dataclass(frozen=True)
class HttpDoor:
    """One route with one method."""

    method: str
    rule: str
    endpoint: str
    policy: Policy

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    @property
    def prefixes(self) -> list[tuple[str, str]]:
        """(address up to and with each argument, arguments written `<>`; the argument's name)."""
        found = []
        for argument in ARGUMENT.finditer(self.rule):
            found.append((ARGUMENT.sub("<>", self.rule[: argument.end()]), argument[1]))
        return found

    @property
    def owned(self) -> list[str]:
        """Kinds of the things in the address that belong to somebody, in order."""
        return [KINDS[prefix] for prefix, _name in self.prefixes if prefix in KINDS]

    @property
    def unexplained(self) -> list[str]:
        """Arguments that neither KINDS nor OPEN nor WORDS knows."""
        return [
            prefix for prefix, name in self.prefixes if prefix not in KINDS and prefix not in OPEN and name not in WORDS
        ]

    def path(self, town: Town, foreign: Town | None = None, at: int | None = None, unknown: bool = False) -> str:
        """The address with the town's things; the `at`th owned one is `foreign`'s, or nobody's when `unknown`."""
        seen = -1
        path = self.rule
        for prefix, name in self.prefixes:
            value = WORDS.get(name, "x")
            if prefix in KINDS:
                seen += 1
                value = (foreign if foreign is not None and seen == at else town).things[KINDS[prefix]]
                if unknown and seen == at:
                    value = UNKNOWN[value.isdigit()]
            elif prefix in OPEN:
                value = town.things["service"]
            path = ARGUMENT.sub(value, path, count=1)
        return path


def http_doors(app: Flask) -> Iterator[HttpDoor]:
    """Every route × method, as the running product has them."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            policy = policy_of(app.view_functions[rule.endpoint], method)
            assert policy is not None, f"{method} {rule} declares no policy"
            yield HttpDoor(method, str(rule), rule.endpoint, policy)
