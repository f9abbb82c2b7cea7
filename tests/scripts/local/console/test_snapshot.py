"""How a node is, as its processes are."""

from typing import Any

import pytest

from scripts.local.console import snapshot
from scripts.local.console.model import Group, Node, Sizes, Topology


def process(name: str, *, healthy: bool = True, state: str = "running", detail: str = "") -> dict[str, Any]:
    found = {"name": name, "role": "app", "state": state, "healthy": healthy, "detail": detail}
    return found | {"pid": 1, "port": None}


@pytest.mark.parametrize(
    ("processes", "state"),
    [
        ([process("function-mail-0"), process("function-mail-1")], "healthy"),
        ([process("function-mail-0"), process("function-mail-1", healthy=False)], "unhealthy"),
        ([process("function-mail-0", healthy=False, state="starting")], "starting"),
        ([process("function-mail-0", state="failed"), process("function-mail-1")], "failed"),
        ([process("function-mailer-0")], "idle"),
        ([], "idle"),
    ],
)
def test_the_worst_of_its_processes_says_how_a_node_is(processes: list[dict[str, Any]], state: str) -> None:
    node = Node(id="mail", title="mail", processes=("function-mail-*",))
    assert snapshot.state_of(node, snapshot.processes_of(node, processes)) == state


def test_what_must_run_and_does_not_is_absent_and_what_aws_itself_is_is_managed() -> None:
    assert snapshot.state_of(Node(id="db", title="db", processes=("database-db",)), []) == "absent"
    assert snapshot.state_of(Node(id="table", title="table"), []) == "managed"


def test_the_page_is_told_groups_nodes_figures_and_edges() -> None:
    balancer = Group(
        id="lb", tier="balancing", kind="balancer", title="Balancer", nodes=(Node(id="lb", title="lb"),)
    )
    instance = Node(id="i-1", title="i-1", processes=("*-i-1",))
    fleet = Group(
        id="fleet",
        tier="services",
        kind="fleet",
        title="it-shop",
        nodes=(instance,),
        sizes=Sizes(minimum=1, desired=2, maximum=3),
    )
    queue = Group(id="queue", tier="events", kind="queue", title="it-mail", nodes=())
    topology = Topology(groups=(balancer, fleet, queue), edges=(("lb", "fleet"),))

    told = snapshot.of(topology, [process("shop-i-1", healthy=False, detail="503")], {"i-1": {"cpu": 3.0}})

    assert told["prefix"] == "it-"
    assert told["edges"] == [(0, 1)]
    assert told["groups"][1] == {
        "id": "fleet",
        "tier": "services",
        "kind": "fleet",
        "title": "shop",
        "sizes": {"min": 1, "desired": 2, "max": 3},
        "targets": {},
        "bursts": {},
        "nodes": [
            {
                "id": "i-1",
                "title": "i-1",
                "role": "",
                "state": "unhealthy",
                "detail": "503",
                "figures": {"cpu": 3.0},
            }
        ],
    }


def test_what_a_member_of_a_cluster_is_its_process_says_where_aws_does_not() -> None:
    members = [Node(id=name, title=name, processes=(f"cache-{name}",)) for name in ("first", "second")]
    told = Node(id="third", title="third", role="primary", processes=("cache-third",))
    group = Group(id="cache", tier="data", kind="cache", title="it", nodes=(*members, told))
    roles = {"cache-first": "cache-replica", "cache-second": "cache", "cache-third": "cache-replica"}
    processes = [process(name) | {"role": role} for name, role in roles.items()]

    (shown,) = snapshot.of(Topology(groups=(group,), edges=()), processes, {})["groups"]

    assert [node["role"] for node in shown["nodes"]] == ["replica", "primary", "primary"]
