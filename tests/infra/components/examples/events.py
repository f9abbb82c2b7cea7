"""Examples of the components of events."""

from collections.abc import Mapping

from infra.components import email_identity, queue, stream
from tests.infra.components.examples.example import Example

EXAMPLES: Mapping[type, Example] = {
    email_identity.EmailIdentityArgs: Example(
        make=lambda args: email_identity.EmailIdentity("it", args),
        args=lambda: email_identity.EmailIdentityArgs(sender="a@example.com"),
    ),
    queue.QueueArgs: Example(
        make=lambda args: queue.Queue("it", args),
        args=lambda: queue.QueueArgs(visibility_timeout=30, max_receives=5, retention_days=4),
    ),
    stream.StreamArgs: Example(
        make=lambda args: stream.Stream("it", args),
        args=lambda: stream.StreamArgs(shards=1, retention_hours=24),
    ),
}
