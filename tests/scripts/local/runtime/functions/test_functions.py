"""Deployed functions run as Lambda runs them: real processes under AWS's own runtime client."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.functions import (
    FunctionNotFoundError,
    Functions,
    FunctionThrottledError,
    Invocation,
    pool,
)
from tests.scripts.local.runtime.functions.cloud import (
    BUCKET,
    Cloud,
    closing_functions,
    reconcile,
    running_functions,
)
from tests.waiting import until, until_async

ECHO = """
def handler(event, context):
    print("working on", event)
    return {"event": event, "arn": context.invoked_function_arn, "id": context.aws_request_id}
"""
ENVIRONMENT = """
import os, sys
def handler(event, context):
    return {
        "environment": dict(os.environ),
        "path": sys.path,
        "milliseconds": context.get_remaining_time_in_millis(),
        "memory": context.memory_limit_in_mb,
        "trace": os.environ["_X_AMZN_TRACE_ID"],
    }
"""
OBEY = """
import os, time, pathlib
calls = 0
def handler(event, context):
    global calls
    calls += 1
    if "say" in event:
        print(event["say"], flush=True)
    if "exit" in event:
        os._exit(event["exit"])
    if "raise" in event:
        raise ValueError(event["raise"])
    if "wait_for" in event:
        pathlib.Path(event["wait_for"] + f".{os.getpid()}").touch()
        while not pathlib.Path(event["wait_for"]).exists():
            time.sleep(0.01)
    return {"pid": os.getpid(), "calls": calls, "text": "x" * event.get("bytes", 0)}
"""


async def invoke(functions: Functions, name: str, **event: Any) -> Invocation:
    return await functions.invoke(name, json.dumps(event).encode())


async def answer(functions: Functions, name: str, **event: Any) -> Any:
    invocation = await invoke(functions, name, **event)
    assert invocation.error is None, invocation.error
    return json.loads(invocation.payload)


async def test_an_invocation_answers_what_the_handler_returns_and_what_it_logged(
    cloud: Cloud, context: Context
) -> None:
    arn = cloud.deploy_function("echo", ECHO)
    async with running_functions(context) as functions:
        invocation = await functions.invoke("echo", b'{"order": 7}')

    answer = json.loads(invocation.payload)
    assert invocation.error is None
    assert answer == {"event": {"order": 7}, "arn": arn, "id": invocation.request_id}
    assert invocation.log == "working on {'order': 7}\n"


async def test_a_function_is_found_by_its_name_and_by_its_arn_with_any_qualifier(
    cloud: Cloud, context: Context
) -> None:
    arn = cloud.deploy_function("echo", ECHO)
    async with running_functions(context) as functions:
        for name in ("echo", "echo:live", arn, f"{arn}:$LATEST", f"{arn}:3", "123456789012:function:echo"):
            assert (await answer(functions, name))["event"] == {}


async def test_invoking_what_is_not_deployed_names_what_is(cloud: Cloud, context: Context) -> None:
    cloud.deploy_function("echo", ECHO)
    async with running_functions(context) as functions:
        with pytest.raises(FunctionNotFoundError, match=r"not found: orders\. Deployed are: echo\."):
            await functions.invoke("orders", b"{}")


async def test_the_environment_is_lambdas_with_the_functions_variables_at_local_addresses(
    cloud: Cloud, context: Context
) -> None:
    context.addresses.publish("db.example.rds.amazonaws.com:5432", "127.0.0.1:20001")
    variables = {"DATABASE_WRITER": "db.example.rds.amazonaws.com:5432", "AWS_REGION": "nowhere"}
    cloud.deploy_function("echo", ENVIRONMENT, Environment={"Variables": variables}, MemorySize=512)
    async with running_functions(context) as functions:
        told = await answer(functions, "echo")

    environment = told["environment"]
    assert environment["DATABASE_WRITER"] == "127.0.0.1:20001"
    assert environment["AWS_ENDPOINT_URL"] == cloud.endpoint
    assert environment["AWS_REGION"] == "us-east-1"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "echo"
    assert environment["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert environment["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/echo"
    assert environment["_HANDLER"] == "handler.handler"
    assert environment["TZ"] == ":UTC"
    assert "HOME" not in environment, "nothing of this machine leaks in"
    assert told["memory"] == "512"
    assert 0 < told["milliseconds"] <= 30_000
    assert told["trace"].startswith("Root=1-")
    assert told["path"][0] == environment["LAMBDA_TASK_ROOT"]


async def test_a_process_sees_its_zip_and_what_aws_runtime_has_and_nothing_else(
    cloud: Cloud, context: Context
) -> None:
    source = {
        "handler.py": """
            import importlib.metadata, importlib.util
            import boto3, botocore, dateutil, jmespath, s3transfer, six, urllib3
            import own
            def handler(event, context):
                names = ["fastapi", "moto", "pytest", "pip", "setuptools"]
                return {
                    "found": [name for name in names if importlib.util.find_spec(name)],
                    "own": own.VALUE,
                    "boto3": importlib.metadata.version("boto3"),
                }
        """,
        "own.py": "VALUE = 42",
    }
    cloud.deploy_function("imports", source)
    async with running_functions(context) as functions:
        told = await answer(functions, "imports")

    assert told["found"] == []
    assert told["own"] == 42
    assert told["boto3"]


async def test_a_requirement_missing_in_the_zip_is_an_init_error_of_each_invocation(
    cloud: Cloud, context: Context
) -> None:
    cloud.deploy_function("broken", "import fastapi")
    async with closing_functions(context) as functions:
        assert await functions.reconcile() is False
        first = await invoke(functions, "broken")
        second = await invoke(functions, "broken")
        with pytest.raises(LocalRuntimeError, match=r"broken cannot be loaded: .*'fastapi'"):
            await functions.reconcile()

    message = "Runtime.ImportModuleError: Unable to import module 'handler': No module named 'fastapi'"
    assert first.error == second.error == message
    assert json.loads(first.payload)["errorType"] == "Runtime.ImportModuleError"


async def test_a_process_that_dies_while_it_loads_the_function_is_an_error_too(
    cloud: Cloud, context: Context
) -> None:
    cloud.deploy_function("broken", "import os; os._exit(7)")
    async with closing_functions(context) as functions:
        await functions.reconcile()
        pending = asyncio.create_task(invoke(functions, "broken"))
        await until(lambda: context.supervisor.statuses()[0].state == "failed")
        with pytest.raises(LocalRuntimeError, match="ended with exit code 7"):
            await functions.reconcile()
        error = (await pending).error

    assert error == "Runtime.ExitError: Runtime exited while it loaded the function: ended with exit code 7"


async def test_an_exception_of_the_handler_is_an_error_with_its_type_message_and_trace(
    cloud: Cloud, context: Context
) -> None:
    cloud.deploy_function("obey", OBEY)
    async with running_functions(context) as functions:
        invocation = await invoke(functions, "obey", **{"raise": "no such order"})
        calls = (await answer(functions, "obey"))["calls"]

    document = json.loads(invocation.payload)
    assert invocation.error == "ValueError: no such order"
    assert document["requestId"] == invocation.request_id
    assert 'raise ValueError(event["raise"])' in "".join(document["stackTrace"])
    assert "[ERROR] ValueError: no such order" in invocation.log
    assert calls == 2, "the process lives on"


async def test_a_handler_that_takes_too_long_is_killed_and_replaced(
    cloud: Cloud, context: Context, tmp_path: Path
) -> None:
    cloud.deploy_function("obey", OBEY, Timeout=1)
    async with running_functions(context) as functions:
        first = await answer(functions, "obey")
        invocation = await invoke(functions, "obey", wait_for=str(tmp_path / "never"))
        second = await answer(functions, "obey")

    assert invocation.error == (
        f"Sandbox.Timedout: RequestId: {invocation.request_id} Error: Task timed out after 1.00 seconds"
    )
    assert second["pid"] != first["pid"]
    assert second["calls"] == 1


async def test_a_process_that_ends_while_it_works_is_an_error_and_is_replaced(
    cloud: Cloud, context: Context
) -> None:
    cloud.deploy_function("obey", OBEY)
    async with running_functions(context) as functions:
        first = await answer(functions, "obey")
        invocation = await invoke(functions, "obey", exit=3)
        second = await answer(functions, "obey")

    assert str(invocation.error).startswith("Runtime.ExitError: RequestId: ")
    assert "Runtime exited" in str(invocation.error)
    assert second["pid"] != first["pid"]


async def test_a_process_killed_while_idle_is_replaced_without_a_lost_invocation(
    cloud: Cloud, context: Context
) -> None:
    cloud.deploy_function("obey", OBEY)
    async with running_functions(context) as functions:
        first = await answer(functions, "obey")
        os.kill(first["pid"], signal.SIGKILL)
        await until(lambda: context.supervisor.statuses()[0].pid != first["pid"])
        second = await answer(functions, "obey")

    assert second["pid"] != first["pid"]


async def test_requests_run_side_by_side_up_to_the_reserved_concurrency_and_then_wait(
    cloud: Cloud, context: Context, tmp_path: Path
) -> None:
    cloud.deploy_function("obey", OBEY)
    cloud.client("lambda").put_function_concurrency(FunctionName="obey", ReservedConcurrentExecutions=2)
    release = tmp_path / "release"
    async with running_functions(context) as functions:
        assert len(context.supervisor.statuses()) == 1, "one is started ahead"
        pending = [asyncio.create_task(invoke(functions, "obey", wait_for=str(release))) for _ in range(3)]
        await until(lambda: len(list(tmp_path.glob("release.*"))) == 2)
        names = [status.name for status in context.supervisor.statuses()]
        release.touch()
        results = await asyncio.gather(*pending)

    assert names == ["function-obey-0", "function-obey-1"]
    assert [result.error for result in results] == [None] * 3
    assert len({json.loads(result.payload)["pid"] for result in results}) == 2


async def test_a_request_that_finds_no_free_process_for_long_is_throttled(
    cloud: Cloud, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.deploy_function("obey", OBEY)
    cloud.client("lambda").put_function_concurrency(FunctionName="obey", ReservedConcurrentExecutions=1)
    release = tmp_path / "release"
    async with running_functions(context) as functions:
        pending = asyncio.create_task(invoke(functions, "obey", wait_for=str(release)))
        await until(lambda: list(tmp_path.glob("release.*")))
        # Only this request is impatient: a process that has answered needs a moment before it takes the next.
        with monkeypatch.context() as impatient:
            impatient.setattr(pool, "START_PATIENCE", 0.05)
            with pytest.raises(FunctionThrottledError, match="all 1 are busy"):
                await invoke(functions, "obey")
        release.touch()
        assert (await pending).error is None
        assert (await answer(functions, "obey"))["calls"] == 2, "nothing was left over for it"


async def test_a_request_that_waits_when_its_function_is_deleted_ends_with_an_error(
    cloud: Cloud, context: Context, tmp_path: Path
) -> None:
    cloud.deploy_function("obey", OBEY)
    cloud.client("lambda").put_function_concurrency(FunctionName="obey", ReservedConcurrentExecutions=1)
    async with running_functions(context) as functions:
        working = asyncio.create_task(invoke(functions, "obey", wait_for=str(tmp_path / "never")))
        await until(lambda: list(tmp_path.glob("never.*")))
        waiting = asyncio.create_task(invoke(functions, "obey"))
        await asyncio.sleep(0)
        cloud.client("lambda").delete_function(FunctionName="obey")
        await functions.reconcile()
        errors = [str((await one).error) for one in (working, waiting)]

    assert all(error.startswith("Runtime.ExitError") for error in errors)
    assert context.supervisor.statuses() == []


async def test_an_additional_process_ends_after_it_was_idle_for_long(
    cloud: Cloud, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.deploy_function("obey", OBEY)
    release = tmp_path / "release"
    async with running_functions(context) as functions:
        pending = [asyncio.create_task(invoke(functions, "obey", wait_for=str(release))) for _ in range(2)]
        await until(lambda: len(list(tmp_path.glob("release.*"))) == 2)
        release.touch()
        await asyncio.gather(*pending)
        monkeypatch.setattr(pool, "KEEP_IDLE", 0)
        await until_reconciled(functions, lambda: len(context.supervisor.statuses()) == 1)
        assert (await answer(functions, "obey"))["pid"]


async def test_new_code_replaces_the_processes_once_they_are_idle(
    cloud: Cloud, context: Context, tmp_path: Path
) -> None:
    cloud.deploy_function("obey", OBEY)
    release = tmp_path / "release"
    async with running_functions(context) as functions:
        pending = asyncio.create_task(answer(functions, "obey", wait_for=str(release)))
        await until(lambda: list(tmp_path.glob("release.*")))
        cloud.update_code("obey", "def handler(event, context): return 'new'")
        await functions.reconcile()
        release.touch()
        assert (await pending)["calls"] == 1, "what it worked on came to its end"
        await reconcile(functions)
        assert await answer(functions, "obey") == "new"


async def test_an_address_that_moved_reaches_the_function(cloud: Cloud, context: Context) -> None:
    context.addresses.publish("db.example.com:5432", "127.0.0.1:20001")
    variables = {"DATABASE_WRITER": "db.example.com:5432"}
    cloud.deploy_function("echo", ENVIRONMENT, Environment={"Variables": variables})
    async with running_functions(context) as functions:
        context.addresses.publish("db.example.com:5432", "127.0.0.1:20002")
        await reconcile(functions)
        told = await answer(functions, "echo")

    assert told["environment"]["DATABASE_WRITER"] == "127.0.0.1:20002"


async def test_a_deleted_function_is_ended(cloud: Cloud, context: Context) -> None:
    cloud.deploy_function("echo", ECHO)
    async with running_functions(context) as functions:
        cloud.client("lambda").delete_function(FunctionName="echo")
        assert await functions.reconcile() is True
        assert context.supervisor.statuses() == []


async def test_an_invocation_goes_on_when_its_caller_gave_up(
    cloud: Cloud, context: Context, tmp_path: Path
) -> None:
    cloud.deploy_function("obey", OBEY)
    release = tmp_path / "release"
    async with running_functions(context) as functions:
        pending = asyncio.create_task(invoke(functions, "obey", wait_for=str(release)))
        await until(lambda: list(tmp_path.glob("release.*")))
        pending.cancel()
        release.touch()
        assert (await answer(functions, "obey"))["calls"] == 2


async def test_payloads_are_bounded_as_on_lambda(cloud: Cloud, context: Context) -> None:
    cloud.deploy_function("obey", OBEY)
    async with running_functions(context) as functions:
        asked = await invoke(functions, "obey", text="x" * 7_000_000)
        answered = await invoke(functions, "obey", bytes=7_000_000)
        within = await invoke(functions, "obey", bytes=6_000_000)

    assert str(asked.error).startswith("RequestEntityTooLargeException")
    assert str(answered.error).startswith("Function.ResponseSizeTooLarge")
    assert within.error is None


async def test_the_log_of_an_invocation_is_its_own_and_its_last_four_kilobytes(
    cloud: Cloud, context: Context
) -> None:
    cloud.deploy_function("obey", OBEY)
    async with running_functions(context) as functions:
        long = await invoke(functions, "obey", say="x" * 9_000 + "end")
        short = await invoke(functions, "obey", say="short")

    assert len(long.log) == 4_096
    assert long.log.endswith("end\n")
    assert short.log == "short\n"


async def test_code_that_changed_in_its_bucket_after_the_deploy_is_refused(
    cloud: Cloud, context: Context
) -> None:
    cloud.deploy_function("echo", ECHO)
    cloud.client("s3").put_object(Bucket=BUCKET, Key="echo/code.zip", Body=b"something else")
    async with closing_functions(context) as functions:
        with pytest.raises(LocalRuntimeError, match=r"code/echo/code\.zip has another checksum"):
            await functions.reconcile()


async def test_a_function_of_another_runtime_is_named_and_the_others_run(
    cloud: Cloud, context: Context
) -> None:
    cloud.deploy_function("echo", ECHO)
    cloud.deploy_function("script", ECHO, Runtime="nodejs22.x")
    async with closing_functions(context) as functions:
        with pytest.raises(LocalRuntimeError, match=r"script runs nodejs22\.x"):
            await functions.reconcile()
        assert (await answer(functions, "echo"))["event"] == {}


async def test_a_program_in_the_zip_stays_executable(context: Context, cloud: Cloud) -> None:
    source = {
        "handler.py": """
            import subprocess
            def handler(event, context):
                return subprocess.run(["./tool"], capture_output=True, text=True, check=True).stdout
        """,
        "tool": "#!/bin/sh\necho made it\n",
    }
    cloud.deploy_function("tool", source)
    async with running_functions(context) as functions:
        assert await answer(functions, "tool") == "made it\n"


async def until_reconciled(functions: Functions, condition: Any) -> None:
    """Reconcile until the condition holds."""

    async def holds() -> Any:
        await functions.reconcile()
        return condition()

    await until_async(holds)


async def test_a_function_suffers_what_it_is_made_to_and_then_works_again(
    cloud: Cloud, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "SLOW", 0.3)
    cloud.deploy_function("shop-echo", ECHO, Timeout=1)
    async with running_functions(context) as functions:
        assert functions.trouble("echo", "fail") == ["shop-echo"]
        failed = await invoke(functions, "shop-echo")
        functions.trouble("echo", "hang")
        hung = await invoke(functions, "shop-echo")
        functions.trouble("echo", "slow")
        began = asyncio.get_running_loop().time()
        assert (await answer(functions, "shop-echo"))["event"] == {}
        assert asyncio.get_running_loop().time() - began >= 0.3
        functions.trouble("echo", None)
        assert (await answer(functions, "shop-echo"))["event"] == {}
        with pytest.raises(FunctionNotFoundError, match="Function not found: nobody"):
            functions.trouble("nobody", "fail")

    assert failed.error == "FailureOnPurpose: blueprint local fault fail"
    assert (hung.error or "").startswith("Sandbox.Timedout: RequestId:")
    assert (hung.error or "").endswith("Task timed out after 1.00 seconds")
