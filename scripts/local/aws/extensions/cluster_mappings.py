"""Lambda: a Kafka cluster can feed a function. Needed for moto 5.2.5, which refuses one.

The mapping is stored and listed; nothing here is a broker.
"""

from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaBackend
from moto.core.exceptions import JsonRESTError
from moto.kafka.models import kafka_backends

CLUSTER = ":kafka:"
LIMITED_LIKE = "kinesis"
"""moto's name of the sources whose batches have the same limits."""


class ClusterMapping(EventSourceMapping):
    """A mapping whose source is a cluster."""

    def _get_service_source_from_arn(self, _: str | None = None) -> str:
        return LIMITED_LIKE


def install() -> None:
    """Accept the ARNs of clusters."""
    create = LambdaBackend.create_event_source_mapping  # of other sources: another extension's, or moto's own

    def create_for_clusters(self: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
        return _create(self, spec) if CLUSTER in (spec.get("EventSourceArn") or "") else create(self, spec)

    LambdaBackend.create_event_source_mapping = create_for_clusters  # type: ignore[method-assign]


def _create(backend: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
    source, account, region = spec["EventSourceArn"], backend.account_id, backend.region_name
    if source not in kafka_backends[account][region].clusters:
        raise JsonRESTError("InvalidParameterValueException", f"The cluster {source} does not exist.")
    function = backend._lambdas.get_function_by_name_or_arn_with_qualifier(spec.get("FunctionName", ""))
    own = {"RegionName": region, "AccountId": account, "FunctionArn": function.function_arn}
    mapping = ClusterMapping({**spec, **own})  # type: ignore[abstract] # as moto's own are made
    backend._event_source_mappings[mapping.uuid] = mapping
    return mapping
