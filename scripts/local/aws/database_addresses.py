"""Addresses of databases in tables, which programs on this machine read as they are here.

A directory of shards says how each is reached. It is data: nobody translates it, as the runtime does the
environment of what it starts. So DynamoDB answers those programs, whose keys begin with `local-`, with the
local addresses, and everybody else with what was deployed. `PUT /_blueprint/database-addresses` tells them,
with a JSON object: `local`, by deployed address (`host:port`). What is told next takes its place.
"""

from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import BaseResponse
from pydantic import BaseModel, ConfigDict

from scripts.local import PROGRAMS
from scripts.local.aws.faults import access_key
from scripts.local.runtime.addresses import pattern


class Report(BaseModel):
    """Where databases are."""

    model_config = ConfigDict(extra="forbid")

    local: dict[str, str]


class DatabaseAddresses:
    """What was told last."""

    def __init__(self) -> None:
        self._local: dict[str, str] = {}
        self._pattern = pattern(())

    def tell(self, document: bytes) -> dict[str, Any]:
        """Take a report, and return how many addresses it has.

        Raises:
            pydantic.ValidationError: it is none.
        """
        self._local = Report.model_validate_json(document).local
        self._pattern = pattern(self._local)
        return {"addresses": len(self._local)}

    def translate(self, text: str) -> str:
        """Return a text with the local addresses."""
        if not self._local:
            return text
        return self._pattern.sub(lambda found: self._local[found.group()], text)


TOLD = DatabaseAddresses()


def install() -> None:
    """Have moto translate what tables answer to programs, however it answers calls by now."""
    call = BaseResponse.call_action

    def call_and_translate(self: BaseResponse) -> TYPE_RESPONSE:
        status, headers, body = call(self)
        if self.boto3_service_name == "dynamodb" and access_key(self).startswith(PROGRAMS):
            body = TOLD.translate(body.decode() if isinstance(body, bytes) else body)
        return status, headers, body

    BaseResponse.call_action = call_and_translate  # type: ignore[method-assign]
