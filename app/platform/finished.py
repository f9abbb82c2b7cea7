"""Responses that are there already, and only need to be sent."""

from collections.abc import Iterable

from starlette.responses import Response

JSON = (b"content-type", b"application/json")

Header = tuple[bytes, bytes]


class FinishedResponse(Response):
    """A JSON body with headers as they are sent.

    Starlette would encode and sort them out of a dictionary: of a read from memory, that is a twentieth.
    """

    def __init__(self, body: bytes, headers: Iterable[Header]) -> None:
        self.status_code = 200
        self.body = body
        self.background = None
        self.raw_headers = [JSON, (b"content-length", b"%d" % len(body)), *headers]
