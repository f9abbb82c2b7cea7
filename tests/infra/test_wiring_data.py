"""Wiring, continued: buckets, databases, caches, queues, streams, mappings, parameters and alarms."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.local import ACCOUNT, REGION
from tests.scripts.local.engine.world import World, deployed

PREFIX = f"arn:aws:sqs:{REGION}:{ACCOUNT}:blueprint-local"
OWN_TAGS = {"Project": "blueprint", "Stack": "local", "Stage": "dev"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The deployed stack; nothing here changes it."""
    with deployed(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture(scope="module")
def databases(world: World) -> dict[str, dict[str, Any]]:
    """The database instances by their identifiers."""
    found = world.client("rds").describe_db_instances()["DBInstances"]
    return {each["DBInstanceIdentifier"]: each for each in found}


@pytest.fixture(scope="module")
def queues(world: World) -> dict[str, dict[str, str]]:
    """The attributes of the queues by their ARNs."""
    sqs = world.client("sqs")
    attributes = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        for url in sqs.list_queues()["QueueUrls"]
    ]
    return {each["QueueArn"]: each for each in attributes}


@pytest.fixture(scope="module")
def parameters(world: World) -> dict[str, str]:
    """The shop's parameters by the last part of their names."""
    pages = (
        world.client("ssm").get_paginator("get_parameters_by_path").paginate(Path="/blueprint/local/shop/")
    )
    return {
        parameter["Name"].rpartition("/")[2]: parameter["Value"]
        for page in pages
        for parameter in page["Parameters"]
    }


def endpoint(database: dict[str, Any]) -> str:
    return f"{database['Endpoint']['Address']}:{database['Endpoint']['Port']}"


def mapping_of(world: World, function: str) -> dict[str, Any]:
    mappings = world.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    (found,) = [
        each for each in mappings if each["FunctionArn"].endswith(f":blueprint-local-{function}:live")
    ]
    return dict(found)


def test_every_bucket_is_private_encrypted_versioned_and_refuses_connections_without_tls(
    world: World,
) -> None:
    s3 = world.client("s3")
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert set(buckets) == {world.output(f"{name}_bucket") for name in ("site", "media", "artifact")}

    for bucket in buckets:
        assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        (encryption,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        (ownership,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
        assert ownership["ObjectOwnership"] == "BucketOwnerEnforced"
        assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["Status"] == "Enabled"
        statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        denied = [each for each in statements if each["Effect"] == "Deny"]
        assert denied[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert denied[0]["Resource"] == [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]


def test_the_site_is_readable_by_its_own_distribution_alone(world: World) -> None:
    policy = world.client("s3").get_bucket_policy(Bucket=world.output("site_bucket"))["Policy"]
    (allowed,) = [each for each in json.loads(policy)["Statement"] if each["Effect"] == "Allow"]

    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    distribution = f"arn:aws:cloudfront::{ACCOUNT}:distribution/{world.output('distribution_id')}"
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceArn": distribution}}


def test_of_the_media_only_what_is_published_is_readable_by_the_distribution_alone(world: World) -> None:
    bucket = world.output("media_bucket")
    policy = world.client("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    (allowed,) = [each for each in json.loads(policy)["Statement"] if each["Effect"] == "Allow"]

    assert allowed["Resource"] == [f"arn:aws:s3:::{bucket}/media/published/*"]
    distribution = f"arn:aws:cloudfront::{ACCOUNT}:distribution/{world.output('distribution_id')}"
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceArn": distribution}}


def test_pages_of_the_site_may_send_media_which_are_forgotten_once_they_are_worked_on(world: World) -> None:
    s3, bucket = world.client("s3"), world.output("media_bucket")
    (rule,) = s3.get_bucket_cors(Bucket=bucket)["CORSRules"]
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]

    assert rule["AllowedMethods"] == ["POST", "PUT"]
    assert rule["AllowedOrigins"] == [world.output("site_url")]
    expiring = {it["Filter"]["Prefix"]: it["Expiration"]["Days"] for it in lifecycle if "Expiration" in it}
    assert expiring == {"quarantine/": 7, "transcripts/": 7}
    assert [it["AbortIncompleteMultipartUpload"] for it in lifecycle if it["ID"] == "leftovers"] == [
        {"DaysAfterInitiation": 7}
    ]


def test_the_replica_copies_the_primary_and_both_stand_in_the_isolated_subnets(
    world: World, databases: dict[str, dict[str, Any]]
) -> None:
    primary, replica = databases["blueprint-local-shop"], databases["blueprint-local-shop-replica-1"]
    isolated = world.client("ec2").describe_subnets(Filters=[{"Name": "tag:Tier", "Values": ["isolated"]}])

    assert primary["ReadReplicaDBInstanceIdentifiers"] == ["blueprint-local-shop-replica-1"]
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == "blueprint-local-shop"
    assert primary["BackupRetentionPeriod"] > 0, "a source needs backups"
    assert endpoint(primary) != endpoint(replica)
    assert [world.output("database_writer"), *world.output("database_readers")] == [
        endpoint(primary),
        endpoint(replica),
    ]
    for database in (primary, replica):
        assert database["DBInstanceStatus"] == "available"
        assert (database["Engine"], database["EngineVersion"]) == ("postgres", "18")
        assert database["StorageEncrypted"]
        assert not database["PubliclyAccessible"]
        subnets = database["DBSubnetGroup"]["Subnets"]
        assert {each["SubnetIdentifier"] for each in subnets} == {
            each["SubnetId"] for each in isolated["Subnets"]
        }


def test_both_databases_use_the_stacks_own_parameters(
    world: World, databases: dict[str, dict[str, Any]]
) -> None:
    (group,) = {each["DBParameterGroups"][0]["DBParameterGroupName"] for each in databases.values()}

    parameters = world.client("rds").describe_db_parameters(DBParameterGroupName=group)["Parameters"]

    values = {each["ParameterName"]: (each["ParameterValue"], each["ApplyMethod"]) for each in parameters}
    assert values == {
        "rds.force_ssl": ("0", "immediate"),
        "shared_preload_libraries": ("pg_stat_statements", "pending-reboot"),
        "log_min_duration_statement": ("1000", "immediate"),
        "log_lock_waits": ("1", "immediate"),
        "log_temp_files": ("10240", "immediate"),
        "idle_in_transaction_session_timeout": ("60000", "immediate"),
    }


def test_the_secret_has_the_shape_that_rds_uses_and_names_the_primary(
    world: World, databases: dict[str, dict[str, Any]], parameters: dict[str, str]
) -> None:
    arn = parameters["DATABASE_SECRET_ARN"]
    secret = json.loads(world.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])

    password = secret.pop("password")
    assert len(password) == 32
    assert not set(password) & set('/@" ')
    assert secret == {
        "engine": "postgres",
        "host": databases["blueprint-local-shop"]["Endpoint"]["Address"],
        "port": 5432,
        "username": databases["blueprint-local-shop"]["MasterUsername"],
        "dbname": databases["blueprint-local-shop"]["DBName"],
        "dbInstanceIdentifier": "blueprint-local-shop",
    }


def test_the_cache_has_a_primary_and_a_replica_that_fail_over(world: World) -> None:
    elasticache = world.client("elasticache")
    (group,) = elasticache.describe_replication_groups()["ReplicationGroups"]
    clusters = elasticache.describe_cache_clusters(ShowCacheNodeInfo=True)["CacheClusters"]
    (parameters,) = {each["CacheParameterGroup"]["CacheParameterGroupName"] for each in clusters}
    described = elasticache.describe_cache_parameters(CacheParameterGroupName=parameters)["Parameters"]
    values = {each["ParameterName"]: each["ParameterValue"] for each in described}
    assert values == {"maxmemory-policy": "allkeys-lru"}

    primary = group["NodeGroups"][0]["PrimaryEndpoint"]
    assert world.output("cache_endpoint") == f"{primary['Address']}:{primary['Port']}"
    assert group["AutomaticFailover"] == "enabled"
    assert {each["CacheClusterId"] for each in clusters} == set(group["MemberClusters"])
    assert len(clusters) == 2


def test_failed_messages_go_to_the_dead_letter_queue_which_takes_them_from_there_alone(
    world: World, queues: dict[str, dict[str, str]]
) -> None:
    orders, dead = f"{PREFIX}-order-notifications", f"{PREFIX}-order-notifications-dead-letters"

    assert json.loads(queues[orders]["RedrivePolicy"])["deadLetterTargetArn"] == dead
    assert json.loads(queues[dead]["RedriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [orders],
    }
    url = world.output("orders_queue_url")
    assert url == world.client("sqs").get_queue_url(QueueName=orders.rpartition(":")[2])["QueueUrl"]


def test_every_queue_is_encrypted_and_refuses_connections_without_tls(
    world: World, queues: dict[str, dict[str, str]]
) -> None:
    assert len(queues) == world.deployment.types["aws:sqs/queue:Queue"]
    for arn, attributes in queues.items():
        denied, *_ = json.loads(attributes["Policy"])["Statement"]
        assert (denied["Effect"], denied["Resource"]) == ("Deny", [arn])
        assert attributes["SqsManagedSseEnabled"] == "true"


def test_payments_keep_their_order_one_by_one_and_know_repeats_by_the_senders_id(
    queues: dict[str, dict[str, str]],
) -> None:
    payments, dead = (queues[f"{PREFIX}-payment-capture{end}.fifo"] for end in ("", "-dead-letters"))

    assert payments["FifoQueue"] == dead["FifoQueue"] == "true"
    assert payments["ContentBasedDeduplication"] == "false"
    assert payments["DeduplicationScope"] == "messageGroup"
    assert payments["FifoThroughputLimit"] == "perMessageGroupId"
    assert json.loads(payments["RedrivePolicy"])["deadLetterTargetArn"] == dead["QueueArn"]


def test_the_queue_feeds_the_notifications_and_lets_single_messages_fail(
    world: World, queues: dict[str, dict[str, str]]
) -> None:
    mapping = mapping_of(world, "order-notifications")
    function = world.client("lambda").get_function_configuration(FunctionName=mapping["FunctionArn"])

    assert mapping["EventSourceArn"] == f"{PREFIX}-order-notifications"
    assert mapping["State"] == "Enabled"
    assert mapping["BatchSize"] == 10
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    visible_again = int(queues[mapping["EventSourceArn"]]["VisibilityTimeout"])
    assert visible_again >= 6 * function["Timeout"] + mapping.get("MaximumBatchingWindowInSeconds", 0)


def test_the_stream_feeds_the_writer_within_bounds_and_failures_have_somewhere_to_go(world: World) -> None:
    mapping = mapping_of(world, "position-writer")

    del mapping["UUID"], mapping["EventSourceMappingArn"], mapping["LastModified"]
    assert mapping == {
        "EventSourceArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{world.output('positions_stream')}",
        "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:blueprint-local-position-writer:live",
        "StartingPosition": "TRIM_HORIZON",
        "State": "Enabled",
        "StateTransitionReason": "User initiated",
        "BatchSize": 500,
        "MaximumBatchingWindowInSeconds": 1,
        "ParallelizationFactor": 1,
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 5,
        "MaximumRecordAgeInSeconds": 3600,
        "DestinationConfig": {"OnFailure": {"Destination": f"{PREFIX}-position-failures"}},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }


def test_a_schedule_calls_who_describes_dead_letters_each_minute_and_may_do_so(world: World) -> None:
    events = world.client("events")
    rule = events.describe_rule(Name="blueprint-local-each-minute")
    targets = {it["Id"]: it for it in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]}
    assert targets.keys() == {"dead-letter-handler", "media-captions"}
    target = targets["dead-letter-handler"]
    permissions = world.client("lambda").get_policy(
        FunctionName=target["Arn"].removesuffix(":live"), Qualifier="live"
    )

    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    assert target["Arn"].endswith(":function:blueprint-local-dead-letter-handler:live")
    assert target["DeadLetterConfig"] == {"Arn": f"{PREFIX}-function-failures"}
    (allowed,) = json.loads(permissions["Policy"])["Statement"]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Condition"] == {"ArnLike": {"AWS:SourceArn": rule["Arn"]}}


def test_the_stream_is_encrypted_and_has_the_shards_that_were_asked_for(world: World) -> None:
    summary = world.client("kinesis").describe_stream_summary(StreamName=world.output("positions_stream"))

    stream = summary["StreamDescriptionSummary"]
    assert (stream["OpenShardCount"], stream["EncryptionType"]) == (2, "KMS")


def test_items_of_the_idempotency_table_expire(world: World) -> None:
    name = "blueprint-local-idempotency"
    table = world.client("dynamodb").describe_table(TableName=name)["Table"]
    expiry = world.client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]

    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiration"}


def test_the_shops_tables_have_the_keys_by_which_it_asks(world: World) -> None:
    dynamodb = world.client("dynamodb")

    def keys(described: dict[str, Any]) -> list[str]:
        return [each["AttributeName"] for each in described["KeySchema"]]

    def table(name: str) -> dict[str, Any]:
        described: dict[str, Any] = dynamodb.describe_table(TableName=f"blueprint-local-{name}")["Table"]
        return described

    assert keys(table("carts")) == ["cart_id", "written_in"]
    assert keys(table("leases")) == ["lease_id"]
    assert keys(table("dead-letters")) == ["queue", "message_id"]
    assert keys(table("sales")) == ["product_id", "window"]
    assert keys(table("reviews")) == ["product_id", "author_id"]
    assert {each["IndexName"]: keys(each) for each in table("reviews")["GlobalSecondaryIndexes"]} == {
        "by-author": ["author_id", "created_at"],
        "by-product": ["product_id", "created_at"],
    }
    assert keys(table("chat")) == ["room", "id"]
    assert [keys(each) for each in table("chat")["GlobalSecondaryIndexes"]] == [["kind", "newest"]]


def test_what_is_of_interest_for_a_while_expires_and_a_lease_never(world: World) -> None:
    """A lease that expired would start its fencing token anew."""
    dynamodb = world.client("dynamodb")
    expiry = {
        name: dynamodb.describe_time_to_live(TableName=f"blueprint-local-{name}")["TimeToLiveDescription"]
        for name in ("carts", "chat", "leases", "reviews", "dead-letters", "sales")
    }
    for name in ("carts", "chat", "dead-letters", "sales"):
        assert expiry[name] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    assert expiry["leases"]["TimeToLiveStatus"] == expiry["reviews"]["TimeToLiveStatus"] == "DISABLED"


def test_every_parameter_of_the_shop_points_at_what_was_deployed(
    world: World, parameters: dict[str, str]
) -> None:
    secrets = world.client("secretsmanager")
    secret = secrets.describe_secret(SecretId=parameters["DATABASE_SECRET_ARN"])
    payments = secrets.describe_secret(SecretId=parameters["PAYMENTS_SECRET_ARN"])
    (pool,) = world.client("cognito-idp").list_user_pools(MaxResults=2)["UserPools"]
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{pool['Id']}"
    (client,) = world.client("cognito-idp").list_user_pool_clients(UserPoolId=pool["Id"], MaxResults=2)[
        "UserPoolClients"
    ]
    payments_queue = world.client("sqs").get_queue_url(QueueName="blueprint-local-payment-capture.fifo")[
        "QueueUrl"
    ]

    assert parameters == {
        "STACK": "local",
        "STAGE": "dev",
        "SERVICE": "shop",
        "LOG_LEVEL": "INFO",
        "DATABASE_WRITER": world.output("database_writer"),
        "DATABASE_READERS": ",".join(world.output("database_readers")),
        "DATABASE_NAME": "shop",
        "DATABASE_SECRET_ARN": secret["ARN"],
        "DATABASE_SSLMODE": "prefer",
        "CACHE_URL": f"redis://{world.output('cache_endpoint')}/0",
        "EVENT_BUS": world.output("event_bus"),
        "PAYMENTS_QUEUE_URL": payments_queue,
        "SALES_STREAM": "blueprint-local-sales",
        "MEDIA_STREAM": "blueprint-local-media",
        "MEDIA_BUCKET": world.output("media_bucket"),
        "POSITIONS_STREAM": world.output("positions_stream"),
        "SITE_BUCKET": world.output("site_bucket"),
        "CARTS_TABLE": "blueprint-local-carts",
        "REVIEWS_TABLE": "blueprint-local-reviews",
        "CHAT_TABLE": "blueprint-local-chat",
        "LEASES_TABLE": "blueprint-local-leases",
        "PROXIES": "2",
        "PAYMENTS_SECRET_ARN": payments["ARN"],
        "IDENTITY_POOL_ID": pool["Id"],
        "IDENTITY_CLIENT_ID": client["ClientId"],
        "IDENTITY_ISSUER": issuer,
        "IDENTITY_KEYS_URL": f"{issuer}/.well-known/jwks.json",
        "IDENTITY_PASSWORD_LENGTH": "12",
    }


def test_the_functions_are_told_the_same_places_as_the_shop(world: World, parameters: dict[str, str]) -> None:
    senders = world.client("sesv2").list_email_identities()["EmailIdentities"]
    only = {
        "order-notifications": {
            "IDEMPOTENCY_TABLE": "blueprint-local-idempotency",
            "EMAIL_SENDER": senders[0]["IdentityName"],
        },
        "sales-aggregator": {"SALES_TABLE": "blueprint-local-sales"},
        "dead-letter-handler": {"DEAD_LETTERS_TABLE": "blueprint-local-dead-letters"},
    }

    for function in world.client("lambda").list_functions()["Functions"]:
        environment = function["Environment"]["Variables"]
        own = {key: value for key, value in environment.items() if key not in parameters}
        assert {key: value for key, value in environment.items() if key in parameters}.items() <= (
            parameters.items()
        )
        own.pop("DEAD_LETTER_QUEUES", None)
        assert own == only.get(function["FunctionName"].removeprefix("blueprint-local-"), {})


def test_every_log_group_forgets(world: World) -> None:
    groups = world.client("logs").describe_log_groups()["logGroups"]

    assert len(groups) == world.deployment.types["aws:cloudwatch/logGroup:LogGroup"]
    assert all(group["retentionInDays"] == 14 for group in groups)


def test_every_alarm_watches_something_that_exists_and_tells_the_topic(
    world: World, databases: dict[str, dict[str, Any]], queues: dict[str, dict[str, str]]
) -> None:
    (topic,) = world.client("sns").list_topics()["Topics"]
    (balancer,) = world.client("elbv2").describe_load_balancers()["LoadBalancers"]
    (targets,) = world.client("elbv2").describe_target_groups()["TargetGroups"]
    clusters = world.client("elasticache").describe_cache_clusters()["CacheClusters"]
    functions = {each["FunctionName"] for each in world.client("lambda").list_functions()["Functions"]}
    existing = {
        "LoadBalancer": {balancer["LoadBalancerArn"].partition(":loadbalancer/")[2]},
        "TargetGroup": {targets["TargetGroupArn"].rpartition(":")[2]},
        "AutoScalingGroupName": {"blueprint-local-shop"},
        "DBInstanceIdentifier": set(databases),
        "CacheClusterId": {each["CacheClusterId"] for each in clusters},
        "QueueName": {arn.rpartition(":")[2] for arn in queues},
        "StreamName": set(world.client("kinesis").list_streams()["StreamNames"]),
        "ApiId": {each["ApiId"] for each in world.client("apigatewayv2").get_apis()["Items"]},
        "FunctionName": functions,
        "Resource": {f"{name}:live" for name in functions},
        "DistributionId": {world.output("distribution_id")},
        "Region": {"Global"},
        "EventBusName": {world.output("event_bus")},
        "RuleName": {
            "blueprint-local-shop-order-notifications",
            "blueprint-local-shop-order-inventory",
            "blueprint-local-each-minute",
        },
        "TableName": set(world.client("dynamodb").list_tables()["TableNames"]),
        "Operation": {"GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"},
        "NatGatewayId": {
            each["NatGatewayId"] for each in world.client("ec2").describe_nat_gateways()["NatGateways"]
        },
    }

    policies = world.client("autoscaling").describe_policies(PolicyTypes=["StepScaling"])["ScalingPolicies"]
    scaling = [[policy["PolicyARN"]] for policy in policies]
    alarms = [
        alarm
        for alarm in world.client("cloudwatch").describe_alarms()["MetricAlarms"]
        if alarm["AlarmName"].startswith("blueprint-local-")
    ]

    assert len(alarms) == world.deployment.types["aws:cloudwatch/metricAlarm:MetricAlarm"]
    for alarm in alarms:
        if alarm["AlarmActions"] in scaling:  # a burst is answered, and nobody is woken up
            assert not alarm["OKActions"]
        else:
            assert alarm["AlarmActions"] == alarm["OKActions"] == [topic["TopicArn"]]
        metrics = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
        for dimension in (it for metric in (metrics or [alarm]) for it in metric["Dimensions"]):
            assert dimension["Value"] in existing[dimension["Name"]], alarm["AlarmName"]


def test_what_waits_in_the_outbox_is_counted_where_an_alarm_looks(world: World) -> None:
    log = "/blueprint/local/shop"
    filters = world.client("logs").describe_metric_filters(logGroupName=log)["metricFilters"]
    (alarm,) = world.client("cloudwatch").describe_alarms(AlarmNames=["blueprint-local-outbox-stuck"])[
        "MetricAlarms"
    ]

    counted = {each["filterPattern"]: each["metricTransformations"][0] for each in filters}
    # The fields of the lines of `app/platform/backlog.py`.
    assert {pattern: metric["metricValue"] for pattern, metric in counted.items()} == {
        "{ $.outbox_depth >= 0 }": "$.outbox_depth",
        "{ $.outbox_age >= 0 }": "$.outbox_age",
    }
    age = counted["{ $.outbox_age >= 0 }"]
    assert (age["metricNamespace"], age["metricName"]) == (alarm["Namespace"], alarm["MetricName"])


def test_what_can_be_tagged_says_which_stack_it_belongs_to(world: World) -> None:
    paginator = world.client("resourcegroupstaggingapi").get_paginator("get_resources")
    found = [each for page in paginator.paginate() for each in page["ResourceTagMappingList"]]
    tags = {
        each["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]}
        for each in found
        if each["Tags"]
    }

    services = {arn.split(":")[2] for arn, own in tags.items() if OWN_TAGS.items() <= own.items()}
    assert {"ec2", "rds", "s3", "elasticloadbalancing", "lambda", "sqs"} <= services
