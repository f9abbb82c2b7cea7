"""The shop, as somebody who uploads sees it: requests go again while it or S3 does not answer."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx

from scripts.media.errors import MediaError

PATIENCE = 120.0  # seconds for which a request goes again
LONGEST_PAUSE = 8.0  # seconds between two tries
PASSING = (429, 500, 502, 503, 504)


class Shop:
    """Requests of somebody who has signed in."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    @classmethod
    @contextmanager
    def signed_in(cls, site: str, email: str, password: str) -> Iterator[Self]:
        """Sign in, and stay so until the block ends.

        Raises:
            MediaError: the site does not answer, or this is not their password.
        """
        with httpx.Client(base_url=site, timeout=60.0) as client:
            shop = cls(client)
            said = {"email": email, "password": password}
            token = shop.ask("POST", "/accounts/sign-in", json=said)["access_token"]
            client.headers["authorization"] = f"Bearer {token}"
            yield shop

    def ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """Return what the shop answers.

        Raises:
            MediaError: it refuses the request, or answers nothing for two minutes.
        """
        answer = patiently(lambda: self._client.request(method, path, **request), f"the shop ({path})")
        if answer.is_success:
            said: dict[str, Any] = answer.json()
            return said
        raise MediaError(_refusal(answer))


def patiently(send: Callable[[], httpx.Response], who: str) -> httpx.Response:
    """Send, and again while nobody answers or it is asked to come later; return the first other answer.

    Raises:
        MediaError: it went on so for two minutes; the message names `who`.
    """
    until, pause = time.monotonic() + PATIENCE, 0.5
    while True:
        try:
            answer = send()
            if answer.status_code not in PASSING:
                return answer
            why = f"answers {answer.status_code}"
        except httpx.TransportError as error:
            why = f"does not answer ({error or type(error).__name__})"
        if time.monotonic() + pause > until:
            raise MediaError(f"{who} {why}: give the same command once it does; what is stored stays.")
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _refusal(answer: httpx.Response) -> str:
    """Say what the shop says, and what to do about it."""
    remedy = {
        401: "Sign in as an administrator: --email, and the password in BLUEPRINT_PASSWORD or when asked.",
        403: "Only administrators upload: sign in as one with --email.",
        404: "Is this the address of a shop? Say it with --site.",
    }.get(answer.status_code, "")
    try:
        problem = answer.json()
        errors = "; ".join(it["detail"] for it in problem.get("errors", []))
        said = errors or problem["detail"]
    except (ValueError, KeyError, TypeError):
        said = f"it answers {answer.status_code}"
    return f"the shop refuses: {said} {remedy}".strip()
