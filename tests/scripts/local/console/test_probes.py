"""Figures, as they are made of what is measured."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from scripts.local.console.history import KEPT, History
from scripts.local.console.model import Group, Node
from scripts.local.console.probes import caches, cdns, functions, gateways, requests, storage
from scripts.local.console.probes.databases import Databases
from scripts.local.console.probes.requests import Requests
from scripts.local.console.probes.window import LENGTH
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.balancers.access_log import Answered
from scripts.local.runtime.control.api_requests import of_apis
from scripts.local.runtime.control.invocations import of_functions
from scripts.local.runtime.control.minute import MINUTE
from scripts.local.runtime.control.storage import of_databases
from scripts.local.runtime.databases.storage import GIB, Volume
from scripts.local.runtime.functions.period import Period
from scripts.local.runtime.gateway import period as gateway_period
from scripts.local.runtime.servers import redis
from tests.scripts.local.runtime.test_access_log import FORWARDED


def answered(seconds: float, status: int = 200) -> Answered:
    return Answered(status=status, group="g", target_status=status, seconds=seconds)


def test_percentiles_are_values_that_were_measured() -> None:
    found = requests.figures([answered(number / 1000) for number in range(100, 0, -1)])

    assert (found["p50"], found["p95"], found["p99"]) == (50, 95, 99)
    assert found["requests"] == 100 / LENGTH


def test_the_share_of_errors_counts_what_clients_were_answered() -> None:
    nobody = Answered(status=503, group="", target_status=None, seconds=None)

    assert requests.figures([answered(0.1), answered(0.1, 404), nobody, nobody])["errors"] == 0.5
    assert requests.figures([nobody]).keys() == {"requests", "errors"}
    assert requests.figures([]) == {"requests": 0.0}


def test_requests_are_counted_for_the_balancer_and_for_who_was_asked(tmp_path: Path) -> None:
    log = tmp_path / "balancer-shop.log"
    log.write_text("before\n")
    probe = Requests(tmp_path)
    balancer = Node(id="lb", title="lb", processes=("balancer-shop",))
    target = FORWARDED.split()[4]
    probe.measure([balancer], {})

    with log.open("a") as file:
        file.write(FORWARDED * 20)
    found = probe.measure([balancer], {"i-1": target, "i-2": "127.0.0.1:1"})

    assert {node: figures["requests"] for node, figures in found.items()} == {
        "lb": 20 / LENGTH,
        "i-1": 20 / LENGTH,
        "i-2": 0.0,
    }


def test_the_hit_ratio_is_known_once_something_was_read() -> None:
    info = {
        "keyspace_hits": 3,
        "keyspace_misses": 1,
        "instantaneous_ops_per_sec": 7,
        "used_memory": 1024,
        "connected_clients": 2,
    }
    assert caches.figures(info)["hits"] == 0.75
    assert "hits" not in caches.figures(info | {"keyspace_hits": 0, "keyspace_misses": 0})


async def test_a_cache_is_measured_while_it_answers_and_left_out_when_it_is_gone(tmp_path: Path) -> None:
    probe = caches.Caches()
    with redis.running(tmp_path) as server:
        place = f"{server.host}:{server.port}"
        found = await probe.measure({"here": place, "nowhere": "127.0.0.1:1"})
        assert found.keys() == {"here"}
        assert found["here"]["connections"] >= 1
    assert await probe.measure({"here": place}) == {}
    await probe.close()


async def test_a_database_that_does_not_answer_is_left_out(aws: Aws) -> None:
    probe = Databases(aws)
    node = Node(id="db", title="db", role="primary", described={"DBInstanceIdentifier": "db"})

    assert await probe.measure([node], {}) == {}
    assert await probe.measure([node], {"db": "127.0.0.1:1"}) == {}
    await probe.close()


def test_history_holds_the_last_minutes_of_each_figure() -> None:
    history = History()
    history.add(0.0, {"a": {"cpu": 1.0}})
    history.add(KEPT, {"a": {"cpu": 2.0}, "b": {"cpu": 9.0}})
    assert history.of("a") == {"cpu": [(0.0, 1.0), (KEPT, 2.0)]}

    history.add(KEPT + 1, {"a": {"cpu": 3.0, "lag": 4.0}})

    assert history.of("a") == {"cpu": [(KEPT, 2.0), (KEPT + 1, 3.0)], "lag": [(KEPT + 1, 4.0)]}
    assert history.of("c") == {}


async def test_a_stream_is_as_far_behind_as_its_slowest_reader(aws: Aws) -> None:
    stream = "arn:aws:kinesis:us-east-1:123456789012:stream/positions"
    arns = [f"arn:aws:lambda:us-east-1:123456789012:function:{name}" for name in ("quick", "slow", "idle")]
    groups = [
        Group(
            id=arn,
            tier="consumers",
            kind="function",
            title=arn.rpartition(":")[2],
            nodes=(),
            fed_by=frozenset({stream}),
        )
        for arn in arns
    ]
    began = datetime.now(UTC) - timedelta(seconds=MINUTE)
    periods = {
        "quick": Period(durations=[10.0, 30.0], errors=1, ages=[200.0]),
        "slow": Period(durations=[50.0] * 10, ages=[100.0, 4_000.0]),
    }
    metrics = [{**datum, "Timestamp": began} for datum in of_functions(periods)]
    await aws.call("cloudwatch", "put_metric_data", Namespace="AWS/Lambda", MetricData=metrics)

    found = await functions.measure(aws, groups)

    assert found[arns[0]] == {"invocations": 2 / MINUTE, "errors": 0.5, "duration": 20.0, "iterator_age": 0.2}
    assert found[arns[1]]["errors"] == 0.0
    assert found[arns[2]] == {}
    assert found[stream] == {"iterator_age": 4.0}


def test_of_what_a_cdn_served_the_share_is_told_that_its_edge_had(tmp_path: Path) -> None:
    log = tmp_path / "cdn-D1.log"
    log.write_text(LINE.format(status=200, seconds="9.000", result="Hit"))
    probe = cdns.Cdns(tmp_path)
    node = Node(id="cdn", title="CloudFront", processes=("cdn-D1",))
    assert probe.measure([node]) == {"cdn": {"requests": 0.0}}

    with log.open("a") as file:
        for status, seconds, result in (
            (200, "0.002", "Hit"),
            (304, "0.004", "RefreshHit"),
            (200, "0.100", "Miss"),
            (503, "0.200", "Error"),
            (101, "60.000", "Miss"),
        ):
            file.write(LINE.format(status=status, seconds=seconds, result=result))
        file.write("2026/11/29 10:00:00 [notice] 7#7: signal process started\n")

    assert probe.measure([node]) == {
        "cdn": {"requests": 5 / LENGTH, "hits": 0.4, "errors": 0.2, "p95": 200.0}
    }


LINE = '2026-11-29T23:29:21+00:00 "GET /products/1 HTTP/1.1" {status} 243 {seconds} {result}\n'


async def test_a_gateway_tells_what_it_refused_and_what_failed(aws: Aws) -> None:
    periods = {"a1": gateway_period.Period(durations=[10.0, 30.0, 20.0, 20.0], refused=2, failed=1)}
    began = datetime.now(UTC) - timedelta(seconds=MINUTE)
    metrics = [{**datum, "Timestamp": began} for datum in of_apis(periods)]
    await aws.call("cloudwatch", "put_metric_data", Namespace="AWS/ApiGateway", MetricData=metrics)

    found = await gateways.measure(aws, [Node(id="a1", title="HTTP API"), Node(id="a2", title="HTTP API")])

    assert found["a1"] == {"requests": 4 / MINUTE, "refused": 0.5, "errors": 0.25, "duration": 20.0}
    assert found["a2"] == {}


async def test_a_database_tells_what_is_free_of_its_storage(aws: Aws) -> None:
    volumes = {"orders": Volume(allocated=20, maximum=None, used=5 * GIB)}
    began = datetime.now(UTC) - timedelta(seconds=MINUTE)
    metrics = [{**datum, "Timestamp": began} for datum in of_databases(volumes)]
    await aws.call("cloudwatch", "put_metric_data", Namespace="AWS/RDS", MetricData=metrics)

    found = await storage.measure(aws, [Node(id="arn", title="orders"), Node(id="new", title="new")])

    assert found == {"arn": {"free_storage": 15 * GIB}, "new": {}}
