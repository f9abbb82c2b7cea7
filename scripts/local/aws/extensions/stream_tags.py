"""Kinesis: tags by ARN, of streams and of their registered readers.

Needed for moto 5.2.5, which has neither ListTagsForResource nor TagResource and UntagResource, and drops the
tags that CreateStream and RegisterStreamConsumer give.
"""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.kinesis.responses import KinesisResponse

_create = KinesisResponse.create_stream
_register = KinesisResponse.register_stream_consumer


def install() -> None:
    """Keep the tags and answer for them."""
    KinesisResponse.create_stream = _create_tagged  # type: ignore[method-assign]
    KinesisResponse.register_stream_consumer = _register_tagged  # type: ignore[method-assign]
    for operation in (list_tags_for_resource, tag_resource, untag_resource):
        setattr(KinesisResponse, operation.__name__, operation)


def list_tags_for_resource(response: KinesisResponse) -> ActionResult:
    """Answer ListTagsForResource."""
    tags = _tags(response, response._get_param("ResourceARN"))
    return ActionResult({"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]})


def tag_resource(response: KinesisResponse) -> ActionResult:
    """Answer TagResource."""
    _tags(response, response._get_param("ResourceARN")).update(response._get_param("Tags"))
    return EmptyResult()


def untag_resource(response: KinesisResponse) -> ActionResult:
    """Answer UntagResource."""
    tags = _tags(response, response._get_param("ResourceARN"))
    for key in response._get_param("TagKeys"):
        tags.pop(key, None)
    return EmptyResult()


def _create_tagged(self: KinesisResponse) -> ActionResult:
    created = _create(self)
    stream = self.kinesis_backend.describe_stream(None, self._get_param("StreamName"))
    stream.tags.update(self._get_param("Tags") or {})
    return created


def _register_tagged(self: KinesisResponse) -> ActionResult:
    registered = _register(self)
    result: Any = registered.result
    _tags(self, result["Consumer"]["ConsumerARN"]).update(self._get_param("Tags") or {})
    return registered


def _tags(response: KinesisResponse, arn: str) -> dict[str, str]:
    """The tags of a stream or of a reader, to be changed in place; an unknown one is an error as in AWS."""
    backend = response.kinesis_backend
    if "/consumer/" not in arn:
        tags: dict[str, str] = backend.describe_stream(arn, None).tags
        return tags
    reader = backend.describe_stream_consumer("", "", arn)
    readers_tags: dict[str, str] = vars(reader).setdefault("tags", {})
    return readers_tags
