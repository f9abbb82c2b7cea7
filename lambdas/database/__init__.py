"""The PostgreSQL connection of the functions that need one; each names this package in its `bundle.toml`.

No pool and no ORM: a Lambda execution environment serves one invocation at a time; one connection will do.
"""

from lambdas.database.connection import Credentials, Database

__all__ = ["Credentials", "Database"]
