"""How the queues are doing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scripts.queues.errors import QueuesError
from scripts.reach import Reach

AGE = "ApproximateAgeOfOldestMessage"
LOOK_BACK = timedelta(minutes=15)  # SQS tells CloudWatch each minute, with some delay
PERIOD = 60  # seconds of one value
QUERIES = 500  # of one GetMetricData (Amazon CloudWatch API Reference)


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A queue. `source` is the name of the queue whose dead letters it holds, where it does.

    Messages: `waiting` can be received, `in_flight` were and are not deleted, `delayed` come later. `oldest`
    is the age of the oldest in seconds, None where CloudWatch does not say.
    """

    name: str
    url: str
    arn: str
    is_fifo: bool
    waiting: int
    in_flight: int
    delayed: int
    dead_letter_arn: str
    max_receives: int | None
    source: str
    oldest: float | None


def queues(reach: Reach) -> list[Queue]:
    """Return all queues of the account and region by name; each one's dead letters stand behind it."""
    urls = [url for page in _pages(reach) for url in page.get("QueueUrls", [])]
    attributes = {url: _attributes(reach, url) for url in urls}
    ages = _ages(reach, [_name(url) for url in urls])
    targets = {url: json.loads(found.get("RedrivePolicy", "{}")) for url, found in attributes.items()}
    sources = {policy["deadLetterTargetArn"]: _name(url) for url, policy in targets.items() if policy}
    found = [
        Queue(
            name=_name(url),
            url=url,
            arn=told["QueueArn"],
            is_fifo=url.endswith(".fifo"),
            waiting=int(told["ApproximateNumberOfMessages"]),
            in_flight=int(told["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(told["ApproximateNumberOfMessagesDelayed"]),
            dead_letter_arn=targets[url].get("deadLetterTargetArn", ""),
            max_receives=int(targets[url]["maxReceiveCount"]) if targets[url] else None,
            source=sources.get(told["QueueArn"], ""),
            oldest=ages.get(_name(url)),
        )
        for url, told in attributes.items()
    ]
    return sorted(found, key=lambda queue: (queue.source or queue.name, bool(queue.source)))


def chosen(found: Sequence[Queue], name: str) -> tuple[Queue, Queue | None]:
    """Return the queue that holds the dead letters which a name means, and the queue that they came from.

    The name is that of either queue, or a part that only these two have.

    Raises:
        QueuesError: no queue is called so, or several are, or the queue has no dead letters.
    """
    exact = [queue for queue in found if queue.name == name]
    alike = exact or [queue for queue in found if name in queue.name]
    by_arn = {queue.arn: queue for queue in found}
    meant = {queue.dead_letter_arn or queue.arn for queue in alike}
    if not meant:
        known = ", ".join(queue.name for queue in found) or "none"
        raise QueuesError(f"no queue is called {name!r}. There are: {known}.")
    if len(meant) > 1:
        raise QueuesError(
            f"{name!r} means {', '.join(queue.name for queue in alike)}: give more of the name."
        )
    dead = by_arn.get(meant.pop())
    if dead is None:
        raise QueuesError(f"the dead-letter queue of {alike[0].name} is not in this account and region.")
    return dead, next((queue for queue in found if queue.dead_letter_arn == dead.arn), None)


def _pages(reach: Reach) -> Iterator[dict[str, list[str]]]:
    yield from reach.client("sqs").get_paginator("list_queues").paginate(PaginationConfig={"PageSize": 1000})


def _attributes(reach: Reach, url: str) -> dict[str, str]:
    found: dict[str, str] = reach.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
        "Attributes"
    ]
    return found


def _ages(reach: Reach, names: Sequence[str]) -> dict[str, float]:
    """Return how old the oldest message of each queue was when SQS last told."""
    now = datetime.now(UTC)
    found: dict[str, float] = {}
    for start in range(0, len(names), QUERIES):
        part = names[start : start + QUERIES]
        metrics = [
            {
                "Namespace": "AWS/SQS",
                "MetricName": AGE,
                "Dimensions": [{"Name": "QueueName", "Value": name}],
            }
            for name in part
        ]
        queries = [
            {"Id": f"q{number}", "MetricStat": {"Metric": metric, "Period": PERIOD, "Stat": "Maximum"}}
            for number, metric in enumerate(metrics)
        ]
        answer = reach.client("cloudwatch").get_metric_data(
            MetricDataQueries=queries,
            StartTime=now - LOOK_BACK,
            EndTime=now + timedelta(seconds=PERIOD),  # the period that has begun is told, too
            ScanBy="TimestampDescending",
        )
        for result in answer["MetricDataResults"]:
            if result["Values"]:
                found[part[int(result["Id"][1:])]] = float(result["Values"][0])
    return found


def _name(url: str) -> str:
    return url.rpartition("/")[2]
