"""Where the program says nothing, AWS is told what the provider tells it."""

from collections.abc import Callable
from typing import Any

from tests.scripts.local.engine.conftest import Deploy

Aws = Callable[[str], Any]


def test_a_load_balancer_has_the_attributes_that_every_one_has(deployed: Deploy, aws: Aws) -> None:
    arn = deployed(
        """
        vpc = aws.ec2.Vpc("balanced", cidr_block="10.40.0.0/16")
        subnets = [
            aws.ec2.Subnet(zone, vpc_id=vpc.id, cidr_block=f"10.40.{n}.0/24", availability_zone=zone)
            for n, zone in enumerate(("us-east-1a", "us-east-1b"))
        ]
        balancer = aws.lb.LoadBalancer("balanced", name="balanced", subnets=[it.id for it in subnets])
        answer = {"content_type": "text/plain", "status_code": "403"}
        fixed = {"type": "fixed-response", "fixed_response": answer}
        aws.lb.Listener("balanced", load_balancer_arn=balancer.arn, port=80, default_actions=[fixed])
        pulumi.export("arn", balancer.arn)
        """
    ).outputs["arn"]

    elb = aws("elbv2")
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    found = {it["Key"]: it["Value"] for it in attributes}
    assert found["client_keep_alive.seconds"] == "3600"
    assert found["routing.http.xff_header_processing.mode"] == "append"
    assert found["connection_logs.s3.enabled"] == "false"
    (listener,) = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    assert [it["Order"] for it in listener["DefaultActions"]] == [1]


def test_queues_endpoints_and_filters_get_the_providers_defaults(deployed: Deploy, aws: Aws) -> None:
    outputs = deployed(
        """
        queue = aws.sqs.Queue("plain", name="plain-by-default")
        vpc = aws.ec2.Vpc("plain", cidr_block="10.41.0.0/16")
        endpoint = aws.ec2.VpcEndpoint("plain", vpc_id=vpc.id, service_name="com.amazonaws.us-east-1.s3")
        log = aws.cloudwatch.LogGroup("plain", name="plain-by-default")
        transformation = {"name": "errors", "namespace": "Shop", "value": "1"}
        aws.cloudwatch.LogMetricFilter(
            "plain", name="plain", log_group_name=log.name, pattern="x", metric_transformation=transformation
        )
        pulumi.export("url", queue.url)
        pulumi.export("endpoint", endpoint.id)
        """
    ).outputs

    attributes = aws("sqs").get_queue_attributes(QueueUrl=outputs["url"], AttributeNames=["All"])
    assert attributes["Attributes"]["MaximumMessageSize"] == "262144"
    (endpoint,) = aws("ec2").describe_vpc_endpoints(VpcEndpointIds=[outputs["endpoint"]])["VpcEndpoints"]
    assert not endpoint["PrivateDnsEnabled"]
    (found,) = aws("logs").describe_metric_filters(logGroupName="plain-by-default")["metricFilters"]
    assert found["metricTransformations"][0]["unit"] == "None"
