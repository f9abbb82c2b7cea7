"""Alarms: who hears of them."""

from dataclasses import dataclass

from infra.components.alarms import Alarm, Alarms, AlarmsArgs
from scripts.evaluation.recorder import Recording, record


@dataclass(frozen=True)
class Watched:
    """Something with these alarms."""

    alarms: tuple[Alarm, ...]


def alarm(name: str) -> Alarm:
    return Alarm(name=name, description="d", namespace="N", metric="M", dimensions={"A": "a"}, threshold=1)


def watch(email: str | None, *names: str) -> Recording:
    watched = [Watched((alarm(name),)) for name in names]
    return record(lambda: Alarms("alarms", AlarmsArgs(email=email)).watch(*watched))


def test_an_address_is_subscribed_to_the_topic() -> None:
    subscription = watch("team@example.com").one("TopicSubscription").inputs
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "team@example.com")
    assert subscription["topic"] == "arn:aws:sns:us-east-1:123456789012:blueprint-dev-alarms"


def test_without_an_address_there_is_a_topic_and_no_subscription() -> None:
    recording = watch(None)
    assert len(recording.of("sns/topic:Topic")) == 1
    assert not recording.of("TopicSubscription")


def test_every_watched_thing_raises_its_alarms_there() -> None:
    recording = watch(None, "one", "two")
    assert [it.inputs["name"] for it in recording.of("MetricAlarm")] == [
        "blueprint-dev-one",
        "blueprint-dev-two",
    ]
    topic = "arn:aws:sns:us-east-1:123456789012:blueprint-dev-alarms"
    assert all(it.inputs["alarmActions"] == [topic] for it in recording.of("MetricAlarm"))
