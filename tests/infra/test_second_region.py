"""A second region that serves: what is there, whom it reaches, and by which names it is reached."""

import base64
import json
from typing import Any

import yaml

from scripts.evaluation.recorder import ACCOUNT, Recording, Registered
from tests.infra.stacks import fleets

FIRST, SECOND = "us-east-1", "us-west-2"
SHARDS = ("shop", "shop-shard-2", "shop-shard-3", "shop-shard-4")


def there(recording: Recording, kind: str) -> list[Registered]:
    """The resources of a type in the second region."""
    return [it for it in recording.of(kind) if recording.region(it) == SECOND]


def told(recording: Recording, service: str, region: str) -> dict[str, str]:
    """The parameters of a service in a region, by the last part of their names."""
    return {
        it.inputs["name"].rpartition("/")[2]: it.inputs["value"]
        for it in recording.of("ssm/parameter:Parameter")
        if it.inputs["name"].rpartition("/")[0].endswith(f"/{service}") and recording.region(it) == region
    }


def balancer_there(recording: Recording) -> str:
    """The name of the load balancer before the services of the second region."""
    balancers = there(recording, "lb/loadBalancer:LoadBalancer")
    [name] = [it.inputs["name"] for it in balancers if it.inputs["loadBalancerType"] == "application"]
    return str(name)


def routes(recording: Recording) -> set[tuple[str, str, str]]:
    """The routes over the peering connection: region, table, destination."""
    return {
        (recording.region(it), it.inputs["routeTableId"], it.inputs["destinationCidrBlock"])
        for it in recording.of("ec2/route:Route")
        if "vpcPeeringConnectionId" in it.inputs
    }


def test_the_two_networks_are_connected_inside_and_nowhere_else(everything: Recording) -> None:
    connection = everything.one("VpcPeeringConnection").inputs
    accepter = everything.one("VpcPeeringConnectionAccepter")
    assert (connection["vpcId"], connection["peerVpcId"], connection["peerRegion"]) == (
        "network-id",
        "network-us-west-2-id",
        SECOND,
    )
    assert everything.region(accepter) == SECOND
    inside = ("private-1", "private-2", "private-3", "isolated")
    assert routes(everything) == {
        *((FIRST, f"network-{table}-id", "10.21.0.0/16") for table in inside),
        *((SECOND, f"network-us-west-2-{table}-id", "10.20.0.0/16") for table in inside),
    }


def test_instances_there_write_to_the_primaries_and_read_what_is_near(everything: Recording) -> None:
    here, away = (told(everything, "orders", region) for region in (FIRST, SECOND))
    for same in (
        "DATABASE_WRITER",
        "DATABASE_VIA_PROXY",
        "DATABASE_SHARDS",
        "CARTS_TABLE",
        "REVIEWS_TABLE",
        "CHAT_TABLE",
    ):
        assert away[same] == here[same]
    assert away["DATABASE_READERS"] == "blueprint-everything-shop-us-west-2.rds.example.com:5432"
    assert "shop-us-west-2" in away["CACHE_URL"]
    assert away["DATABASE_SHARD_DIRECTORY"] == "blueprint-everything-shard-directory-us-west-2"


def test_every_shard_has_a_replica_there_under_a_key_of_that_region(everything: Recording) -> None:
    databases = there(everything, "rds/instance:Instance")
    sources = [it.inputs["replicateSourceDb"] for it in databases]
    assert sources == [f"arn:aws:rds:{FIRST}:{ACCOUNT}:blueprint-everything-{shard}" for shard in SHARDS]
    assert {it.inputs["kmsKeyId"] for it in databases} == {
        f"arn:aws:kms:{SECOND}:{ACCOUNT}:data-us-west-2-1a2b3c4"
    }
    assert all(it.inputs["multiAz"] and it.protect for it in databases)


def test_a_replica_takes_no_credentials_and_no_snapshot(everything: Recording) -> None:
    for database in there(everything, "rds/instance:Instance"):
        assert not {"username", "password", "dbName", "engine"} & database.inputs.keys()
        assert database.inputs["skipFinalSnapshot"]
        assert "dbSubnetGroupName" in database.inputs, "the source's is in another region"


def test_the_secrets_follow_into_the_second_region(everything: Recording) -> None:
    secrets = [it for it in everything.of("secretsmanager/secret:Secret") if it.name.startswith("shop")]
    databases = [it for it in secrets if it.name.endswith("-database")]
    assert [it.name for it in databases] == [f"{shard}-database" for shard in SHARDS]
    assert all(it.inputs["replicas"] == [{"region": SECOND}] for it in databases)
    arn = told(everything, "orders", SECOND)["DATABASE_SECRET_ARN"]
    assert arn == f"arn:aws:secretsmanager:{SECOND}:{ACCOUNT}:secret:shop-database-1a2b3c4"


def test_the_payment_providers_secret_is_read_in_both_regions(everything: Recording) -> None:
    [secret] = [it for it in everything.of("secretsmanager/secret:Secret") if it.name == "payments"]
    assert secret.inputs["replicas"] == [{"region": SECOND}]
    arns = [told(everything, "orders", region)["PAYMENTS_SECRET_ARN"] for region in (FIRST, SECOND)]
    assert [arn.split(":")[3] for arn in arns] == [FIRST, SECOND]


def test_the_directory_there_leads_to_primaries_replicas_and_secrets_of_that_region(
    everything: Recording,
) -> None:
    items = [it.json("item") for it in there(everything, "dynamodb/tableItem:TableItem")]
    assert [item["shard"]["S"] for item in items] == ["1", "2", "3", "4"]
    for item, shard in zip(items, SHARDS, strict=True):
        assert item["writer"]["S"].startswith(f"blueprint-everything-{shard}.")
        assert "us-west-2" in item["readers"]["S"]
        assert item["secret_arn"]["S"].startswith(f"arn:aws:secretsmanager:{SECOND}:")


def test_events_stay_in_the_first_region(everything: Recording) -> None:
    away = told(everything, "realtime", SECOND)
    assert away["EVENTS_REGION"] == FIRST
    sends = {"EVENT_BUS", "PAYMENTS_QUEUE_URL", "SALES_STREAM", "MEDIA_STREAM"}
    assert sends <= told(everything, "realtime", FIRST).keys()
    assert not (sends | {"LEASES_TABLE", "MEDIA_BUCKET", "SITE_BUCKET"}) & away.keys()
    assert "EVENTS_REGION" not in told(everything, "realtime", FIRST)
    for kind in ("sqs/queue:Queue", "kinesis/stream:Stream", "lambda/function:Function", "eventBus:EventBus"):
        assert everything.of(kind)
        assert not there(everything, kind)


def test_a_forward_proxy_there_lets_positions_and_sign_ins_through_to_the_first_region(
    everything: Recording,
) -> None:
    def allowed(region: str) -> set[str]:
        (template,) = (
            it
            for it in everything.of("LaunchTemplate")
            if it.name.startswith("network-proxy") and everything.region(it) == region
        )
        document = yaml.safe_load(base64.b64decode(template.inputs["userData"]))
        lines = document["write_files"][0]["content"].splitlines()
        return {line.split()[-1] for line in lines if line.startswith("acl allowed")}

    services = ("cognito-idp", "kinesis")
    assert allowed(SECOND) - allowed(FIRST) == {f"{service}.us-east-1.amazonaws.com" for service in services}


def test_instances_there_boot_from_what_lies_there(everything: Recording) -> None:
    templates = {it.name: it for it in there(everything, "LaunchTemplate")}
    for fleet in fleets(everything):
        if everything.region(fleet) != SECOND:
            continue
        template = templates[fleet.name].inputs
        document = yaml.safe_load(base64.b64decode(template["userData"]))
        instance = json.loads(document["write_files"][0]["content"])
        assert instance["region"] == SECOND
        assert instance["artifact"]["bucket"].startswith("blueprint-everything-artifacts-us-west-2")
        assert template["imageId"] == "ami-0123456789abcdef0", "that of the first region is not there"


def test_the_first_instance_there_waits_for_the_way_to_the_primaries(everything: Recording) -> None:
    (fleet,) = (it for it in fleets(everything) if it.name == "orders-us-west-2")
    waited = {urn.rpartition("::")[2] for urn in fleet.dependencies}
    assert {"peering-us-west-2-to-accepter-isolated", "peering-us-west-2-to-requester-private-1"} <= waited


def test_one_name_stands_for_both_load_balancers_by_latency(everything: Recording) -> None:
    records = [it for it in everything.of("Record") if it.inputs["name"] == "lb.shop.example.com"]
    found = {
        it.inputs["setIdentifier"]: (
            it.inputs["latencyRoutingPolicies"][0]["region"],
            it.inputs["aliases"][0]["name"],
            it.inputs["aliases"][0]["evaluateTargetHealth"],
        )
        for it in records
    }
    assert found == {
        FIRST: (FIRST, "blueprint-everything-shop.elb.example.com", True),
        SECOND: (SECOND, f"{balancer_there(everything)}.elb.example.com", True),
    }
    origins = everything.one("Distribution").inputs["origins"]
    assert {it["originId"]: it["domainName"] for it in origins}["service"] == "lb.shop.example.com"
    assert len(origins) == 3, "two buckets and a name, which does what a fallback would"


def test_both_load_balancers_know_cloudfront_by_the_same_secret(everything: Recording) -> None:
    secrets = [it.name for it in everything.of("RandomPassword") if "origin" in it.name]
    assert secrets == ["shop-origin-1"]
    origin = everything.resources[next(urn for urn in everything.resources if urn.endswith("shop-origin-1"))]
    rules = there(everything, "lb/listenerRule:ListenerRule")
    assert rules
    assert all(origin.urn in it.uses["conditions"] for it in rules)


def test_the_load_balancer_there_has_a_certificate_and_a_firewall_of_its_own(everything: Recording) -> None:
    (certificate,) = there(everything, "acm/certificate:Certificate")
    names = [certificate.inputs["domainName"], *certificate.inputs["subjectAlternativeNames"]]
    assert "lb.shop.example.com" in names
    (association,) = there(everything, "WebAclAssociation")
    assert association.inputs["resourceArn"].endswith(f":{balancer_there(everything)}")


def test_without_a_domain_cloudfront_falls_back_on_the_second_region_for_reads(internet: Recording) -> None:
    distribution = internet.one("Distribution").inputs
    origins = {it["originId"]: it for it in distribution["origins"]}
    (group,) = distribution["originGroups"]
    assert [it["originId"] for it in group["members"]] == ["service", "fallback"]
    assert origins["fallback"]["domainName"] == f"{balancer_there(internet)}.elb.example.com"
    assert origins["fallback"]["customHeaders"] == origins["service"]["customHeaders"]
    behaviours = {it["pathPattern"]: it for it in distribution["orderedCacheBehaviors"]}
    assert behaviours["/products*"]["targetOriginId"] == group["originId"]
    assert set(behaviours["/products*"]["allowedMethods"]) == {"GET", "HEAD", "OPTIONS"}
    assert behaviours["/orders*"]["targetOriginId"] == "service"
    assert "POST" in behaviours["/orders*"]["allowedMethods"]


def test_only_the_rung_of_the_internet_serves_from_two_regions(any_stack: Recording) -> None:
    serving: Any = {it.inputs["cidrBlock"] for it in any_stack.of("ec2/vpc:Vpc")}
    assert len(serving) == (2 if any_stack.of("VpcPeeringConnection") else 1)
