"""Routes of an HTTP API lead through a VPC link to the services behind a load balancer."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.gateway import Gateways
from tests.app.tokens import issuing
from tests.scripts.local.runtime import backend
from tests.scripts.local.runtime.backend import Backend
from tests.scripts.local.runtime.deployed import deploy_load_balancer
from tests.scripts.local.runtime.functions.cloud import (
    Cloud,
    closing_functions,
)
from tests.scripts.local.runtime.gateway.http_api import HttpApi
from tests.waiting import PATIENCE


@pytest.fixture
async def gateways(context: Context) -> AsyncIterator[Gateways]:
    async with closing_functions(context) as functions:
        gateways = Gateways(context, functions)
        yield gateways
        await gateways.close()


@pytest.fixture(scope="module")
def listener(cloud: Cloud) -> dict[str, str]:
    """A listener's ARN, and the address that is deployed for it."""
    deploy_load_balancer(cloud.aws, "shop")
    elb = cloud.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    (found,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {"arn": found["ListenerArn"], "address": f"{balancer['DNSName']}:80"}


@pytest.fixture
def service(context: Context, listener: dict[str, str]) -> Iterator[Backend]:
    """What answers behind the listener."""
    with backend.running("service", {"Set-Cookie": "a=1", "X-Own": "yes"}) as service:
        context.addresses.publish(listener["address"], service.address)
        yield service


@pytest.fixture
def api(cloud: Cloud, listener: dict[str, str]) -> HttpApi:
    api = HttpApi(cloud, {})
    api.integrate(
        "ANY /orders/{proxy+}",
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri=listener["arn"],
        ConnectionType="VPC_LINK",
        ConnectionId="link",
        PayloadFormatVersion="1.0",
        RequestParameters={"overwrite:header.X-Origin-Verify": "proof"},
        TimeoutInMillis=200,
    )
    api.stage(RouteSettings={})
    return api


def client(context: Context, api: HttpApi) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=context.addresses.translate(api.endpoint), timeout=PATIENCE)


async def test_a_request_reaches_the_services_with_the_header_that_proves_where_it_comes_from(
    context: Context, gateways: Gateways, api: HttpApi, service: Backend
) -> None:
    assert await gateways.reconcile() is True
    forged = {"x-origin-verify": "forged", "idempotency-key": "7", "connection": "close"}
    async with client(context, api) as http:
        answer = await http.post("/orders/a%2Fb?x=1&x=2", json={"lines": []}, headers=forged)

    seen = answer.json()
    assert (answer.status_code, seen["method"], seen["path"]) == (200, "POST", "/orders/a%2Fb?x=1&x=2")
    assert seen["body"] == '{"lines":[]}'
    told = seen["headers"]
    assert (told["x-origin-verify"], told["idempotency-key"]) == ("proof", "7")
    assert told["forwarded"].startswith("by=127.0.0.1;for=127.0.0.1;host=")
    assert {"x-amzn-trace-id", "via"} <= told.keys()
    assert (answer.headers["set-cookie"], answer.headers["x-own"]) == ("a=1", "yes")
    assert "apigw-requestid" in answer.headers


async def test_an_answer_of_the_services_is_passed_on_as_it_is(
    context: Context, gateways: Gateways, api: HttpApi, service: Backend
) -> None:
    service.statuses["/orders/7"] = 409
    await gateways.reconcile()
    async with client(context, api) as http:
        answer = await http.get("/orders/7")
    assert (answer.status_code, answer.json()["name"]) == (409, "service")


async def test_services_that_are_slow_or_gone_are_told_as_api_gateway_tells_it(
    context: Context, gateways: Gateways, api: HttpApi, service: Backend, listener: dict[str, str]
) -> None:
    service.slow["/orders/slow"] = 0.5
    await gateways.reconcile()
    async with client(context, api) as http:
        slow = await http.get("/orders/slow")
        context.addresses.publish(listener["address"], "127.0.0.1:1")
        gone = await http.get("/orders/7")
    assert (slow.status_code, slow.json()) == (504, {"message": "Endpoint request timed out"})
    assert (gone.status_code, gone.json()) == (503, {"message": "Service Unavailable"})


async def test_a_route_to_the_services_asks_for_a_token_before_they_are_asked(
    context: Context, gateways: Gateways, api: HttpApi, service: Backend
) -> None:
    with issuing() as issuer:
        api.protect("ANY /orders/{proxy+}", issuer.url, issuer.client_id)
        await gateways.reconcile()
        async with client(context, api) as http:
            refused = await http.get("/orders/7")
            asked = service.count("/orders/7")
            opened = await http.get("/orders/7", headers=issuer.bearer())
    assert (refused.status_code, asked) == (401, 0)
    assert (opened.status_code, service.count("/orders/7")) == (200, 1)
