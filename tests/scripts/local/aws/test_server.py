"""The server as a process: how it starts, ends, serialises requests, and what it answers besides AWS."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.local import ACCOUNT
from scripts.local.aws.process import LocalAwsError, running
from scripts.local.runtime.ports import HOST, Ports
from tests.scripts.local.aws.clients import clients_of
from tests.waiting import PATIENCE, wait_until


def letters_to(endpoint: str, address: str) -> list[dict[str, Any]]:
    messages = httpx.get(f"{endpoint}/_blueprint/mailbox", timeout=PATIENCE).json()["messages"]
    return [message for message in messages if address in message["destinations"]]


def test_the_server_listens_on_loopback_only_and_ends_cleanly_when_told() -> None:
    port = Ports().take("aws")
    process = subprocess.Popen([sys.executable, "-m", "scripts.local.aws", "--port", str(port)])
    try:
        wait_until(lambda: listens(port))
        addresses = Path("/proc/net/tcp")
        if addresses.exists():
            listening = [line.split()[1] for line in addresses.read_text().splitlines()[1:]]
            assert f"00000000:{port:04X}" not in listening
    finally:
        process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=PATIENCE) == 0


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def test_a_taken_port_is_one_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "scripts.local.aws", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )

    assert result.returncode == 1
    assert f"{port}" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_server_that_ends_before_it_listens_is_a_clear_error() -> None:
    with (
        pytest.raises(LocalAwsError, match=r"No module named scripts\.local\.nothing"),
        running(module="scripts.local.nothing"),
    ):
        pass


def test_nothing_of_the_callers_account_reaches_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "company")
    monkeypatch.setitem(os.environ, "MOTO_ACCOUNT_ID", "999999999999")

    with running() as endpoint:
        monkeypatch.delenv("AWS_PROFILE")  # our own client would ask for it
        queue = clients_of(endpoint)("sqs").create_queue(QueueName="q")["QueueUrl"]

    assert queue == f"{endpoint}/{ACCOUNT}/q"


def test_a_letter_that_ses_sends_is_in_the_mailbox(aws: Callable[[str], Any], endpoint: str) -> None:
    ses = aws("sesv2")
    ses.create_email_identity(EmailIdentity="shop@example.com")

    before = time.time()
    answer = ses.send_email(
        FromEmailAddress="shop@example.com",
        Destination={"ToAddresses": ["simple@example.com"], "CcAddresses": ["copy@example.com"]},
        Content={"Simple": {"Subject": {"Data": "Thanks"}, "Body": {"Text": {"Data": "Your order"}}}},
    )

    (letter,) = letters_to(endpoint, "simple@example.com")
    assert before <= letter.pop("sent_at") <= time.time()
    assert letter == {
        "id": answer["MessageId"],
        "source": "shop@example.com",
        "destinations": ["simple@example.com", "copy@example.com"],
        "subject": "Thanks",
        "body": "Your order",
    }


def test_a_raw_letter_is_in_the_mailbox_with_its_subject_and_text(
    aws: Callable[[str], Any], endpoint: str
) -> None:
    ses = aws("sesv2")
    ses.create_email_identity(EmailIdentity="raw@example.com")
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "raw@example.com", "whole@example.com", "Grüße"
    letter.set_content("Plain")
    letter.add_alternative("<p>Rich</p>", subtype="html")

    answer = ses.send_email(FromEmailAddress="raw@example.com", Content={"Raw": {"Data": letter.as_bytes()}})

    (message,) = letters_to(endpoint, "whole@example.com")
    assert message["id"] == answer["MessageId"]
    assert message["subject"] == "Grüße"
    assert message["body"].strip() == "Plain"


def test_a_reader_that_waits_for_a_message_lets_the_sender_in(aws: Callable[[str], Any]) -> None:
    sender, reader = aws("sqs"), aws("sqs")
    url = sender.create_queue(QueueName="awaited")["QueueUrl"]
    received: list[Any] = []

    def read() -> None:
        received.extend(reader.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", []))

    waiting = threading.Thread(target=read)
    waiting.start()
    time.sleep(0.3)  # so that the reader is there first; the outcome is the same if it is not
    sender.send_message(QueueUrl=url, MessageBody="here")
    waiting.join(timeout=PATIENCE)

    assert [message["Body"] for message in received] == ["here"]


def test_no_message_is_lost_when_one_sends_while_another_deletes(aws: Callable[[str], Any]) -> None:
    sender, reader = aws("sqs"), aws("sqs")
    url = sender.create_queue(QueueName="busy")["QueueUrl"]
    bodies = [str(number) for number in range(120)]
    received: set[str] = set()

    def read() -> None:
        deadline = time.monotonic() + PATIENCE
        while len(received) < len(bodies) and time.monotonic() < deadline:
            messages = reader.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in messages.get("Messages", []):
                received.add(message["Body"])
                reader.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def send(body: str) -> None:
        sender.send_message(QueueUrl=url, MessageBody=body)

    with ThreadPoolExecutor(max_workers=4) as pool:
        reading = pool.submit(read)
        list(pool.map(send, bodies))
        reading.result()

    assert received == set(bodies)


def test_a_reader_of_a_fifo_queue_waits_for_its_group_without_keeping_the_server_busy(
    aws: Callable[[str], Any],
) -> None:
    sender, reader = aws("sqs"), aws("sqs")
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = sender.create_queue(QueueName="group.fifo", Attributes=attributes)["QueueUrl"]
    sender.send_message(QueueUrl=url, MessageBody="first", MessageGroupId="g")
    sender.send_message(QueueUrl=url, MessageBody="second", MessageGroupId="g")
    (first,) = reader.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]

    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = pool.submit(reader.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        sender.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
        (second,) = waiting.result()["Messages"]

    assert (first["Body"], second["Body"]) == ("first", "second")
