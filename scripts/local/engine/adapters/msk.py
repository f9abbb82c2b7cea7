"""aws:msk: Kafka."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource


@creates("aws:msk/serverlessCluster:ServerlessCluster")
def serverless_cluster(resource: Resource) -> Created:
    """Create a serverless cluster."""
    tags = resource.take_tags()
    name = resource.take_name("clusterName", limit=64)
    serverless = {"serverless": resource.rest()}
    arn = resource.send("kafka", "create_cluster_v2", serverless, ClusterName=name, Tags=tags)["ClusterArn"]
    brokers = resource.call("kafka", "get_bootstrap_brokers", ClusterArn=arn)
    return arn, {
        "arn": arn,
        "clusterName": name,
        "clusterUuid": arn.rpartition("/")[2],
        "bootstrapBrokersSaslIam": brokers["BootstrapBrokerStringSaslIam"],
    }
