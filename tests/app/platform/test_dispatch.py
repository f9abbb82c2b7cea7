"""Who takes an event, who refuses it, and who is asked again."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from app.platform import dispatch
from app.platform.aws import Aws
from app.platform.destinations import Outgoing, to_bus
from app.platform.dispatch import Dispatch
from app.platform.fencing import DeposedError
from app.platform.problems import UnavailableError
from tests.app.shop import client, throttled
from tests.app.sink import Sink, number_of, outgoing

EVENTS = [outgoing(number) for number in range(25)]


async def confirmed() -> None:
    """Lead for ever."""


async def test_events_that_all_destinations_have_are_out() -> None:
    sinks = [Sink(), Sink(refuse={3: 1})]
    sending = Dispatch([sink.destination(name) for sink, name in zip(sinks, "ab", strict=True)])

    first = await sending.send(EVENTS, confirmed)
    assert [event.id for event in first.out] == [number for number in range(25) if number != 3]
    assert [event.id for event in first.refused] == [3]
    sending.settle(first.out)
    second = await sending.send(first.refused, confirmed)

    assert [event.id for event in second.out] == [3]
    assert [sink.accepted.count(3) for sink in sinks] == [1, 1]


async def test_events_that_a_failed_commit_brings_back_are_not_sent_again() -> None:
    sink = Sink()
    sending = Dispatch([sink.destination()])

    await sending.send(EVENTS, confirmed)
    again = await sending.send(EVENTS, confirmed)

    assert len(again.out) == 25
    assert sorted(sink.accepted) == list(range(25))


async def test_of_a_batch_that_is_refused_as_a_whole_what_it_is_refused_for_is_found(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sink = Sink()

    async def send(events: Sequence[Outgoing]) -> set[int]:
        if {number_of(event) for event in events} & {4, 17}:
            response = {
                "Error": {"Code": "InvalidMessageContents"},
                "ResponseMetadata": {"HTTPStatusCode": 400},
            }
            raise ClientError(response, "SendMessageBatch")  # type: ignore[arg-type] # what is looked at
        return await sink.send(events)

    sending = Dispatch([replace(sink.destination(), send=send)])
    sent = await sending.send(EVENTS, confirmed)

    assert sorted(sink.accepted) == [number for number in range(25) if number not in (4, 17)]
    assert [event.id for event in sent.refused] == [4, 17]
    assert caplog.text.count("an event is refused for what it is") == 2
    assert sending.resting == ()


async def test_a_destination_that_takes_nothing_rests_and_nothing_is_said_against_the_events(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.platform.retries.pause_after", lambda _: 1e9)
    monkeypatch.setattr(dispatch, "CALLS", 1)
    bus, stream, calls = Sink(), Sink(), 0

    async def send(_: Sequence[Outgoing]) -> set[int]:
        nonlocal calls
        calls += 1
        raise UnavailableError("away")

    there = replace(stream.destination("there", "test.important", "test.grave"), send=send)
    sending = Dispatch([bus.destination(), there])
    sent = await sending.send([outgoing(number, type_="test.important") for number in range(25)], confirmed)

    assert (sent.out, sent.refused) == ([], [])
    assert calls == 1  # the batches behind are spared
    assert sorted(sending.resting or ()) == ["test.grave", "test.important"]
    assert len(bus.accepted) == 25
    assert "a destination takes no events" in caplog.text


async def test_while_a_destination_of_all_types_rests_everything_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.platform.retries.pause_after", lambda _: 1e9)

    async def send(_: Sequence[Outgoing]) -> set[int]:
        raise UnavailableError("away")

    sending = Dispatch([replace(Sink().destination(), send=send)])
    assert sending.resting == ()
    await sending.send(EVENTS, confirmed)

    assert sending.resting is None


async def test_a_round_that_took_too_long_sends_no_further_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "ROUND", -1.0)
    sink = Sink()

    sent = await Dispatch([sink.destination()]).send(EVENTS, confirmed)

    assert (sent.out, sent.refused, sink.calls) == ([], [], 0)


async def test_who_does_not_lead_any_more_sends_nothing() -> None:
    sink = Sink()

    async def deposed() -> None:
        raise DeposedError

    with pytest.raises(DeposedError):
        await Dispatch([sink.destination()]).send(EVENTS, deposed)
    assert sink.calls == 0


async def test_a_bus_that_throttles_or_breaks_off_is_asked_again_later(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.platform.retries.pause_after", lambda _: 0.0)
    with Aws() as aws:
        sending = Dispatch([to_bus(aws, variables_bus(variables))])
        with throttled(monkeypatch):
            assert (await sending.send(EVENTS, confirmed)).out == []

        def break_off(*_: object) -> None:
            raise HTTPClientError(error=OSError("reset"))

        with monkeypatch.context() as broken:
            broken.setattr(Aws, "_call", break_off)
            assert (await sending.send(EVENTS, confirmed)).out == []
        assert len((await sending.send(EVENTS, confirmed)).out) == 25


def variables_bus(variables: dict[str, str]) -> str:
    """Return a bus that takes events."""
    return str(client(variables, "events").describe_event_bus(Name="default")["Name"])
