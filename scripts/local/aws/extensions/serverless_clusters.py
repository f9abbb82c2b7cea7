"""MSK: a serverless cluster becomes active, says where its brokers are, and is gone once deleted.

Needed for moto 5.2.5, where a cluster stays CREATING for ever, has an ARN of a kind that AWS has not, has
no bootstrap brokers, and where asking for one that is gone is an error 500.
"""

import json
from urllib.parse import unquote

from moto.kafka.exceptions import NotFoundException
from moto.kafka.models import FakeKafkaCluster
from moto.kafka.responses import KafkaResponse

IAM_PORT = 9098
"""Where brokers listen to clients that sign by IAM."""

_create = FakeKafkaCluster.__init__
_arn = FakeKafkaCluster._generate_arn
_describe = KafkaResponse.describe_cluster_v2


def install() -> None:
    """Answer as AWS does once a cluster is up."""
    FakeKafkaCluster.__init__ = _create_active  # type: ignore[method-assign]
    FakeKafkaCluster._generate_arn = _named_arn  # type: ignore[method-assign]
    KafkaResponse.describe_cluster_v2 = _describe_existing  # type: ignore[method-assign]
    KafkaResponse.get_bootstrap_brokers = _brokers  # type: ignore[attr-defined]


def _create_active(self: FakeKafkaCluster, *arguments: object, **keywords: object) -> None:
    _create(self, *arguments, **keywords)  # type: ignore[arg-type] # whatever moto takes
    if self.cluster_type == "SERVERLESS":
        self.state = "ACTIVE"


def _named_arn(self: FakeKafkaCluster) -> str:
    if self.cluster_type != "SERVERLESS":
        return _arn(self)
    place = f"{self.region_name}:{self.account_id}"
    return f"arn:aws:kafka:{place}:cluster/{self.cluster_name}/{self.cluster_id}-s1"


def _describe_existing(self: KafkaResponse) -> str:
    _found(self, unquote(self.parsed_url.path.split("/clusters/", 1)[1]))
    return _describe(self)


def _brokers(self: KafkaResponse) -> str:
    arn = unquote(self.parsed_url.path.split("/clusters/", 1)[1].removesuffix("/bootstrap-brokers"))
    cluster = _found(self, arn)
    host = f"boot-{cluster.cluster_id[:8]}.c1.kafka-serverless.{cluster.region_name}.amazonaws.com"
    return json.dumps({"bootstrapBrokerStringSaslIam": f"{host}:{IAM_PORT}"})


def _found(response: KafkaResponse, arn: str) -> FakeKafkaCluster:
    clusters = response.kafka_backend.clusters
    if arn not in clusters:
        raise NotFoundException(f"The cluster {arn} does not exist.")
    return clusters[arn]
