"""What a user does with the running stack reaches every part of it that it should."""

from __future__ import annotations

import json
import os
import re
import signal
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import expect

from scripts.local.people import PASSWORD
from tests.e2e.browser import opened
from tests.e2e.conditions import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stack


@pytest.fixture
def visitor(stack: Stack) -> Iterator[httpx.Client]:
    """A client at the CDN's address who has not signed in."""
    with httpx.Client(base_url=stack.address("site"), timeout=120) as client:
        yield client


@pytest.fixture
def site(visitor: httpx.Client) -> httpx.Client:
    """A client at the CDN's address who has signed in as a customer."""
    visitor.headers.update(bearer(visitor, "ada@example.com"))
    return visitor


def bearer(client: httpx.Client, email: str, password: str = PASSWORD) -> dict[str, str]:
    """Sign in; return the header by which the client is who they are."""
    signed_in = client.post("/accounts/sign-in", json={"email": email, "password": password})
    assert signed_in.status_code == 200, signed_in.text
    return {"authorization": f"Bearer {signed_in.json()['access_token']}"}


def order_of(customer: str) -> dict[str, Any]:
    return {"customer_email": customer, "lines": [{"product_id": 7, "quantity": 1}]}


def key() -> dict[str, str]:
    """A header that makes a request one of its own, however often it is sent."""
    return {"idempotency-key": str(uuid.uuid4())}


def mails_about(stack: Stack, order: str) -> list[dict[str, Any]]:
    return [mail for mail in stack.mailbox() if order in mail["body"]]


def is_each_confirmed_once(stack: Stack, orders: list[str]) -> bool:
    mails = stack.mailbox()
    return all(sum(order in mail["body"] for mail in mails) == 1 for order in orders)


def test_everything_that_was_deployed_is_real_and_healthy(stack: Stack) -> None:
    eventually(lambda: stack.status()["healthy"], "all is healthy")
    status = json.loads(stack.blueprint("status", "--json", check=False).stdout)

    roles = [process["role"] for process in status["processes"]]
    expected = {
        "aws",
        "runtime",
        "app",
        "balancer",
        "cdn",
        "database",
        "replica",
        "cache",
        "cache-replica",
        "function",
        "console",
    }
    assert expected <= set(roles)
    assert roles.count("app") == 2
    assert {"site", "api", "load_balancer", "aws", "database", "database_replica", "cache"} <= set(
        status["addresses"]
    )


def test_a_second_up_says_that_it_is_up_and_where(stack: Stack) -> None:
    before = stack.status()

    again = stack.blueprint("up")

    assert "already up" in again.stderr
    assert before["addresses"]["site"] in again.stdout
    assert [p["pid"] for p in stack.status()["processes"]] == [p["pid"] for p in before["processes"]]


def test_the_site_shows_the_storefront_and_the_pictures_of_the_seeded_products(site: httpx.Client) -> None:
    assert "<html" in site.get("/").text

    products = site.get("/products", params={"limit": 100}).json()["items"]
    picture = site.get(products[0]["image_path"])

    assert len(products) == 100
    assert picture.headers["content-type"] == "image/svg+xml"
    assert site.get(products[0]["image_path"]).headers["x-cache"] == "Hit from cloudfront"


def test_an_order_placed_at_the_cdn_reaches_the_database_the_queue_the_function_and_the_mailbox(
    stack: Stack, site: httpx.Client
) -> None:
    placed = site.post("/orders", json=order_of("walking@example.com"), headers=key())
    assert placed.status_code == 201
    order = placed.json()

    assert site.get(placed.headers["location"]).json()["id"] == order["id"]
    mails = eventually(lambda: mails_about(stack, order["id"]), f"a mail about order {order['id']}")
    assert [mail["destinations"] for mail in mails] == [["walking@example.com"]]


def test_who_registers_confirms_the_address_by_the_mail_and_can_order(
    stack: Stack, visitor: httpx.Client
) -> None:
    email, password = "new@example.com", "long enough for this"
    registered = visitor.post("/accounts", json={"email": email, "password": password})
    assert registered.status_code == 202
    [code] = [
        code
        for mail in stack.mailbox()
        if email in mail["destinations"]
        for code in re.findall(r"\b\d{6}\b", mail["body"])
    ]
    confirmed = visitor.post("/accounts/confirm", json={"email": email, "code": code})
    assert confirmed.status_code == 204

    ordered = visitor.post("/orders", json=order_of(email), headers=key() | bearer(visitor, email, password))

    assert ordered.status_code == 201


def test_a_position_reaches_the_stream_the_function_and_the_table(visitor: httpx.Client) -> None:
    visitor.headers.update(bearer(visitor, "courier@example.com"))
    courier = visitor.get("/accounts/me").json()["subject"]
    for latitude in (52.50, 52.51, 52.52):
        reported = visitor.post(
            f"/couriers/{courier}/positions", json={"latitude": latitude, "longitude": 13.4}
        )
        assert reported.status_code == 202

    eventually(
        lambda: visitor.get(f"/couriers/{courier}/position").json().get("latitude") == 52.52,
        "the newest of three positions can be read",
    )


def test_the_same_shop_answers_behind_the_api_gateway(stack: Stack) -> None:
    with httpx.Client(base_url=stack.address("api"), timeout=120) as api:
        product = api.get("/products/7")
        stranger = api.get("/accounts/me")
        customer = api.get("/accounts/me", headers=bearer(api, "ada@example.com"))

    assert product.status_code == 200
    assert product.json()["id"] == 7
    assert (stranger.status_code, stranger.json()) == (401, {"message": "Unauthorized"})
    assert (customer.status_code, customer.json()["roles"]) == (200, [])


def test_a_killed_app_instance_loses_no_acknowledged_order_and_comes_back(
    stack: Stack, site: httpx.Client
) -> None:
    victim = stack.processes("app")[0]
    acknowledged = []
    for number in range(60):
        if number == 20:
            os.kill(victim["pid"], signal.SIGKILL)
        answer = site.post("/orders", json=order_of(f"kill-{number}@example.com"), headers=key())
        if answer.status_code == 201:
            acknowledged.append(answer.json()["id"])

    assert len(acknowledged) >= 50
    assert [site.get(f"/orders/{order}").status_code for order in acknowledged] == [200] * len(acknowledged)
    eventually(
        lambda: all(
            process["healthy"] and process["pid"] != victim["pid"] for process in stack.processes("app")
        ),
        "the killed instance runs again",
    )
    eventually(
        lambda: is_each_confirmed_once(stack, acknowledged),
        "each acknowledged order was confirmed once",
    )


def test_a_message_that_cannot_be_handled_holds_up_no_other(stack: Stack, site: httpx.Client) -> None:
    queues = stack.aws("sqs")
    [orders] = [url for url in queues.list_queues()["QueueUrls"] if url.endswith("-order-notifications")]
    queues.send_message(QueueUrl=orders, MessageBody="no event at all")

    placed = site.post("/orders", json=order_of("beside-poison@example.com"), headers=key())
    order = placed.raise_for_status().json()

    eventually(lambda: mails_about(stack, order["id"]), "the order beside the poison message is confirmed")


def test_an_unknown_product_is_a_problem_document(site: httpx.Client) -> None:
    answer = site.get("/products/999999")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_the_console_shows_what_is_deployed_from_clients_to_consumers(stack: Stack) -> None:
    with opened(stack.address("console")) as page:
        expect(page.locator("#health")).to_have_text("all is healthy")
        tiers = page.locator(".tier > h2").all_text_contents()
        assert tiers == ["Clients", "Edge", "Balancing", "Services", "Data", "Events", "Consumers"]
        assert page.locator("[data-group^=fleet] .node").count() == 2
        assert page.locator("#edges path").count() > 20


def test_the_console_tells_of_a_node_what_it_is_and_what_it_writes(stack: Stack) -> None:
    with opened(stack.address("console")) as page:
        page.locator("[data-group^=database] .node").first.press("Enter")
        panel = page.locator("#panel")
        expect(panel).to_contain_text("database system is ready to accept connections")
        expect(panel).to_contain_text("DBInstanceIdentifier")
        expect(panel.locator(".chart").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(page.locator("[data-group^=database] .node").first).to_be_focused()


def test_the_console_follows_the_newest_order_to_its_mail(stack: Stack, site: httpx.Client) -> None:
    order = site.post("/orders", json=order_of("followed@example.com"), headers=key()).json()["id"]
    with opened(stack.address("console")) as page:
        page.get_by_role("button", name="Follow", exact=True).click()
        steps = page.get_by_role("complementary", name=f"Order {order}")
        expect(steps).to_contain_text("published by the relay")
        expect(steps).to_contain_text("order confirmed")
        page.keyboard.press("Escape")
        expect(steps).to_be_hidden()


def test_the_console_shows_a_killed_instance_leave_and_come_back(stack: Stack) -> None:
    eventually(lambda: stack.status()["healthy"], "all is healthy")
    victim = stack.processes("app")[0]
    with opened(stack.address("console")) as page:
        healthy = page.locator("[data-group^=fleet] .dot.healthy")
        expect(healthy).to_have_count(2)
        os.killpg(victim["pid"], signal.SIGSTOP)  # it is killed once that was seen
        expect(healthy).to_have_count(1)
        expect(page.locator("#health")).to_contain_text("not healthy")
        with suppress(ProcessLookupError):  # it may have been replaced by then
            os.killpg(victim["pid"], signal.SIGKILL)
        expect(healthy).to_have_count(2)


def test_the_console_says_when_it_is_cut_off_and_goes_on_when_it_is_back(stack: Stack) -> None:
    [console] = stack.processes("console")
    with opened(stack.address("console")) as page:
        expect(page.locator("#health")).to_have_text("all is healthy")
        os.kill(console["pid"], signal.SIGKILL)
        expect(page.locator("#banner")).to_contain_text("Not connected")
        expect(page.locator("#banner")).to_be_hidden()
        expect(page.locator("#health")).to_have_text("all is healthy")


def test_the_console_shows_a_fault_what_comes_of_it_and_its_end(stack: Stack) -> None:
    with opened(stack.address("console")) as page:
        page.locator("[data-group^=database] .node").nth(1).click()  # a replica
        button = page.locator("#panel button", has_text="Lag for 60 s")
        button.click()
        page.locator("#panel button", has_text="Really?").click()
        expect(page.locator("#events")).to_contain_text("receives and replays nothing for 60 s")
        expect(page.locator("#faults")).to_contain_text("lag: database-")
        page.get_by_role("button", name="Heal all").click()
        expect(page.locator("#events")).to_contain_text("replays again")
        expect(page.locator("#faults")).not_to_contain_text("lag")


def test_load_from_the_console_raises_the_capacity(stack: Stack) -> None:
    scaling = stack.aws("autoscaling")
    [policy] = scaling.describe_policies(PolicyTypes=["TargetTrackingScaling"])["ScalingPolicies"]
    kept = policy["TargetTrackingConfiguration"]
    name = {"AutoScalingGroupName": policy["AutoScalingGroupName"], "PolicyName": policy["PolicyName"]}
    soon = {**kept, "TargetValue": 1.0}  # however fast the machine is
    scaling.put_scaling_policy(**name, PolicyType="TargetTrackingScaling", TargetTrackingConfiguration=soon)
    try:
        with opened(stack.address("console")) as page:
            page.locator("#load").fill("30")
            expect(page.locator("[data-group^=fleet] .dot.healthy")).to_have_count(4)
            expect(page.locator("#capacity")).to_contain_text("4 wanted")
            expect(page.locator("#events")).to_contain_text("scales out from")
            page.locator("#load").fill("0")
    finally:
        scaling.put_scaling_policy(
            **name, PolicyType="TargetTrackingScaling", TargetTrackingConfiguration=kept
        )
