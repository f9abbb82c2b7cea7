"""What takes minutes by the deployed settings, and seconds in a drill: time-outs and retries."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from scripts.drill.stack import Consumer, Stack

TIMEOUT = 15  # seconds that a consumer has for a batch; deployed are 30
VISIBILITY = 18  # seconds until the messages of one that died come back; deployed are 180


@contextmanager
def hastened(stack: Stack, consumers: Sequence[Consumer]) -> Iterator[None]:
    """Shorten the waits until the block ends, as an operator could."""
    functions, sqs = stack.client("lambda"), stack.sqs
    timeouts = {one.function: _timeout(functions, one.function) for one in consumers}
    visibilities = {one.queue: stack.attributes(one.queue)["VisibilityTimeout"] for one in consumers}
    try:
        for function in timeouts:
            functions.update_function_configuration(FunctionName=function, Timeout=TIMEOUT)
        for queue in visibilities:
            sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": str(VISIBILITY)})
        yield
    finally:
        stack.end_refusals()
        for function, timeout in timeouts.items():
            functions.update_function_configuration(FunctionName=function, Timeout=timeout)
        for queue, visibility in visibilities.items():
            sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": visibility})


def _timeout(functions: Any, name: str) -> int:
    timeout: int = functions.get_function_configuration(FunctionName=name)["Timeout"]
    return timeout
