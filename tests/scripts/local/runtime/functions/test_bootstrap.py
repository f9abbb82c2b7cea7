"""Where AWS's runtime client cannot be installed, a small one of our own runs handlers the same way."""

import json
from pathlib import Path

import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.functions import lambda_runtime
from tests.scripts.local.runtime.functions.cloud import Cloud, closing_functions, running_functions

HANDLER = """
import os
def handler(event, context):
    if "raise" in event:
        raise ValueError(event["raise"])
    print("working")
    return {
        "event": event,
        "id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "milliseconds": context.get_remaining_time_in_millis(),
        "trace": os.environ["_X_AMZN_TRACE_ID"],
    }
"""


@pytest.fixture(autouse=True)
def _no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this machine be one without `awslambdaric`."""
    monkeypatch.setattr(lambda_runtime, "CLIENT", ("no-such-distribution",))


async def test_a_handler_is_told_the_same_and_answers_the_same(cloud: Cloud, context: Context) -> None:
    arn = cloud.deploy_function("echo", HANDLER)
    async with running_functions(context) as functions:
        invocations = [await functions.invoke("echo", b'{"order": 7}') for _ in range(2)]

    answer = json.loads(invocations[1].payload)
    assert invocations[1].error is None
    assert invocations[1].log == "working\n"
    assert 0 < answer.pop("milliseconds") <= 30_000
    assert answer.pop("trace").startswith("Root=1-")
    assert answer == {"event": {"order": 7}, "id": invocations[1].request_id, "arn": arn, "name": "echo"}


async def test_an_exception_is_answered_with_its_type_and_message(cloud: Cloud, context: Context) -> None:
    cloud.deploy_function("echo", HANDLER)
    async with running_functions(context) as functions:
        invocation = await functions.invoke("echo", b'{"raise": "no such order"}')

    document = json.loads(invocation.payload)
    assert invocation.error == "ValueError: no such order"
    assert document["requestId"] == invocation.request_id
    assert "handler.py" in "".join(document["stackTrace"])


async def test_a_module_that_cannot_be_imported_is_an_init_error(cloud: Cloud, context: Context) -> None:
    cloud.deploy_function("broken", "import no_such_module")
    async with closing_functions(context) as functions:
        await functions.reconcile()
        invocation = await functions.invoke("broken", b"{}")

    assert invocation.error == (
        "Runtime.ImportModuleError: Unable to import module 'handler': No module named 'no_such_module'"
    )


def test_the_runtime_folder_offers_the_client_only_where_it_is_whole(tmp_path: Path) -> None:
    assert lambda_runtime.build(tmp_path) == ("-m", "blueprint_bootstrap")
    assert {path.name for path in tmp_path.glob("*.py")} == {"blueprint_bootstrap.py", "six.py"}
