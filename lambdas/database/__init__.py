"""The PostgreSQL connections of the functions that need them; each names this package in its `bundle.toml`.

No pool and no ORM: a Lambda execution environment serves one invocation at a time; one connection to a server
will do.
"""

from lambdas.database.connection import Credentials, Database, Run
from lambdas.database.shards import Shards

__all__ = ["Credentials", "Database", "Run", "Shards"]
