"""Batches of an SQS queue, for the functions that consume them; each names this package in its `bundle.toml`.

`Consumer` works a batch off message by message and says which are to be delivered again. While it works, the
messages stay hidden, however long it takes; what failed comes back after a while that grows with each
attempt, until the queue moves it to its dead-letter queue.
"""

from lambdas.queues.consumer import Consumer

__all__ = ["Consumer"]
