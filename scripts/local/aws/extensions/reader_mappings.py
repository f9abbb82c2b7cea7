"""Lambda: a registered reader of a stream can feed a function. Needed for moto 5.2.5, which refuses one."""

from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaBackend
from moto.kinesis.models import kinesis_backends

READER = "/consumer/"


def install() -> None:
    """Accept the ARNs of readers."""
    create = LambdaBackend.create_event_source_mapping  # of other sources: another extension's, or moto's own

    def create_for_readers(self: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
        source = spec.get("EventSourceArn") or ""
        if READER not in source:
            return create(self, spec)
        reader = kinesis_backends[self.account_id][self.region_name].describe_stream_consumer("", "", source)
        mapping = create(self, {**spec, "EventSourceArn": reader.stream_arn})
        mapping.event_source_arn = source
        return mapping

    LambdaBackend.create_event_source_mapping = create_for_readers  # type: ignore[method-assign]
