"""A mail that is sent again as its sender was killed before it noted the first is told from all others."""

from __future__ import annotations

import io
import multiprocessing
import time
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from scripts.drill.notes import MAILER, Note, killed, left_behind, notes
from scripts.drill.reading import mails
from scripts.drill.stack import Consumer, Stack
from tests.lambdas import aws_events
from tests.lambdas.aws_events import order_placed
from tests.lambdas.conftest import IDEMPOTENCY_TABLE, Context
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path
    from types import ModuleType
    from uuid import UUID

    from scripts.drill.books import Mail

    Load = Callable[[str], ModuleType]

CONSUMERS = [Consumer(name=MAILER, function="mailer", queue="", dead_letters="")]
SECONDS = 60.0  # that an invocation has, and so nobody else may try


class Invoked(Context):
    """What an invocation is told that has just begun."""

    def get_remaining_time_in_millis(self) -> int:
        return int(SECONDS * 1000)


def work_off(message: str) -> None:
    """Have the function work off a message, in whichever process this is; raise what it could not handle."""
    from lambdas.order_notifications.handler import handler  # noqa: PLC0415 - it reads the environment

    context: Any = Invoked()
    if handler(aws_events.sqs(message), context)["batchItemFailures"]:
        raise RuntimeError(message)


@pytest.fixture
def stack(variables: dict[str, str], client: Callable[[str], Any], tmp_path: Path) -> Iterator[Stack]:
    """As much of a stack as the mailer's notes are read from."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("handler.py", "")
    role = {"RoleName": "mailer", "AssumeRolePolicyDocument": "{}"}
    client("lambda").create_function(
        FunctionName="mailer",
        Role=client("iam").create_role(**role)["Role"]["Arn"],
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"IDEMPOTENCY_TABLE": IDEMPOTENCY_TABLE}},
    )
    yield Stack(tmp_path, variables["AWS_ENDPOINT_URL"], "", {}, {})
    client("lambda").delete_function(FunctionName="mailer")
    client("iam").delete_role(RoleName="mailer")


@contextmanager
def unnoted(stack: Stack) -> Iterator[None]:
    """While the block lasts nothing is noted as done."""
    stack.refuse(service="dynamodb", operation="UpdateItem", seconds=600)
    try:
        yield
    finally:
        stack.end_refusals()


def kill_between_yes_and_note(stack: Stack, order_id: UUID) -> float:
    """Kill a process of the function once SES has its mail about an order; return when that was."""
    process = multiprocessing.get_context("spawn").Process(target=work_off, args=(about(order_id),))
    with unnoted(stack):
        process.start()
        wait_until(lambda: of_order(stack, order_id))
        at = time.time()
        process.kill()
        process.join()
    return at


def about(order_id: UUID) -> str:
    """The message that tells of an order, the same each time."""
    return order_placed(order_id, id=str(order_id))


def of_order(stack: Stack, order_id: UUID) -> list[Mail]:
    return [mail for mail in mails(stack) if mail.order_id == str(order_id)]


def only(found: Iterable[Note], known: Collection[str]) -> Note:
    """The one note whose key was not known."""
    [note] = [note for note in found if note.key not in known]
    return note


def keys(stack: Stack) -> set[str]:
    return {note.key for note in notes(stack, CONSUMERS)}


def run_out(client: Any, note: Note) -> Note:
    """Have the time end that a note says, mail and kill being in it; return the note."""
    now = int(time.time() * 1000)
    client.update_item(
        TableName=IDEMPOTENCY_TABLE,
        Key={"id": {"S": note.key}},
        UpdateExpression="SET in_progress_expiration = :now",
        ExpressionAttributeValues={":now": {"N": str(now)}},
    )
    return replace(note, until=now / 1000)


def test_a_kill_between_ses_yes_and_the_note_is_known_by_what_is_noted(
    stack: Stack, place_order: Callable[..., UUID], client: Callable[[str], Any], cold_start: Load
) -> None:
    order_id, known = place_order(), keys(stack)

    kill_between_yes_and_note(stack, order_id)
    left = run_out(client("dynamodb"), only(notes(stack, CONSUMERS), known))
    wait_until(lambda: time.time() > left.until)
    assert failed(cold_start, order_id) == []

    first, second = of_order(stack, order_id)
    now = notes(stack, CONSUMERS)
    assert left.mail is None
    assert only(now, known).mail == second.id
    assert killed([left], now, mails(stack)) == {str(order_id): [left.until]}
    assert first.sent_at <= left.until <= second.sent_at


def test_a_note_that_came_after_all_and_a_note_that_was_lost_explain_no_second_mail(
    stack: Stack, place_order: Callable[..., UUID], client: Callable[[str], Any], cold_start: Load
) -> None:
    order_id, known = place_order(), keys(stack)
    assert failed(cold_start, order_id) == []
    noted = only(notes(stack, CONSUMERS), known)
    seen_at_work = replace(noted, mail=None)

    assert killed([seen_at_work], notes(stack, CONSUMERS), mails(stack)) == {}

    client("dynamodb").delete_item(TableName=IDEMPOTENCY_TABLE, Key={"id": {"S": noted.key}})
    assert failed(cold_start, order_id) == []
    left = left_behind(stack, CONSUMERS, time.time())

    assert len(of_order(stack, order_id)) == 2
    assert noted.key not in {note.key for note in left}


def test_who_begins_after_a_kill_was_not_killed(
    stack: Stack, place_order: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.drill.notes.TIMEOUT", SECONDS)
    order_id, known, before = place_order(), keys(stack), time.time()

    at = kill_between_yes_and_note(stack, order_id)

    assert only(left_behind(stack, CONSUMERS, at), known).mail is None
    assert {note.key for note in left_behind(stack, CONSUMERS, before)} <= known


def failed(cold_start: Load, order_id: UUID) -> list[Any]:
    """Deliver the message about an order to a new environment; return what it could not handle."""
    answer: dict[str, list[Any]] = cold_start(MAILER).handler(aws_events.sqs(about(order_id)), Invoked())
    return answer["batchItemFailures"]
