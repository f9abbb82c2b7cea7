"""What adapters do beyond the stacks of this project, each looked at with boto3."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.scripts.local.aws.clients import clients_of
from tests.scripts.local.engine.conftest import Deploy

Aws = Callable[[str], Any]


def test_a_table_with_a_sort_key_an_index_a_stream_and_its_own_key(deployed: Deploy, aws: Aws) -> None:
    outputs = deployed(
        """
        table = aws.dynamodb.Table(
            "orders",
            name="orders",
            hash_key="customer",
            range_key="placed",
            read_capacity=5,
            write_capacity=2,
            attributes=[{"name": n, "type": "S"} for n in ("customer", "placed", "status")],
            global_secondary_indexes=[
                {
                    "name": "by-status",
                    "hash_key": "status",
                    "range_key": "placed",
                    "projection_type": "INCLUDE",
                    "non_key_attributes": ["total"],
                    "read_capacity": 1,
                    "write_capacity": 1,
                }
            ],
            stream_enabled=True,
            stream_view_type="NEW_IMAGE",
            server_side_encryption={"enabled": True, "kms_key_arn": "arn:aws:kms:us-east-1:1:key/k"},
            point_in_time_recovery={"enabled": True},
        )
        pulumi.export("stream", table.stream_arn)
        """
    ).outputs

    table = aws("dynamodb").describe_table(TableName="orders")["Table"]
    backups = aws("dynamodb").describe_continuous_backups(TableName="orders")["ContinuousBackupsDescription"]
    (index,) = table["GlobalSecondaryIndexes"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["customer", "placed"]
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 2
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]}
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert outputs["stream"] == table["LatestStreamArn"]
    assert table["SSEDescription"]["KMSMasterKeyArn"] == "arn:aws:kms:us-east-1:1:key/k"
    recovery = backups["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_subscription_with_a_filter(deployed: Deploy, aws: Aws) -> None:
    outputs = deployed(
        """
        queue = aws.sqs.Queue("paid", name="paid")
        topic = aws.sns.Topic("events", name="events", display_name="Events of the shop")
        subscription = aws.sns.TopicSubscription(
            "paid",
            topic=topic.arn,
            protocol="sqs",
            endpoint=queue.arn,
            raw_message_delivery=True,
            filter_policy=pulumi.Output.json_dumps({"type": ["order.paid"]}),
        )
        pulumi.export("subscription", subscription.arn)
        """
    ).outputs

    attributes = aws("sns").get_subscription_attributes(SubscriptionArn=outputs["subscription"])["Attributes"]
    assert attributes["RawMessageDelivery"] == "true"
    assert json.loads(attributes["FilterPolicy"]) == {"type": ["order.paid"]}
    assert attributes["Endpoint"].endswith(":paid")


def test_a_queue_and_a_topic_that_keep_their_order(deployed: Deploy, aws: Aws) -> None:
    outputs = deployed(
        """
        queue = aws.sqs.Queue("ordered", fifo_queue=True, content_based_deduplication=True, delay_seconds=5)
        topic = aws.sns.Topic("ordered", fifo_topic=True)
        pulumi.export("url", queue.url)
        pulumi.export("topic", topic.name)
        """
    ).outputs

    queue = aws("sqs").get_queue_attributes(QueueUrl=outputs["url"], AttributeNames=["All"])
    attributes = queue["Attributes"]
    assert attributes["FifoQueue"] == attributes["ContentBasedDeduplication"] == "true"
    assert attributes["DelaySeconds"] == "5"
    assert outputs["topic"].endswith(".fifo")


def test_objects_from_text_and_from_a_file_with_what_browsers_need(
    deployed: Deploy, aws: Aws, tmp_path: Path
) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>")

    deployed(
        f"""
        tags = {{"tags": {{"Stage": "dev"}}}}
        tagged = pulumi.ResourceOptions(provider=aws.Provider("aws", region="us-east-1", default_tags=tags))
        files = aws.s3.Bucket("files", bucket="files-of-a-test", opts=tagged)
        for key, more in {{
            "index.html": {{"content": "<p>", "content_type": "text/html", "cache_control": "no-cache"}},
            "robots.txt": {{"source": pulumi.StringAsset("User-agent: *")}},
            "logo.svg": {{"source": pulumi.FileAsset({str(tmp_path / "logo.svg")!r})}},
        }}.items():
            aws.s3.BucketObjectv2(key, bucket=files.bucket, key=key, opts=tagged, **more)
        """
    )

    s3 = aws("s3")
    index = s3.get_object(Bucket="files-of-a-test", Key="index.html")
    assert (index["Body"].read(), index["ContentType"], index["CacheControl"]) == (
        b"<p>",
        "text/html",
        "no-cache",
    )
    assert s3.get_object(Bucket="files-of-a-test", Key="robots.txt")["Body"].read() == b"User-agent: *"
    assert s3.get_object(Bucket="files-of-a-test", Key="logo.svg")["Body"].read() == b"<svg/>"
    tags = s3.get_object_tagging(Bucket="files-of-a-test", Key="logo.svg")["TagSet"]
    assert tags == [{"Key": "Stage", "Value": "dev"}]


def test_a_function_from_a_local_archive_with_reserved_concurrency(
    deployed: Deploy, aws: Aws, tmp_path: Path
) -> None:
    archive = tmp_path / "function.zip"
    archive.write_bytes(b"PK\x05\x06" + bytes(18))

    deployed(
        f"""
        role = aws.iam.Role("runner", name="runner", assume_role_policy="{{}}")
        aws.lambda_.Function(
            "work",
            name="work",
            role=role.arn,
            runtime="python3.13",
            handler="handler.handler",
            code=pulumi.FileArchive({str(archive)!r}),
            reserved_concurrent_executions=3,
        )
        """
    )

    found = aws("lambda").get_function(FunctionName="work")
    assert found["Configuration"]["CodeSize"] == 22
    assert found["Concurrency"]["ReservedConcurrentExecutions"] == 3


def test_rules_of_security_groups_for_every_kind_of_peer(deployed: Deploy, aws: Aws) -> None:
    outputs = deployed(
        """
        vpc = aws.ec2.Vpc("v", cidr_block="10.9.0.0/16")
        group = aws.ec2.SecurityGroup("g", vpc_id=vpc.id)
        everything = {"security_group_id": group.id, "ip_protocol": "-1"}
        aws.vpc.SecurityGroupEgressRule("four", cidr_ipv4="0.0.0.0/0", **everything)
        aws.vpc.SecurityGroupEgressRule("six", cidr_ipv6="::/0", description="all of it", **everything)
        aws.vpc.SecurityGroupIngressRule("self", referenced_security_group_id=group.id, **everything)
        pulumi.export("group", group.id)
        pulumi.export("default", vpc.default_security_group_id)
        """
    ).outputs

    ec2 = aws("ec2")
    mine = [{"Name": "group-id", "Values": [outputs["group"]]}]
    rules = ec2.describe_security_group_rules(Filters=mine)["SecurityGroupRules"]
    assert {(rule["IsEgress"], rule.get("CidrIpv4"), rule.get("CidrIpv6")) for rule in rules} == {
        (True, "0.0.0.0/0", None),
        (True, None, "::/0"),
        (False, None, None),
    }
    assert outputs["default"] != outputs["group"]


def test_a_load_balancer_with_every_kind_of_action_and_condition(deployed: Deploy, aws: Aws) -> None:
    outputs = deployed(
        """
        vpc = aws.ec2.Vpc("v", cidr_block="10.8.0.0/16")
        subnets = [
            aws.ec2.Subnet(
                zone,
                vpc_id=vpc.id,
                cidr_block=f"10.8.{number}.0/24",
                availability_zone=zone,
                map_public_ip_on_launch=True,
            )
            for number, zone in enumerate(("us-east-1a", "us-east-1b"))
        ]
        balancer = aws.lb.LoadBalancer(
            "internal",
            internal=True,
            subnets=[subnet.id for subnet in subnets],
            idle_timeout=120,
            enable_http2=False,
        )
        group = aws.lb.TargetGroup(
            "sticky",
            port=80,
            protocol="HTTP",
            vpc_id=vpc.id,
            slow_start=30,
            stickiness={"type": "lb_cookie", "enabled": True, "cookie_duration": 600},
        )
        listener = aws.lb.Listener(
            "http",
            load_balancer_arn=balancer.arn,
            port=80,
            default_actions=[
                {"type": "redirect", "redirect": {"protocol": "HTTPS", "status_code": "HTTP_301"}}
            ],
        )
        aws.lb.ListenerRule(
            "rule",
            listener_arn=listener.arn,
            priority=1,
            conditions=[
                {"host_header": {"values": ["shop.example.com"]}},
                {"query_strings": [{"key": "version", "value": "2"}]},
            ],
            actions=[
                {"type": "forward", "forward": {"target_groups": [{"arn": group.arn, "weight": 5}]}}
            ],
        )
        pulumi.export("balancer", balancer.arn)
        pulumi.export("group", group.arn)
        pulumi.export("listener", listener.arn)
        pulumi.export("subnet", subnets[0].id)
        """
    ).outputs

    elb = aws("elbv2")
    (balancer,) = elb.describe_load_balancers(LoadBalancerArns=[outputs["balancer"]])["LoadBalancers"]
    settings = elb.describe_load_balancer_attributes(LoadBalancerArn=outputs["balancer"])["Attributes"]
    sticky = elb.describe_target_group_attributes(TargetGroupArn=outputs["group"])["Attributes"]
    (listener,) = elb.describe_listeners(ListenerArns=[outputs["listener"]])["Listeners"]
    rule = elb.describe_rules(ListenerArn=outputs["listener"])["Rules"][0]
    (subnet,) = aws("ec2").describe_subnets(SubnetIds=[outputs["subnet"]])["Subnets"]
    assert balancer["Scheme"] == "internal"
    assert subnet["MapPublicIpOnLaunch"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "120"} in settings
    assert {"Key": "routing.http2.enabled", "Value": "false"} in settings
    assert {"Key": "stickiness.lb_cookie.duration_seconds", "Value": "600"} in sticky
    assert listener["DefaultActions"][0]["RedirectConfig"]["StatusCode"] == "HTTP_301"
    assert [condition["Field"] for condition in rule["Conditions"]] == ["host-header", "query-string"]
    assert rule["Conditions"][1]["QueryStringConfig"]["Values"] == [{"Key": "version", "Value": "2"}]
    (target,) = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    assert (target["TargetGroupArn"], target["Weight"]) == (outputs["group"], 5)


def test_a_distribution_for_some_countries_with_a_function_and_a_page_for_errors(
    deployed: Deploy, aws: Aws
) -> None:
    outputs = deployed(
        """
        distribution = aws.cloudfront.Distribution(
            "countries",
            enabled=True,
            aliases=["shop.example.com"],
            origins=[
                {
                    "origin_id": "api",
                    "domain_name": "api.example.com",
                    "custom_headers": [{"name": "X-From", "value": "edge"}],
                    "custom_origin_config": {
                        "http_port": 80,
                        "https_port": 443,
                        "origin_protocol_policy": "https-only",
                        "origin_ssl_protocols": ["TLSv1.2"],
                    },
                }
            ],
            default_cache_behavior={
                "target_origin_id": "api",
                "viewer_protocol_policy": "https-only",
                "allowed_methods": ["GET", "HEAD"],
                "cached_methods": ["GET", "HEAD"],
                "cache_policy_id": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
            },
            custom_error_responses=[{"error_code": 404, "response_code": 200, "response_page_path": "/"}],
            restrictions={"geo_restriction": {"restriction_type": "whitelist", "locations": ["DE", "FR"]}},
            viewer_certificate={"cloudfront_default_certificate": True},
        )
        pulumi.export("id", distribution.id)
        """
    ).outputs

    config = aws("cloudfront").get_distribution_config(Id=outputs["id"])["DistributionConfig"]
    assert config["Aliases"]["Items"] == ["shop.example.com"]
    assert config["Restrictions"]["GeoRestriction"]["Items"] == ["DE", "FR"]
    assert config["CustomErrorResponses"]["Items"][0]["ResponseCode"] == "200"
    (origin,) = config["Origins"]["Items"]
    assert origin["CustomHeaders"]["Items"] == [{"HeaderName": "X-From", "HeaderValue": "edge"}]


def test_a_password_has_characters_of_the_kinds_that_were_asked_for(deployed: Deploy, aws: Aws) -> None:
    deployed(
        """
        password = random.RandomPassword(
            "p", length=40, upper=False, min_numeric=5, min_special=2, override_special="!-"
        )
        aws.ssm.Parameter("p", name="/password", type="SecureString", value=password.result)
        """
    )

    drawn = aws("ssm").get_parameter(Name="/password", WithDecryption=True)["Parameter"]["Value"]
    assert len(drawn) == 40
    assert drawn == drawn.lower()
    assert sum(character.isdigit() for character in drawn) >= 5
    assert sum(character in "!-" for character in drawn) >= 2


def test_a_table_with_a_replica_that_has_its_own_key_and_the_same_tags(
    deployed: Deploy, endpoint: str
) -> None:
    deployed(
        """
        aws.dynamodb.Table(
            "carts",
            name="carts",
            hash_key="id",
            billing_mode="PAY_PER_REQUEST",
            attributes=[{"name": "id", "type": "S"}],
            on_demand_throughput={"max_read_request_units": 100},
            server_side_encryption={"enabled": True, "kms_key_arn": "arn:aws:kms:us-east-1:1:key/k"},
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
            replicas=[
                {
                    "region_name": "eu-west-1",
                    "kms_key_arn": "arn:aws:kms:eu-west-1:1:key/k",
                    "point_in_time_recovery": True,
                    "propagate_tags": True,
                }
            ],
            tags={"Stage": "dev"},
        )
        """
    )

    there = clients_of(endpoint, "eu-west-1")("dynamodb")
    table = there.describe_table(TableName="carts")["Table"]
    backups = there.describe_continuous_backups(TableName="carts")["ContinuousBackupsDescription"]
    assert table["SSEDescription"]["KMSMasterKeyArn"] == "arn:aws:kms:eu-west-1:1:key/k"
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert there.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == [
        {"Key": "Stage", "Value": "dev"}
    ]


def test_an_alarm_on_the_sum_of_several_metrics(deployed: Deploy, aws: Aws) -> None:
    deployed(
        """
        aws.cloudwatch.MetricAlarm(
            "sum",
            name="sum",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            threshold=0,
            metric_queries=[
                {
                    "id": "m1",
                    "metric": {
                        "namespace": "AWS/DynamoDB",
                        "metric_name": "SystemErrors",
                        "dimensions": {"Operation": "Query"},
                        "stat": "Sum",
                        "period": 60,
                    },
                },
                {"id": "total", "expression": "SUM(METRICS())", "return_data": True},
            ],
        )
        """
    )

    (alarm,) = aws("cloudwatch").describe_alarms(AlarmNames=["sum"])["MetricAlarms"]
    part, total = alarm["Metrics"]
    assert part["MetricStat"]["Metric"] == {
        "Namespace": "AWS/DynamoDB",
        "MetricName": "SystemErrors",
        "Dimensions": [{"Name": "Operation", "Value": "Query"}],
    }
    assert (part["MetricStat"]["Stat"], part["MetricStat"]["Period"]) == ("Sum", 60)
    assert (total["Expression"], total["ReturnData"]) == ("SUM(METRICS())", True)
