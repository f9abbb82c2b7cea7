"""The picture of an architecture shows what there is, where it is, and nothing over anything else."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from scripts.evaluation.recorder import record
from scripts.evaluation.stack import Evaluation, Offline
from scripts.preview.cli import PreviewError, preview_command
from scripts.preview.graph import Architecture, draw
from scripts.preview.graph.architecture import CLIENTS, Flow, Node
from scripts.preview.graph.bundles import bundled, group_of
from scripts.preview.graph.kinds import Tier
from scripts.preview.graph.layout import Box, arrange
from scripts.preview.graph.routes import routes
from scripts.preview.graph.text import shortened, text_width, wrapped

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="session")
def architecture(dev: Evaluation) -> Architecture:
    return Architecture.of(dev)


def arrows(architecture: Architecture) -> set[tuple[str, str]]:
    """Flows by the group and title of their ends."""
    names = {key: f"{it.group}/{it.title}" for key, it in architecture.nodes.items()} | {CLIENTS: CLIENTS}
    return {(names[flow.source], names[flow.target]) for flow in architecture.flows}


def test_requests_are_followed_from_the_clients_to_the_data(architecture: Architecture) -> None:
    assert {
        ("clients", "Content delivery/edge"),
        ("clients", "Gateway/api"),
        ("Content delivery/edge", "Load balancing/shop"),
        ("Content delivery/edge", "Buckets/site"),
        ("Load balancing/shop", "Services/shop"),
        ("Gateway/api", "Functions/api"),
        ("Services/shop", "Databases/shop"),
        ("Services/shop", "Cache/shop"),
        ("Functions/order-notifications", "Tables/idempotency"),
    } <= arrows(architecture)


def test_events_are_followed_from_their_source_to_their_consumer(architecture: Architecture) -> None:
    found = arrows(architecture)
    assert {
        ("Services/shop", "Buses/shop"),
        ("Buses/shop", "Queues/order-notifications"),
        ("Services/shop", "Queues/payment-capture"),
        ("Queues/order-notifications", "Functions/order-notifications"),
        ("Functions/order-notifications", "Mail/email"),
        ("Streams/positions", "Functions/position-writer"),
        ("Functions/position-writer", "Queues/position-failures"),
    } <= found
    assert ("Functions/order-notifications", "Queues/order-notifications") not in found, "it only consumes"


def test_plumbing_and_what_operators_use_is_not_drawn(architecture: Architecture) -> None:
    titles = {it.title for it in architecture.nodes.values()}
    assert "artifacts" not in titles
    assert "order-notifications-dead-letters" not in titles, "its queue speaks for it"
    assert any(re.fullmatch(r"\d+ alarms", chip) for chip in architecture.operations)


def of(program: object) -> Architecture:
    """The architecture of a small program."""
    assert callable(program)
    recording = record(program, mocks=Offline())
    settings = type("Settings", (), {"project": "p", "stack": "s", "stage": "dev", "region": "us-east-1"})
    return Architecture.of(Evaluation(config={}, settings=settings, recording=recording, built=True))  # type: ignore[arg-type] # all that it reads


def test_nodes_that_differ_in_a_number_are_one() -> None:
    architecture = of(
        lambda: [aws.dynamodb.Table(f"shard-{number}", hash_key="id") for number in range(1, 17)]
    )
    [node] = architecture.nodes.values()
    assert (node.title, node.count) == ("shard-1 … 16", 16)


def test_a_primary_speaks_for_its_replicas_in_its_region_only() -> None:
    def program() -> None:
        here, there = (
            pulumi.ResourceOptions(provider=aws.Provider(region, region=region))
            for region in ("us-east-1", "eu-west-1")
        )
        primary = aws.rds.Instance("shop", instance_class="db.t4g.micro", opts=here)
        for name, opts in (("near", here), ("far", there)):
            aws.rds.Instance(
                name, instance_class="db.t4g.micro", replicate_source_db=primary.identifier, opts=opts
            )

    architecture = of(program)
    assert {(it.title, it.region, it.details[2:]) for it in architecture.nodes.values()} == {
        ("shop", "us-east-1", ("1 read replica",)),
        ("far", "eu-west-1", ("replica",)),
    }
    [flow] = architecture.flows
    assert flow.copies


def test_who_is_let_through_by_addresses_reaches_another_region() -> None:
    def program() -> None:
        here, there = (
            pulumi.ResourceOptions(provider=aws.Provider(region, region=region))
            for region in ("us-east-1", "eu-west-1")
        )
        clients, servers = (
            aws.ec2.SecurityGroup(name, opts=opts) for name, opts in (("c", there), ("s", here))
        )
        aws.rds.Instance(
            "shop", instance_class="db.t4g.micro", vpc_security_group_ids=[servers.id], opts=here
        )
        template = aws.ec2.LaunchTemplate("shop", vpc_security_group_ids=[clients.id], opts=there)
        aws.autoscaling.Group(
            "fleet", min_size=1, max_size=1, launch_template={"id": template.id}, opts=there
        )
        rule: dict[str, Any] = {"ip_protocol": "tcp", "from_port": 5432, "to_port": 5432}
        aws.vpc.SecurityGroupEgressRule(
            "out", security_group_id=clients.id, cidr_ipv4="10.0.0.0/16", opts=there, **rule
        )
        aws.vpc.SecurityGroupIngressRule(
            "in", security_group_id=servers.id, cidr_ipv4="10.1.0.0/16", opts=here, **rule
        )

    assert arrows(of(program)) == {("Services/fleet", "Databases/shop")}


def test_a_fleet_in_public_subnets_is_public() -> None:
    def program() -> None:
        subnet = aws.ec2.Subnet("out", vpc_id="vpc", map_public_ip_on_launch=True)
        aws.autoscaling.Group("proxy", min_size=2, max_size=2, vpc_zone_identifiers=[subnet.id])

    [node] = of(program).nodes.values()
    assert node.tier == Tier.PUBLIC


def test_a_bus_hands_its_events_to_the_targets_of_its_rules() -> None:
    def program() -> None:
        bus = aws.cloudwatch.EventBus("shop")
        rule = aws.cloudwatch.EventRule("placed", event_bus_name=bus.name, event_pattern="{}")
        queue = aws.sqs.Queue("invoices")
        aws.cloudwatch.EventTarget("invoices", rule=rule.name, event_bus_name=bus.name, arn=queue.arn)

    assert arrows(of(program)) == {("Buses/shop", "Queues/invoices")}


def test_a_reader_of_its_own_is_fed_by_its_stream() -> None:
    def program() -> None:
        stream = aws.kinesis.Stream("positions")
        reader = aws.kinesis.StreamConsumer("reader", stream_arn=stream.arn)
        function = aws.lambda_.Function("writer", role="role")
        aws.lambda_.EventSourceMapping("writer", event_source_arn=reader.arn, function_name=function.name)

    assert arrows(of(program)) == {("Streams/positions", "Functions/writer")}


def test_a_bucket_that_only_aws_writes_to_is_counted() -> None:
    def program() -> None:
        site = aws.s3.Bucket("site")
        aws.s3.Bucket("log")
        aws.athena.Workgroup(
            "analysts",
            configuration={"result_configuration": {"output_location": site.bucket.apply(lambda it: it)}},
        )

    architecture = of(program)
    assert {it.title for it in architecture.nodes.values()} == {"site", "analysts"}
    assert architecture.operations == ("1 bucket of operators",)


def many(services: int = 14, region: str = "us-east-1") -> Architecture:
    """An architecture of some sixty nodes, everything talking to everything that it might."""
    nodes: dict[str, Node] = {}
    flows: set[Flow] = set()

    def add(tier: Tier, group: str, number: int, where: str) -> list[str]:
        keys = [f"{group}-{n}@{where}" for n in range(number)]
        for key in keys:
            details = ("A service", "with a rather long detail", "and another", "and one more")
            name = f"{group}-{key}-with-a-name-that-is-too-long"
            nodes[key] = Node(key=key, tier=tier, group=group, title=name, details=details, region=where)
        return keys

    edge = add(Tier.EDGE, "Content delivery", 2, region)
    for where in (region, "eu-west-1"):
        balancers = add(Tier.PUBLIC, "Load balancing", 2, where)
        fleet = add(Tier.COMPUTE, "Services", services // 2, where)
        functions = add(Tier.COMPUTE, "Functions", services // 2, where)
        data = [*add(Tier.DATA, "Databases", 3, where), *add(Tier.DATA, "Tables", 4, where)]
        events = [*add(Tier.EVENTS, "Queues", 5, where), *add(Tier.EVENTS, "Streams", 2, where)]
        flows |= {Flow(source, target) for source in edge for target in [*balancers, data[0], functions[0]]}
        flows |= {Flow(source, target) for source in balancers for target in fleet}
        flows |= {Flow(source, target) for source in fleet for target in [*data[:2], events[0]]}
        flows |= {Flow(source, target) for source, target in zip(events, functions, strict=True)}
        flows.add(Flow(events[-1], events[0]))
    flows |= {Flow(CLIENTS, key) for key in edge}
    flows.add(Flow(f"Databases-0@{region}", "Databases-0@eu-west-1", copies=True))
    return Architecture(
        title="many",
        subtitle="",
        region=region,
        nodes=nodes,
        flows=tuple(sorted(flows)),
        operations=tuple(f"{number} things of operators" for number in range(20)),
    )


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom
    )  # touching is none


def test_no_card_lies_over_another() -> None:
    architecture = many()
    assert len(architecture.nodes) >= 60
    boxes = arrange(architecture).cards
    assert not [(one, other) for one, other in combinations(boxes, 2) if overlap(boxes[one], boxes[other])]


def test_every_card_lies_in_its_group_and_the_group_in_a_frame() -> None:
    architecture = many()
    layout = arrange(architecture)

    def inside(inner: Box, outer: Box) -> bool:
        return (
            outer.x <= inner.x
            and outer.y <= inner.y
            and inner.right <= outer.right
            and inner.bottom <= outer.bottom
        )

    for key, node in architecture.nodes.items():
        group = layout.groups[group_of(node)].box
        assert inside(layout.cards[key], group), key
        assert any(it.title == node.tier and inside(group, it.box) for it in layout.tiers), key


def test_no_arrow_passes_behind_a_card() -> None:
    """Between columns arrows bend freely; where there are cards they run level, and past them."""
    architecture = many()
    layout = arrange(architecture)
    level = re.compile(r"([\d.]+) ([\d.]+)H([\d.]+)C")
    passed = 0
    for route in routes(layout, bundled(architecture)):
        for x, y, to_x in level.findall(route.path):
            left, right = sorted((float(x), float(to_x)))
            run = Box(left, float(y) - 1, right - left, 2)
            passed += 1
            assert not [key for key, card in layout.cards.items() if overlap(run, card)], route.flow
    assert passed, "no arrow passes a column: the test proves nothing"


def test_flows_that_all_of_a_group_share_are_one_arrow() -> None:
    architecture = many()
    found = {(it.source, it.target) for it in bundled(architecture)}
    services = "us-east-1/Private compute/Services"
    assert ("us-east-1/Public/Load balancing", services) in found
    assert (services, "Queues-0@us-east-1") in found
    assert not [pair for pair in found if pair[0].startswith("Services-") and "us-east-1" in pair[0]]


def test_one_that_does_not_share_keeps_the_others_apart() -> None:
    architecture = many()
    some = tuple(it for it in architecture.flows if it.source != "Services-0@us-east-1")
    found = {it.source for it in bundled(replace(architecture, flows=some))}
    assert "Services-1@us-east-1" in found
    assert "us-east-1/Private compute/Services" not in found


def test_the_picture_is_well_formed_and_names_every_node(architecture: Architecture) -> None:
    root = ET.fromstring(draw(architecture))  # noqa: S314 - our own text
    assert root.tag == f"{SVG}svg"
    texts = {it.text for it in root.iter(f"{SVG}text")}
    assert {it.title for it in architecture.nodes.values()} <= texts
    assert {"EDGE", "PUBLIC", "PRIVATE COMPUTE", "DATA", "EVENTS", "OPERATIONS"} <= texts
    assert "prefers-color-scheme: dark" in (root.findtext(f"{SVG}style") or "")


def test_everything_lies_within_the_picture() -> None:
    root = ET.fromstring(draw(many()))  # noqa: S314 - our own text
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for box in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(box.attrib[key]) for key in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height


def test_names_cannot_break_out_of_the_picture() -> None:
    architecture = of(lambda: aws.sqs.Queue("<script>&amp;"))
    assert "<script>" not in draw(architecture)
    assert ET.fromstring(draw(architecture)) is not None  # noqa: S314 - our own text


def test_the_same_stack_gives_the_same_picture(architecture: Architecture) -> None:
    assert draw(architecture) == draw(architecture)


def test_a_long_name_keeps_both_ends_and_fits() -> None:
    short = shortened("payments-and-a-rather-long-service-name", 120, 8)
    assert text_width(short, 8) <= 120
    assert short.startswith("payme")
    assert short.endswith("name")
    assert shortened("orders", 120, 8) == "orders"


def test_details_take_two_lines_at_the_most() -> None:
    assert wrapped(["RDS", "db.t4g.micro"], 200) == ["RDS · db.t4g.micro"]
    assert len(wrapped(["RDS", "db.r7g.16xlarge", "Multi-AZ", "5 read replicas", "and more"], 150)) == 2


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    place = tmp_path / "missing" / "graph.svg"
    with pytest.raises(PreviewError, match=r"cannot write .*missing"):
        preview_command(stack="dev", graph=place, as_json=True)
