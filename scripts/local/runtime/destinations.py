"""Where Lambda sends what it gave up: the failure destinations of mappings and of functions."""

import datetime

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.errors import LocalRuntimeError


async def send(aws: Aws, destination: str, document: str) -> None:
    """Send the document to the queue or topic with that ARN; raises `LocalRuntimeError` for others."""
    service, name = destination.split(":")[2], destination.rsplit(":", maxsplit=1)[-1]
    if service == "sqs":
        url = (await aws.call("sqs", "get_queue_url", QueueName=name))["QueueUrl"]
        await aws.call("sqs", "send_message", QueueUrl=url, MessageBody=document)
    elif service == "sns":
        await aws.call("sns", "publish", TopicArn=destination, Message=document)
    else:
        raise LocalRuntimeError(
            f"The failure destination {destination} is neither a queue nor a topic, which is all that this"
            " machine sends to."
        )


def timestamp(seconds: float) -> str:
    """Write a Unix time as the documents for destinations do."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
