"""Somebody whom the practice partner plays: signed in through the demo door like any person, with cookies of their own."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, CookieJar

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SIGNED_IN = 302
PATIENCE = ClientTimeout(total=10)


class NotLetIn(ClientError):
    """The service answered, but not as it answers somebody who may do this."""


def visitor(address: str) -> ClientSession:
    """A browser of our own for the service at this address of this machine; asked over plain HTTP also where people use HTTPS."""
    # Without `unsafe` no cookie of a numeric address is kept.
    jar = CookieJar(unsafe=True, treat_as_secure_origin=address)
    return ClientSession(address, cookie_jar=jar, timeout=PATIENCE)


class Played:
    """One person, by the public id that the demo door knows."""

    def __init__(self, address: str, person: str) -> None:
        self.address, self.person = address, person
        self.browser = visitor(address)
        self._signed_in = False

    async def look(self, path: str) -> dict[str, Any]:
        """The JSON at an address as this person sees it; signs in first, or anew when the sign-in has ended."""
        for sign_in in (not self._signed_in, True):
            if sign_in:
                await self._sign_in()
            async with self.browser.get(path, allow_redirects=False) as answer:
                if answer.status == 200:
                    found: dict[str, Any] = await answer.json()
                    return found
        raise NotLetIn(f"{answer.status}")

    async def agree(self, path: str, meeting_path: str) -> None:
        """Say yes to a meeting as a person does on its page, before going in."""
        async with self.browser.get(meeting_path) as page:
            token = TOKEN.search(await page.text())
        async with self.browser.post(path, data={"csrf_token": token[1] if token else ""}, allow_redirects=False):
            return

    async def close(self) -> None:
        """Forget the cookies and close the connections."""
        await self.browser.close()

    async def _sign_in(self) -> None:
        async with self.browser.get("/demo") as page:
            token = TOKEN.search(await page.text())
        form = {"csrf_token": token[1] if token else "", "person": self.person}
        async with self.browser.post("/demo/sign-in", data=form, allow_redirects=False) as answer:
            if answer.status != SIGNED_IN:
                raise NotLetIn(f"{answer.status}")
        self._signed_in = True
