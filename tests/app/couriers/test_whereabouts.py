"""Where couriers are now, in Redis."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.couriers.schemas import Nearby, Position
from app.couriers.whereabouts import STALE, Whereabouts
from app.platform.problems import UnavailableError
from scripts.simulate.couriers import Route, Tally
from scripts.simulate.run import drive
from tests.app.couriers.test_positions import records
from tests.app.server import serving
from tests.app.shop import ADA, Headers
from tests.app.sockets import connected, hello
from tests.app.tokens import Issuer
from tests.waiting import until, wait_until

BERLIN, POTSDAM, HAMBURG = (52.52, 13.405), (52.39, 13.064), (53.55, 9.99)


def at(place: tuple[float, float], courier: str = "c-1", ago: float = 0.0) -> Position:
    """Return a position of so many seconds ago."""
    latitude, longitude = place
    recorded_at = datetime.now(UTC) - timedelta(seconds=ago)
    return Position(courier_id=courier, latitude=latitude, longitude=longitude, recorded_at=recorded_at)


@pytest.fixture
def whereabouts(application: FastAPI) -> Whereabouts:
    """Those of the application."""
    return Whereabouts(application.state.cache.server)


def around_berlin(radius_km: float = 100) -> Nearby:
    return Nearby(latitude=BERLIN[0], longitude=BERLIN[1], limit=10, radius_km=radius_km)


async def test_a_report_that_comes_late_or_again_moves_nobody_back(whereabouts: Whereabouts) -> None:
    right = at(BERLIN, ago=10)
    again = right.model_copy(update={"latitude": HAMBURG[0], "longitude": HAMBURG[1]})
    for position in (right, at(POTSDAM, ago=20), again):
        whereabouts.note([position])
        await whereabouts.settled()

    found = await whereabouts.newest("c-1")

    assert found is not None
    assert (found.latitude, found.longitude) == pytest.approx(BERLIN, abs=1e-5)
    assert abs(found.recorded_at - right.recorded_at) < timedelta(milliseconds=2)
    assert await whereabouts.newest("c-2") is None


async def test_the_nearest_come_first_without_who_is_far_or_silent(whereabouts: Whereabouts) -> None:
    silent = STALE.total_seconds() + 1
    whereabouts.note(
        [at(POTSDAM, "near"), at(BERLIN, "here"), at(HAMBURG, "far"), at(BERLIN, "silent", ago=silent)]
    )
    await whereabouts.settled()

    found = await whereabouts.nearest(around_berlin())

    assert [courier.courier_id for courier in found] == ["here", "near"]
    assert found[1].distance_km == pytest.approx(27.2, abs=0.5)
    assert [one.courier_id for one in await whereabouts.nearest(around_berlin(500))] == [
        "here",
        "near",
        "far",
    ]


async def test_a_pole_is_no_place_for_the_index_and_stops_nothing(whereabouts: Whereabouts) -> None:
    whereabouts.note([at((90.0, 0.0), "pole"), at(BERLIN, "here")])
    await whereabouts.settled()

    assert await whereabouts.newest("pole") is None
    assert await whereabouts.newest("here") is not None


async def test_what_a_courier_reports_is_heard_by_who_follows(
    application: FastAPI, shop: httpx.AsyncClient, issuer: Issuer, staff: Headers
) -> None:
    heard: list[bytes | None] = []
    batch = [
        at((52.5, 13.4 + n / 100), ago=3 - n).model_dump(mode="json", exclude={"courier_id"})
        for n in range(3)
    ]
    async with application.state.broadcast.listening("courier:c-1", heard.append):
        answer = await shop.post(
            "/couriers/c-1/positions/batch",
            json={"positions": batch[::-1]},
            headers=issuer.bearer(None, "admin"),
        )
        await until(lambda: heard)

    assert answer.status_code == 202
    assert answer.json() == {"count": 3}
    assert len(heard) == 1
    assert b'"longitude":13.42' in (heard[0] or b"")
    nearest = await shop.get("/couriers/nearest?latitude=52.5&longitude=13.4", headers=staff)
    assert [courier["courier_id"] for courier in nearest.json()["items"]] == ["c-1"]


async def test_without_redis_reports_are_taken_and_nobody_is_near(
    shop: httpx.AsyncClient,
    application: FastAPI,
    monkeypatch: pytest.MonkeyPatch,
    issuer: Issuer,
    staff: Headers,
) -> None:
    async def fail(*_: object) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(application.state.cache.server, "run", fail)

    place = {"latitude": 0, "longitude": 0}
    admin = issuer.bearer(None, "admin")
    assert (await shop.post("/couriers/c-1/positions", json=place, headers=admin)).status_code == 202
    nearest = await shop.get("/couriers/nearest?latitude=52.5&longitude=13.4", headers=staff)
    assert nearest.status_code == 503
    with pytest.raises(UnavailableError):
        await Whereabouts(application.state.cache.server).newest("c-1")


async def test_simulated_couriers_report_over_sockets_as_a_real_one_does(
    variables: dict[str, str], issuer: Issuer, tmp_path: Path
) -> None:
    """Also the socket's own test: what is accepted is on the stream."""
    with serving(variables, tmp_path) as served:
        route = Route(served.url.replace("http", "ws", 1), issuer.token(None, "admin"), 0.1)

        def watch(tally: Tally) -> None:
            wait_until(lambda: tally["reported"] >= 20)

        tally, _ = await asyncio.to_thread(drive, "sim-1", 5, route, watch)

        path = f"/couriers/{ADA}/positions/live"
        async with connected(served.url, path, hello(issuer.token(ADA, "courier"))) as courier:
            await courier.send({"type": "positions", "positions": [{"latitude": 91, "longitude": 0}]})
            assert "less than or equal to 90" in (await courier.wait_for("problem"))["detail"]
            await courier.send({"type": "positions", "positions": [{"latitude": 9, "longitude": 0}] * 2})
            assert await courier.receive() == {"type": "accepted", "count": 2}
        async with connected(served.url, path, hello(issuer.token(None, "courier"))) as stranger:
            assert await stranger.receive() == {"type": "closed", "code": 4403}

    assert tally["connected"] == 5
    assert tally["broken"] == tally["refused"] == 0
    kept = records(variables)
    assert len(kept) == tally["reported"] + 2
    assert {record["PartitionKey"] for record in kept} == {
        *(f"sim-1-{n}" for n in range(5)),
        str(ADA),
        f"{ADA}#0",
    }
