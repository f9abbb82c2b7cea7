"""What is deployed is read again when something was changed, and only then."""

from typing import Any

from scripts.local import REGION
from scripts.local.aws import process
from scripts.local.runtime.aws_client import Aws


class Counting:
    """Counts the calls of a client."""

    def __init__(self, aws: Aws, service: str) -> None:
        self.calls = 0
        aws.client(service).meta.events.register("before-call.*.*", self._count)

    def _count(self, **_: Any) -> None:
        self.calls += 1


async def test_an_answer_is_kept_until_somebody_changes_something(aws: Aws, endpoint: str) -> None:
    another = Aws(endpoint, REGION).client("ssm")
    counting = Counting(aws, "ssm")

    async def names() -> list[str]:
        found = await aws.collect("ssm", "describe_parameters")
        return [one["Name"] for one in found["Parameters"]]

    assert [await names(), await names(), counting.calls] == [[], [], 1]
    another.put_parameter(Name="/one", Value="1", Type="String")
    assert [await names(), await names(), counting.calls] == [["/one"], ["/one"], 2]
    assert (await aws.call("ssm", "get_parameter", Name="/one"))["Parameter"]["Value"] == "1"
    another.put_parameter(Name="/one", Value="2", Type="String", Overwrite=True)
    assert (await aws.call("ssm", "get_parameter", Name="/one"))["Parameter"]["Value"] == "2"


async def test_an_aws_that_does_not_tell_of_changes_is_asked_each_time() -> None:
    with process.running(module="moto.server") as endpoint:
        aws = Aws(endpoint, REGION)
        counting = Counting(aws, "ssm")
        for _ in range(3):
            await aws.collect("ssm", "describe_parameters")

    assert counting.calls == 3
