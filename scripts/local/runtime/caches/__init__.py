"""ElastiCache replication groups as real Redis servers, whose replicas take over from their primaries."""

from scripts.local.runtime.caches.controller import Caches

__all__ = ["Caches"]
