"""Mappings of queues as they change, lose their function or queue, and end with the runtime."""

from pathlib import Path

import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.mappings import Mappings
from tests.scripts.local.runtime.functions.cloud import Cloud, running_functions
from tests.scripts.local.runtime.mappings.conftest import Connect
from tests.scripts.local.runtime.mappings.consumer import Consumer, following, settle
from tests.scripts.local.runtime.mappings.queues import Queue
from tests.waiting import until


async def test_a_mapping_that_is_moved_feeds_the_other_function(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect, tmp_path: Path
) -> None:
    queue = Queue(cloud)
    mapping = connect(queue, consumer)
    other = Consumer(cloud, tmp_path, "other")
    async with following(context) as mappings:
        queue.send("first")
        await until(lambda: queue.is_empty)
        cloud.client("lambda").update_event_source_mapping(UUID=mapping, FunctionName="other")
        await settle(mappings)
        queue.send("second")
        await until(lambda: queue.is_empty)

    assert (consumer.items, other.items) == (["first"], ["second"])


async def test_a_deleted_mapping_finishes_what_it_began_and_takes_nothing_more(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    queue = Queue(cloud)
    mapping = connect(queue, consumer)
    async with following(context) as mappings:
        queue.send("hold")
        await until(lambda: consumer.events)
        cloud.client("lambda").delete_event_source_mapping(UUID=mapping)
        assert await mappings.reconcile() is False, "it is not done yet"
        consumer.release()
        await settle(mappings)
        assert queue.is_empty
        queue.send("never taken")
        assert queue.visible == 1


async def test_nothing_is_taken_while_the_function_is_not_there(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    queue = Queue(cloud)
    connect(queue, consumer)
    async with running_functions(context) as functions:
        cloud.client("lambda").delete_function(FunctionName=consumer.name)
        await functions.reconcile()
        mappings = Mappings(context, functions)
        with pytest.raises(LocalRuntimeError, match="waits for its function"):
            await mappings.reconcile()
        queue.send("kept")
        assert queue.visible == 1
        await mappings.close()


async def test_a_queue_that_is_gone_is_a_problem_that_names_it(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    queue = Queue(cloud)
    connect(queue, consumer)
    cloud.client("sqs").delete_queue(QueueUrl=queue.url)
    async with following(context) as mappings:
        await until(lambda: any(poller.problem for poller in mappings._pollers.values()))
        with pytest.raises(LocalRuntimeError, match=queue.name):
            await mappings.reconcile()


async def test_the_end_of_the_runtime_waits_neither_for_polls_nor_for_slow_functions(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    queue = Queue(cloud, VisibilityTimeout="300")
    connect(queue, consumer)
    async with following(context):
        queue.send("hold")
        await until(lambda: consumer.events)

    assert queue.in_flight == 1, "it comes back after its visibility timeout"
