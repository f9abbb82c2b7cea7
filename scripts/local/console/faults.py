"""Faults that a node may have."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from scripts.local.console.model import Node
from scripts.local.faults.book import Kind


class Offer(NamedTuple):
    """A fault that the page offers: `seconds` is how long it lasts."""

    title: str
    kind: Kind
    target: str
    seconds: float


LATE = ("database", "replica", "cache")
SIGNED = ("app", "function")  # processes that call AWS
SERVICES = ("sqs", "kinesis", "events", "dynamodb")  # that can be refused


def of(node: Node, processes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the faults that can be done to a node, by the processes that stand for it now."""
    offers = [
        offer
        for process in processes
        if process["pid"]
        for offer in (
            Offer("Kill", "kill", process["name"], 0),
            Offer("Freeze for 30 s", "freeze", process["name"], 30),
            *(_of_role(process)),
        )
    ]
    if node.role == "replica" and node.id.startswith("arn:aws:rds:"):
        offers += [Offer("Lag for 60 s", "lag", process["name"], 60) for process in processes]
    if node.role == "primary" and node.id.startswith("arn:aws:rds:"):
        offers += [
            Offer("Fill its storage for 120 s", "fill", process["name"], 120)
            for process in processes
            if process["pid"]
        ]
    if node.described.get("Mappings"):
        offers.append(Offer("Feed nothing for 60 s", "pause", node.title, 60))
    if any(process["role"] == "function" for process in processes):
        troubles: tuple[tuple[str, Kind], ...] = (("Fail", "fail"), ("Hang", "hang"), ("Slow down", "slow"))
        offers += [Offer(f"{title} for 30 s", kind, node.title, 30) for title, kind in troubles]
    service = "dynamodb" if node.id.startswith("table-") else _service(node.id)
    if service in SERVICES:
        offers.append(Offer(f"Refuse calls of {service} for 30 s", "refuse", service, 30))
    return [offer._asdict() for offer in offers]


def _of_role(process: Mapping[str, Any]) -> list[Offer]:
    name, role = process["name"], process["role"]
    late = [Offer("Answer late for 30 s", "delay", name, 30)] if role in LATE else []
    expired = [Offer("Expire credentials for 30 s", "expire", name, 30)] if role in SIGNED else []
    return late + expired


def _service(arn: str) -> str:
    parts = arn.split(":")
    return parts[2] if len(parts) > 2 else ""
