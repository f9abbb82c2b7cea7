"""Ports are free, or fixed by name; a taken one is a clear error."""

import os
import socket
from pathlib import Path

import pytest

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.notes import Notes
from scripts.local.runtime.ports import FREE_RANGE, Ports


def test_free_ports_differ_and_can_be_listened_at() -> None:
    ports = Ports()
    taken = [ports.take("site") for _ in range(20)]
    assert len(set(taken)) == 20
    with socket.create_server(("127.0.0.1", taken[0])):
        pass


def test_a_fixed_port_is_given_once_and_then_free_ones() -> None:
    fixed = Ports().take("database_replica")
    ports = Ports({"database_replica": fixed})
    assert ports.take("database_replica") == fixed
    assert ports.take("database_replica") != fixed


def test_a_taken_fixed_port_names_the_port_its_name_its_holder_and_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LocalRuntimeError) as raised:
            Ports({"site": port}).take("site")
    for part in (f"Port {port}", "'site'", f"process {os.getpid()}", "--port site=NUMBER"):
        assert part in str(raised.value)


def test_a_port_of_an_unknown_name_or_out_of_range_is_refused() -> None:
    with pytest.raises(LocalRuntimeError, match=r"no port named 'web'.*aws, site"):
        Ports({"web": 8000})
    with pytest.raises(LocalRuntimeError, match="Port 70000 of 'site' is out of range"):
        Ports({"site": 70000})


def test_who_needs_a_second_port_gets_two_that_nobody_else_has(tmp_path: Path) -> None:
    fixed = Ports().take("cache", beside=10_000)
    ports = Ports({"cache": fixed}, Notes(tmp_path / "ports.json"))

    taken = [ports.take("cache", f"cache {number}", beside=10_000) for number in range(20)]

    assert taken[0] == fixed
    both = {port + distance for port in taken for distance in (0, 10_000)}
    assert len(both) == 40
    assert both <= set(FREE_RANGE)
    assert ports.take("cache", "cache 0", beside=10_000) == fixed
    with socket.create_server(("127.0.0.1", fixed + 10_000)), pytest.raises(LocalRuntimeError, match="taken"):
        Ports({"cache": fixed}).take("cache", beside=10_000)
    later = Ports(notes=Notes(tmp_path / "ports.json"))
    assert both.isdisjoint(later.take("site") for _ in range(200))


def test_who_has_a_port_gets_it_again_also_from_the_next_runtime_and_nobody_else_does(tmp_path: Path) -> None:
    fixed = Ports().take("site")
    first = Ports({"site": fixed}, Notes(tmp_path / "ports.json"))
    taken = {owner: first.take("site", owner) for owner in ("cdn A", "cdn B", "cdn C")}
    first.swap("cdn B", "cdn C")

    second = Ports({"site": fixed}, Notes(tmp_path / "ports.json"))

    assert taken["cdn A"] == fixed
    with socket.create_server(("127.0.0.1", taken["cdn A"])):  # who has it still runs
        assert [second.take("site", owner) for owner in ("cdn A", "cdn B", "cdn C")] == [
            taken["cdn A"],
            taken["cdn C"],
            taken["cdn B"],
        ]
        assert second.take("site", "cdn D") not in taken.values()
