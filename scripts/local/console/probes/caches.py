"""What Redis says of itself."""

import asyncio
from collections.abc import Mapping

import redis.asyncio as redis
from redis.exceptions import RedisError

PATIENCE = 1.0  # seconds


class Caches:
    """Holds a connection to each server."""

    def __init__(self) -> None:
        self._servers: dict[str, redis.Redis] = {}

    async def measure(self, places: Mapping[str, str]) -> dict[str, dict[str, float]]:
        """Return what each does a second, holds and hits, by node; `places` are each `host:port`."""
        for gone in self._servers.keys() - set(places.values()):
            await self._servers.pop(gone).aclose()
        answers = await asyncio.gather(*(self._ask(place) for place in places.values()))
        return {node: figures(answer) for node, answer in zip(places, answers, strict=True) if answer}

    async def close(self) -> None:
        """Close all connections."""
        for server in self._servers.values():
            await server.aclose()

    async def _ask(self, place: str) -> Mapping[str, float]:
        if place not in self._servers:
            host, _, port = place.rpartition(":")
            self._servers[place] = redis.Redis(
                host=host, port=int(port), socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
            )
        try:
            answer: Mapping[str, float] = await self._servers[place].info()
        except (RedisError, OSError):
            return {}
        return answer


def figures(info: Mapping[str, float]) -> dict[str, float]:
    """Return the figures in an answer of INFO."""
    hits, misses = info["keyspace_hits"], info["keyspace_misses"]
    found = {
        "operations": float(info["instantaneous_ops_per_sec"]),
        "memory": float(info["used_memory"]),
        "connections": float(info["connected_clients"]),
    }
    if hits + misses:
        found["hits"] = hits / (hits + misses)
    return found
