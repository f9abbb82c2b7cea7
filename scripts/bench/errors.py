"""What keeps a benchmark from measuring."""

from scripts.errors import UserError


class BenchError(UserError):
    """Something that a benchmark needs does not start, or answers with an error."""
