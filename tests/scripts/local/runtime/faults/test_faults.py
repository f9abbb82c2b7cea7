"""Faults strike what they are to, are told, and end."""

import contextlib
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil
import pytest
from botocore.exceptions import ClientError

from scripts.local import environment
from scripts.local.faults.book import Book, FaultError
from scripts.local.runtime.context import Context
from scripts.local.runtime.databases import Databases
from scripts.local.runtime.faults import Faults
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.supervisor import ProcessSpec
from tests.waiting import until

SLEEPER = "shop-i-1"
KEY = "local-shop"


@pytest.fixture
async def faults(context: Context) -> AsyncIterator[Faults]:
    """Faults, and a process that they may be done to."""
    spec = ProcessSpec(
        name=SLEEPER,
        role="app",
        command=[sys.executable, "-c", "import time; time.sleep(600)"],
        directory=Path.cwd(),
        environment={"AWS_ACCESS_KEY_ID": KEY},
        restart_delay=0.1,
    )
    await context.supervisor.ensure(spec)
    await until(lambda: context.supervisor.pid(SLEEPER) is not None)
    found = Faults(context, Databases(context), Functions(context))
    yield found
    await found.close()


def pid(context: Context) -> int:
    found = context.supervisor.pid(SLEEPER)
    assert found is not None
    return found


def sentences(context: Context) -> list[str]:
    return [event.sentence for event in context.timeline.events() if event.kind == "fault"]


async def test_a_process_is_killed_once_and_told(context: Context, faults: Faults) -> None:
    victim = pid(context)
    book = Book(context.state)
    fault = book.ask("kill", "app", 0)

    await faults.reconcile()
    book.await_begin(fault)
    await until(lambda: context.supervisor.pid(SLEEPER) not in (None, victim))
    back = pid(context)
    await faults.reconcile()

    assert not psutil.pid_exists(victim)
    assert pid(context) == back
    assert book.faults() == []
    assert sentences(context) == [f"killed: {SLEEPER}"]


async def test_a_frozen_process_goes_on_when_the_time_is_over(context: Context, faults: Faults) -> None:
    book = Book(context.state)
    fault = book.ask("freeze", "shop-*", 60)
    await faults.reconcile()
    book.await_begin(fault)
    await until(lambda: psutil.Process(pid(context)).status() == psutil.STATUS_STOPPED)

    book.heal()
    await faults.reconcile()

    await until(lambda: psutil.Process(pid(context)).status() != psutil.STATUS_STOPPED)
    assert sentences(context) == [f"stands still for 60 s: {SLEEPER}", f"goes on: {SLEEPER}"]


async def test_what_goes_on_when_the_runtime_ends_is_ended(context: Context, faults: Faults) -> None:
    Book(context.state).ask("freeze", SLEEPER, 60)
    await faults.reconcile()

    await faults.close()

    await until(lambda: psutil.Process(pid(context)).status() != psutil.STATUS_STOPPED)
    assert Book(context.state).faults() == []


async def test_what_an_earlier_runtime_left_is_forgotten(context: Context, faults: Faults) -> None:
    book = Book(context.state)
    book.write(replace(book.ask("freeze", SLEEPER, 60), begun_at=time.time()))

    await faults.reconcile()

    assert book.faults() == []
    assert psutil.Process(pid(context)).status() != psutil.STATUS_STOPPED


async def test_a_fault_that_goes_on_when_another_runtime_takes_over_ends_in_time_and_begins_once(
    context: Context, faults: Faults
) -> None:
    book = Book(context.state)
    fault = book.ask("freeze", "app", 60)
    await faults.reconcile()
    await until(lambda: psutil.Process(pid(context)).status() == psutil.STATUS_STOPPED)

    context.takes_over = True
    successor = Faults(context, Databases(context), Functions(context))
    await successor.reconcile()
    assert [one.id for one in book.faults()] == [fault.id]
    book.heal()
    await successor.reconcile()

    await until(lambda: psutil.Process(pid(context)).status() != psutil.STATUS_STOPPED)
    assert book.faults() == []
    assert sentences(context) == [f"stands still for 60 s: {SLEEPER}", f"goes on: {SLEEPER}"]


@pytest.mark.parametrize(
    ("kind", "target", "problem"),
    [
        ("pause", "nobody", "No mapping that is on feeds a function called 'nobody'. There are: none."),
        (
            "refuse",
            "nosuch",
            "There is no service 'nosuch': write it as boto3 does, such as sqs or dynamodb.",
        ),
        ("kill", "database", "No process that runs is called 'database'. There are: shop-i-1."),
        ("lag", SLEEPER, "shop-i-1 is no database."),
        ("fill", SLEEPER, "shop-i-1 is no primary that serves. There are: none."),
        ("hang", "nobody", "Function not found: nobody. Deployed are: none."),
    ],
)
async def test_what_cannot_be_done_is_told_to_who_asked(
    context: Context, faults: Faults, kind: str, target: str, problem: str
) -> None:
    book = Book(context.state)
    fault = book.ask(kind, target, 5)  # type: ignore[arg-type] # pytest's parameters have no literal types
    await faults.reconcile()

    with pytest.raises(FaultError) as raised:
        book.await_begin(fault)
    assert str(raised.value) == problem
    assert book.faults() == []


async def described(context: Context) -> dict[str, Any]:
    """Return what the local AWS says of its faults."""
    async with httpx.AsyncClient(base_url=context.aws.endpoint) as client:
        found: dict[str, Any] = (await client.get("/_blueprint/faults")).json()
        return found


async def test_aws_refuses_calls_until_that_is_healed(context: Context, faults: Faults) -> None:
    book = Book(context.state)
    fault = book.ask("refuse", "kinesis", 60)
    await faults.reconcile()
    book.await_begin(fault)
    stream = context.aws.client("kinesis")

    for _ in range(4):
        with contextlib.suppress(ClientError):
            stream.list_streams()
    told = await described(context)
    book.heal()
    await faults.reconcile()
    healed = await described(context)

    assert told["refused"]["kinesis.ListStreams"] >= 2
    assert [one["service"] for one in told["faults"]] == ["kinesis"]
    assert healed["faults"] == []
    assert sentences(context)[-1] == "AWS takes all calls of kinesis again"


async def test_credentials_expire_for_who_has_them_alone_and_are_valid_again(
    context: Context, faults: Faults
) -> None:
    book = Book(context.state)
    fault = book.ask("expire", SLEEPER, 60)
    await faults.reconcile()
    book.await_begin(fault)
    told = environment(context.aws.endpoint, "shop")
    session = boto3.Session(told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"])
    queues = session.client("sqs", endpoint_url=context.aws.endpoint, region_name=told["AWS_REGION"])

    with pytest.raises(ClientError) as refused:
        queues.list_queues()
    await context.aws.call("sqs", "list_queues")
    book.heal()
    await faults.reconcile()
    queues.list_queues()

    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )
    assert sentences(context) == [
        f"has expired credentials for 60 s: {KEY}",
        f"has valid credentials again: {SLEEPER}",
    ]


async def test_a_process_that_is_late_stands_still_again_and_again_until_it_is_healed(
    context: Context, faults: Faults
) -> None:
    book = Book(context.state)
    fault = book.ask("delay", SLEEPER, 60)
    await faults.reconcile()
    book.await_begin(fault)

    for _ in range(2):
        await until(lambda: psutil.Process(pid(context)).status() == psutil.STATUS_STOPPED)
        await until(lambda: psutil.Process(pid(context)).status() != psutil.STATUS_STOPPED)
    book.heal()
    await faults.reconcile()

    await until(lambda: psutil.Process(pid(context)).status() != psutil.STATUS_STOPPED)
    assert sentences(context)[-1] == f"answers in time again: {SLEEPER}"
