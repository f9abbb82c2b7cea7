"""SES: an identity's tags are found under its ARN.

Needed for moto 5.2.5, which keeps the tags of CreateEmailIdentity under an ARN that SES does not have.
"""

from typing import Any

from moto.ses.utils import get_arn
from moto.sesv2.models import SESV2Backend

_create = SESV2Backend.create_email_identity


def install() -> None:
    """Keep the tags where ListTagsForResource looks for them."""
    SESV2Backend.create_email_identity = _create_tagged  # type: ignore[method-assign]


def _create_tagged(
    self: SESV2Backend, email_identity: str, tags: list[dict[str, str]] | None, *more: Any, **named: Any
) -> Any:
    created = _create(self, email_identity, tags, *more, **named)
    if tags:
        self.core_backend.tagger.tag_resource(get_arn(self, "ses", f"identity/{email_identity}"), tags)
    return created
