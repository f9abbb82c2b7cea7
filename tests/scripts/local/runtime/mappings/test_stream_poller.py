"""Mappings of streams across restarts of the runtime."""

from scripts.local.runtime.context import Context
from tests.scripts.local.runtime.functions.cloud import Cloud, running_functions
from tests.scripts.local.runtime.mappings.conftest import Connect
from tests.scripts.local.runtime.mappings.consumer import Consumer, followed_by
from tests.scripts.local.runtime.mappings.progress import checkpoint
from tests.scripts.local.runtime.mappings.streams import Stream
from tests.waiting import until


async def test_a_restart_resumes_at_the_checkpoint_without_loss_or_repetition(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    stream = Stream(cloud)
    mapping = connect(stream, consumer)
    stream.put("abc")
    async with running_functions(context) as functions:
        async with followed_by(context, functions):
            await until(lambda: checkpoint(context, mapping) == "3")
        stream.put("de")
        async with followed_by(context, functions):
            await until(lambda: len(consumer.items) == 5)

    assert consumer.items == list("abcde")
