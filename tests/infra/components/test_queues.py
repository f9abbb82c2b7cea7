"""Queues, topics, buses and streams: what their options come to, and what they refuse."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from infra.components import policy
from infra.components.event_bus import EventBus, EventBusArgs, EventDelivery
from infra.components.function import QueueMapping
from infra.components.policy import Role, Sender
from infra.components.queue import DeadLetterQueue, DeadLetterQueueArgs, Encryption, Fifo, Queue
from infra.components.stream import Stream, StreamArgs
from infra.components.topic import AWS_KEY, QueueSubscription, Topic, TopicArgs
from scripts.evaluation.recorder import Recording, record
from tests.infra.components.examples.parts import a_bus, a_function, a_queue, a_stream, queue_args, sender

ARN = "arn:aws:sqs:us-east-1:123456789012:blueprint-dev"
KEY = "arn:aws:kms:us-east-1:123456789012:key/own"


def user() -> Role:
    return policy.service_role("user", "lambda.amazonaws.com", "d", pulumi.ResourceOptions())


def granted(grant: Callable[[Role], Any]) -> dict[str, list[str]]:
    """What a grant allows: the actions by the resource."""
    recording = record(lambda: grant(user()))
    allowed: dict[str, list[str]] = {}
    for it in recording.of("iam/rolePolicy:RolePolicy"):
        for statement in it.json("policy")["Statement"]:
            for resource in statement["Resource"]:
                allowed.setdefault(resource, []).extend(statement["Action"])
    return allowed


def refusal(program: Callable[[], object]) -> str:
    with pytest.raises(ValueError, match=": ") as raised:
        record(program)
    return str(raised.value)


def statements(recording: Recording, kind: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = recording.one(kind, name).json("policy")["Statement"]
    return found


def test_a_fifo_queue_and_its_dead_letters_are_known_by_their_names() -> None:
    recording = record(lambda: Queue("jobs", queue_args(fifo=Fifo(content_based_deduplication=True))))

    queues = {it.name: it.inputs for it in recording.of("sqs/queue:Queue")}
    assert {name: it["name"] for name, it in queues.items()} == {
        "jobs": "blueprint-dev-jobs.fifo",
        "jobs-dead-letters": "blueprint-dev-jobs-dead-letters.fifo",
    }
    assert all(it["fifoQueue"] for it in queues.values())
    assert queues["jobs"]["contentBasedDeduplication"] is True
    assert "fifoThroughputLimit" not in queues["jobs"]


def test_the_longest_name_of_a_fifo_queue_ends_as_one() -> None:
    recording = record(lambda: Queue("jobs" * 30, queue_args(fifo=Fifo())))

    names = [it.inputs["name"] for it in recording.of("sqs/queue:Queue")]
    assert {len(name) for name in names} == {80}
    assert all(name.endswith(".fifo") for name in names)
    assert len(set(names)) == 2


def test_high_throughput_takes_both_of_its_settings() -> None:
    recording = record(lambda: Queue("jobs", queue_args(fifo=Fifo(throughput="per_group"))))

    inputs = recording.one("sqs/queue:Queue", "jobs").inputs
    assert inputs["deduplicationScope"] == "messageGroup"
    assert inputs["fifoThroughputLimit"] == "perMessageGroupId"


def test_a_standard_queue_says_nothing_of_order() -> None:
    recording = record(lambda: Queue("jobs", queue_args()))

    inputs = recording.one("sqs/queue:Queue", "jobs").inputs
    assert not {"fifoQueue", "contentBasedDeduplication", "deduplicationScope"} & inputs.keys()
    assert inputs["sqsManagedSseEnabled"] is True


def test_an_own_key_encrypts_dead_letters_too_and_takes_the_place_of_sqs_own() -> None:
    recording = record(lambda: Queue("jobs", queue_args(encryption=Encryption(kms_key_arn=KEY, reuse=600))))

    for it in recording.of("sqs/queue:Queue"):
        assert it.inputs["kmsMasterKeyId"] == KEY
        assert it.inputs["kmsDataKeyReusePeriodSeconds"] == 600
        assert "sqsManagedSseEnabled" not in it.inputs


@pytest.mark.parametrize("grant", ["grant_send", "grant_consume", "grant_redrive"])
def test_whoever_uses_a_queue_with_an_own_key_may_use_the_key(grant: str) -> None:
    def with_encryption(encryption: Encryption | None) -> dict[str, list[str]]:
        def program(role: Role) -> None:
            getattr(a_queue(encryption=encryption), grant)(role)

        return granted(program)

    assert with_encryption(Encryption(kms_key_arn=KEY))[KEY] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert KEY not in with_encryption(None)


def test_whoever_sets_aside_with_an_own_key_may_use_the_key() -> None:
    args = DeadLetterQueueArgs(encryption=Encryption(kms_key_arn=KEY))

    allowed = granted(lambda role: DeadLetterQueue("lost", args).grant_send(role))

    assert allowed == {f"{ARN}-lost": ["sqs:SendMessage"], KEY: ["kms:Decrypt", "kms:GenerateDataKey"]}


def test_redriving_takes_from_the_dead_letters_and_sends_to_their_queue_alone() -> None:
    allowed = granted(lambda role: a_queue("jobs").grant_redrive(role))

    assert allowed.keys() == {f"{ARN}-jobs", f"{ARN}-jobs-dead-letters"}
    assert allowed[f"{ARN}-jobs"] == ["sqs:SendMessage"]
    assert "sqs:StartMessageMoveTask" in allowed[f"{ARN}-jobs-dead-letters"]


def test_a_queue_admits_a_sender_for_its_own_resource_alone() -> None:
    topic = Sender(service="sns.amazonaws.com", source_arn="arn:aws:sns:us-east-1:1:t")
    recording = record(lambda: Queue("jobs", queue_args(senders=[topic])))

    denied, allowed = statements(recording, "sqs/queuePolicy:QueuePolicy", "jobs-tls")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allowed == {
        "Effect": "Allow",
        "Action": ["sqs:SendMessage"],
        "Resource": [f"{ARN}-jobs"],
        "Principal": {"Service": "sns.amazonaws.com"},
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:1:t"}},
    }
    assert len(statements(recording, "sqs/queuePolicy:QueuePolicy", "jobs-dead-letters-tls")) == 1


def test_lambda_takes_no_batch_window_for_a_fifo_queue() -> None:
    def program() -> None:
        a_function("work").consumes_queue(
            "jobs", a_queue(fifo=Fifo()), QueueMapping(batch_size=1, batch_window=1)
        )

    assert refusal(program) == "work: Lambda takes no batch window for the FIFO queue jobs."


def test_no_service_publishes_with_the_key_that_aws_keeps_for_sns() -> None:
    args = TopicArgs(kms_key=AWS_KEY, publishers=[Sender(service="events.amazonaws.com", source_arn="arn")])

    assert refusal(lambda: Topic("news", args)) == (
        "news: events.amazonaws.com cannot publish with alias/aws/sns; give a key of your own, or none."
    )


def test_a_topic_delivers_what_the_filter_lets_through_and_sets_aside_the_rest() -> None:
    def program() -> None:
        subscription = QueueSubscription(filter_policy={"type": ["order.placed"]}, filter_on_body=True)
        Topic("news", TopicArgs()).deliver_to("q", a_queue(), subscription, DeadLetterQueue("lost"))

    subscription = record(program).one("TopicSubscription")
    assert subscription.json("filterPolicy") == {"type": ["order.placed"]}
    assert subscription.inputs["filterPolicyScope"] == "MessageBody"
    assert subscription.inputs["rawMessageDelivery"] is True
    assert subscription.json("redrivePolicy") == {"deadLetterTargetArn": f"{ARN}-lost"}


def test_a_topic_admits_publishers_by_tls_alone_and_only_where_they_are_named() -> None:
    recording = record(lambda: Topic("news", TopicArgs(fifo=True, publishers=[sender()])))

    denied, allowed = statements(recording, "TopicPolicy", "news-tls")
    assert (denied["Effect"], denied["Action"]) == ("Deny", "sns:Publish")
    assert allowed["Condition"] == {"ArnLike": {"aws:SourceArn": sender().source_arn}}
    assert recording.one("sns/topic:Topic").inputs["name"] == "blueprint-dev-news.fifo"
    assert granted(lambda role: Topic("news", TopicArgs()).grant_publish(role)) == {
        "arn:aws:sns:us-east-1:123456789012:blueprint-dev-news": ["sns:Publish"]
    }


def deliver(fifo: Fifo | None, group_id: str | None) -> None:
    """Let a rule deliver to a queue."""
    delivery, undelivered = EventDelivery(group_id=group_id), DeadLetterQueue("lost")
    a_bus().on("placed", ["order.placed"]).deliver_to("q", a_queue(fifo=fifo), delivery, undelivered)


def test_a_rule_delivers_to_a_fifo_queue_by_one_message_group() -> None:
    fifo = record(lambda: deliver(Fifo(content_based_deduplication=True), "orders"))
    standard = record(lambda: deliver(None, None))

    assert fifo.one("EventTarget").inputs["sqsTarget"] == {"messageGroupId": "orders"}
    assert "sqsTarget" not in standard.one("EventTarget").inputs


@pytest.mark.parametrize(
    ("fifo", "group_id", "said"),
    [
        (None, "orders", "b-placed: a FIFO queue takes a message group, and a standard queue none."),
        (Fifo(), None, "b-placed: a FIFO queue takes a message group, and a standard queue none."),
        (Fifo(), "orders", "b-placed: EventBridge needs content-based deduplication of a FIFO queue."),
    ],
)
def test_a_rule_refuses_a_queue_that_eventbridge_could_not_send_to(
    fifo: Fifo | None, group_id: str | None, said: str
) -> None:
    assert refusal(lambda: deliver(fifo, group_id)) == said


def test_other_accounts_put_events_of_the_buss_own_source_only() -> None:
    recording = record(lambda: EventBus("b", EventBusArgs(source="shop", account_ids=["210987654321"])))

    _, allowed = statements(recording, "EventBusPolicy", "b-tls")
    assert allowed["Principal"] == {"AWS": ["arn:aws:iam::210987654321:root"]}
    assert allowed["Condition"] == {"StringEquals": {"events:source": "shop"}}


def test_whoever_uses_a_stream_with_an_own_key_may_use_it_for_just_that() -> None:
    args = StreamArgs(shards=1, retention_hours=24, kms_key_arn=KEY)

    assert granted(lambda role: Stream("s", args).grant_put(role))[KEY] == ["kms:GenerateDataKey"]
    assert granted(lambda role: Stream("s", args).grant_read(role))[KEY] == ["kms:Decrypt"]
    assert granted(lambda role: Stream("s", args).register("r").grant_read(role))[KEY] == ["kms:Decrypt"]


def test_a_registered_reader_may_subscribe_as_itself_alone() -> None:
    allowed = granted(lambda role: a_stream().register("r").grant_read(role))

    subscribers = [resource for resource, actions in allowed.items() if "kinesis:SubscribeToShard" in actions]
    assert subscribers == ["arn:aws:kinesis:us-east-1:123456789012:blueprint-dev-s-r"]
