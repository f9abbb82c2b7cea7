"""RDS instances as real PostgreSQL servers: primaries, and read replicas that stream from them."""

from scripts.local.runtime.databases.controller import Databases

__all__ = ["Databases"]
