"""HTTP APIs answer as API Gateway documents it, with real functions behind them."""

import base64
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.gateway import Gateways
from scripts.local.runtime.gateway.api import Throttling
from scripts.local.runtime.gateway.throttle import Throttle
from tests.app.tokens import issuing
from tests.scripts.local.runtime.functions.cloud import (
    Cloud,
    closing_functions,
    reconcile,
)
from tests.scripts.local.runtime.gateway.http_api import HttpApi
from tests.waiting import PATIENCE, until

FUNCTIONS = {
    # Answers the event.
    "echo": """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
""",
    # Answers the JSON document that it was sent.
    "mirror": """
import json
def handler(event, context):
    return json.loads(event["body"])
""",
    "fail": """
def handler(event, context):
    raise ValueError("broken")
""",
    # Waits for a file.
    "hold": """
import pathlib, time
def handler(event, context):
    path = pathlib.Path(event["headers"]["x-release"])
    while not path.exists():
        time.sleep(0.01)
    path.with_suffix(".finished").touch()
""",
}
JSON = {"Content-Type": "application/json"}
Serve = Callable[[], Awaitable[bool]]
# The example of the developer guide, without client certificate and authorizer, which this API does not have.
GOLDEN = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/my/path",
    "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
    "cookies": ["cookie1=a", "cookie2=b"],
    "headers": {"header1": "value1", "header2": "value1,value2"},
    "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
    "requestContext": {
        "accountId": "123456789012",
        "apiId": "api-id",
        "domainName": "id.execute-api.us-east-1.amazonaws.com",
        "domainPrefix": "id",
        "http": {
            "method": "POST",
            "path": "/my/path",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "agent",
        },
        "requestId": "id",
        "routeKey": "$default",
        "stage": "$default",
        "time": "12/Mar/2020:19:03:58 +0000",
        "timeEpoch": 1583348638390,
    },
    "body": "Hello from Lambda",
    "isBase64Encoded": False,
    "stageVariables": {"stageVariable1": "value1", "stageVariable2": "value2"},
}


@pytest.fixture
async def serve(context: Context) -> AsyncIterator[Serve]:
    """Reconcile functions and gateways, as often as it is called."""
    async with closing_functions(context) as functions:
        gateways = Gateways(context, functions)

        async def serve() -> bool:
            await reconcile(functions)
            return await gateways.reconcile()

        yield serve
        await gateways.close()


@pytest.fixture
def api(cloud: Cloud) -> HttpApi:
    return HttpApi(cloud, FUNCTIONS)


def client(context: Context, api: HttpApi) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=context.addresses.translate(api.endpoint), timeout=PATIENCE)


async def test_the_event_is_the_one_of_the_developer_guide(
    context: Context, serve: Serve, api: HttpApi
) -> None:
    api.route("$default", "echo")
    api.stage(StageVariables={"stageVariable1": "value1", "stageVariable2": "value2"})
    assert await serve() is True
    headers = [
        ("Header1", "value1"),
        ("Header2", "value1"),
        ("Header2", "value2"),
        ("Cookie", "cookie1=a; cookie2=b"),
        ("User-Agent", "agent"),
        ("Content-Type", "text/plain"),
    ]
    query = "parameter1=value1&parameter1=value2&parameter2=value"
    async with client(context, api) as http:
        response = await http.post(f"/my/path?{query}", headers=headers, content="Hello from Lambda")

    event = response.json()
    told, expected = event.pop("requestContext"), dict(GOLDEN["requestContext"])  # type: ignore[call-overload]
    headers_told = event.pop("headers")
    assert event == {
        name: value for name, value in GOLDEN.items() if name not in {"requestContext", "headers"}
    }
    expected |= {
        "apiId": api.id,
        "domainName": f"{api.id}.execute-api.us-east-1.amazonaws.com",
        "domainPrefix": api.id,
        "requestId": response.headers["apigw-requestid"],
        "time": told["time"],
        "timeEpoch": told["timeEpoch"],
    }
    assert told == expected
    assert type(told["timeEpoch"]) is int
    assert headers_told["header1"] == "value1"
    assert headers_told["header2"] == "value1,value2"
    assert headers_told["x-forwarded-for"] == "127.0.0.1"
    assert headers_told["content-length"] == "17"
    assert {"x-amzn-trace-id", "x-forwarded-port", "x-forwarded-proto", "host"} <= headers_told.keys()
    assert "cookie" not in headers_told


async def test_what_a_request_does_not_have_is_left_out(context: Context, serve: Serve, api: HttpApi) -> None:
    api.route("$default", "echo")
    api.stage()
    await serve()
    async with client(context, api) as http:
        event = (await http.get("/a%20path")).json()

    absent = {"cookies", "queryStringParameters", "body", "pathParameters", "stageVariables"}
    assert event.keys() == GOLDEN.keys() - absent
    assert event["rawPath"] == "/a%20path"
    assert event["rawQueryString"] == ""


async def test_bodies_that_are_no_text_are_passed_in_base64(
    context: Context, serve: Serve, api: HttpApi
) -> None:
    api.route("$default", "echo")
    api.stage()
    await serve()
    text = {"application/json; charset=utf-8": b"{}", "application/problem+json": b"{}", "text/css": b"a{}"}
    binary = {"image/png": b"\x89PNG", "application/x-www-form-urlencoded": b"a=1", "text/plain": b"\xff"}
    async with client(context, api) as http:
        for kind, body in (text | binary).items():
            event = (await http.post("/", content=body, headers={"Content-Type": kind})).json()
            passed = base64.b64decode(event["body"]) if kind in binary else event["body"].encode()
            assert (event["isBase64Encoded"], passed) == (kind in binary, body), kind


async def test_the_function_decides_on_status_headers_cookies_and_body(
    context: Context, serve: Serve, api: HttpApi
) -> None:
    api.route("$default", "mirror")
    api.stage()
    await serve()
    answer = {
        "statusCode": 201,
        "headers": {"Location": "/orders/1", "X-Count": 3, "Content-Length": "999"},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": base64.b64encode(b"\x00binary").decode(),
        "isBase64Encoded": True,
    }
    async with client(context, api) as http:
        response = await http.post("/", json=answer)

    assert response.status_code == 201
    assert response.content == b"\x00binary"
    assert response.headers["location"] == "/orders/1"
    assert response.headers["x-count"] == "3"
    assert response.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
    assert response.headers["content-type"] == "text/plain;charset=UTF-8"


async def test_a_plain_value_is_a_body_of_json(context: Context, serve: Serve, api: HttpApi) -> None:
    api.route("$default", "mirror")
    api.stage()
    await serve()
    returned = {'{"id": 7}': '{"id": 7}', '"hello"': "hello", "[1]": "[1]", "null": "null"}
    async with client(context, api) as http:
        for document, text in returned.items():
            response = await http.post("/", content=document, headers=JSON)
            assert (response.status_code, response.text) == (200, text)
            assert response.headers["content-type"] == "application/json"


async def test_a_malformed_response_is_an_internal_server_error(
    context: Context, serve: Serve, api: HttpApi
) -> None:
    api.route("$default", "mirror")
    api.stage()
    await serve()
    malformed: list[dict[str, Any]] = [
        {"statusCode": "many"},
        {"statusCode": 200, "headers": [1]},
        {"statusCode": 200, "cookies": 5},
        {"statusCode": 200, "body": 5},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
    ]
    async with client(context, api) as http:
        for document in malformed:
            response = await http.post("/", json=document)
            assert (response.status_code, response.text) == (500, '{"message":"Internal Server Error"}')


async def test_a_function_that_fails_or_is_missing_is_an_internal_server_error(
    context: Context, serve: Serve, api: HttpApi
) -> None:
    api.route("GET /fail", "fail")
    api.route("GET /missing", "not-deployed")
    api.stage()
    await serve()
    async with client(context, api) as http:
        for path in ("/fail", "/missing"):
            response = await http.get(path)
            assert (response.status_code, response.text) == (500, '{"message":"Internal Server Error"}')
            assert response.headers["content-type"] == "application/json"


async def test_a_function_that_takes_too_long_is_unavailable_and_still_finishes(
    context: Context, serve: Serve, api: HttpApi, tmp_path: Path
) -> None:
    api.route("$default", "hold", TimeoutInMillis=50)
    api.stage()
    await serve()
    release = tmp_path / "release"
    async with client(context, api) as http:
        response = await http.get("/", headers={"x-release": str(release)})
    assert (response.status_code, response.text) == (503, '{"message":"Service Unavailable"}')

    release.touch()
    await until(release.with_suffix(".finished").exists)


async def test_routes_are_tried_from_the_most_to_the_least_specific(
    context: Context, serve: Serve, api: HttpApi
) -> None:
    keys = ["$default", "ANY /orders/{proxy+}", "GET /orders/{id}", "GET /orders/latest", "ANY /orders/{id}"]
    for key in keys:
        api.route(key, "echo")
    api.stage()
    await serve()
    requests = {
        ("GET", "/orders/latest"): ("GET /orders/latest", None),
        ("GET", "/orders/a%2F7"): ("GET /orders/{id}", {"id": "a/7"}),
        ("PUT", "/orders/7"): ("ANY /orders/{id}", {"id": "7"}),
        ("GET", "/orders/7/lines"): ("ANY /orders/{proxy+}", {"proxy": "7/lines"}),
        ("GET", "/orders"): ("$default", None),
        ("POST", "/other"): ("$default", None),
    }
    async with client(context, api) as http:
        for (method, path), (key, variables) in requests.items():
            event = (await http.request(method, path)).json()
            assert event["routeKey"] == event["requestContext"]["routeKey"] == key, path
            assert event.get("pathParameters") == variables


async def test_without_a_matching_route_or_stage_nothing_is_found(
    context: Context, serve: Serve, api: HttpApi
) -> None:
    api.route("GET /orders", "echo")
    api.stage("v1")
    await serve()
    async with client(context, api) as http:
        in_stage = await http.get("/v1/orders")
        responses = [await http.get("/orders"), await http.get("/v1/other"), await http.post("/v1/orders")]

    assert in_stage.json()["requestContext"]["stage"] == "v1"
    assert in_stage.json()["rawPath"] == "/v1/orders"
    for response in responses:
        assert (response.status_code, response.text) == (404, '{"message":"Not Found"}')


async def test_requests_beyond_the_burst_are_too_many(context: Context, serve: Serve, api: HttpApi) -> None:
    api.route("$default", "echo")
    # Next to nothing is gained while the test runs.
    api.stage(DefaultRouteSettings={"ThrottlingBurstLimit": 3, "ThrottlingRateLimit": 0.001})
    await serve()
    async with client(context, api) as http:
        responses = [await http.get("/") for _ in range(5)]

    assert [response.status_code for response in responses] == [200, 200, 200, 429, 429]
    assert responses[-1].text == '{"message":"Too Many Requests"}'


def test_a_bucket_refills_at_its_rate_up_to_its_burst() -> None:
    now = 0.0
    throttle = Throttle(lambda: now)
    limits = Throttling(rate=2, burst=3)
    assert [throttle.admit("a", limits) for _ in range(4)] == [True, True, True, False]
    assert throttle.admit("b", limits), "each route counts for itself"
    now = 0.5
    assert [throttle.admit("a", limits) for _ in range(2)] == [True, False]
    now = 100.0
    assert [throttle.admit("a", limits) for _ in range(4)] == [True, True, True, False]
    assert throttle.admit("c", Throttling())


async def test_a_body_beyond_ten_megabytes_is_too_large(context: Context, serve: Serve, api: HttpApi) -> None:
    api.route("$default", "echo")
    api.stage()
    await serve()
    async with client(context, api) as http:
        response = await http.post("/", content=b"x" * (10 * 2**20 + 1))

    assert (response.status_code, response.text) == (413, '{"message":"Request Entity Too Large"}')


async def test_the_api_is_published_by_its_deployed_address_and_by_name(
    context: Context, serve: Serve, api: HttpApi
) -> None:
    api.route("$default", "echo")
    api.stage()
    await serve()

    local = context.addresses.named()["api"]
    assert context.addresses.translate(f"{api.endpoint}/orders") == f"{local}/orders"


async def test_changed_routes_and_deleted_apis_are_followed(
    cloud: Cloud, context: Context, serve: Serve, api: HttpApi
) -> None:
    api.route("$default", "echo")
    api.stage()
    await serve()
    async with client(context, api) as http:
        assert (await http.get("/new")).json()["routeKey"] == "$default"
        api.route("GET /new", "echo")
        await serve()
        assert (await http.get("/new")).json()["routeKey"] == "GET /new"
        cloud.client("apigatewayv2").delete_api(ApiId=api.id)
        assert await serve() is True
    async with client(context, api) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("/new")


async def test_a_route_that_cannot_be_served_is_named_once_and_the_others_are_served(
    context: Context, serve: Serve, api: HttpApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.route("$default", "echo")
    api.route("GET /old", "echo", PayloadFormatVersion="1.0")
    api.stage()
    for _ in range(2):
        assert await serve() is True
    async with client(context, api) as http:
        assert (await http.get("/old")).json()["routeKey"] == "$default"
    (said,) = [message for message in caplog.messages if "left out" in message]
    assert said.startswith(f"API shop ({api.id}): route 'GET /old' leads to a AWS_PROXY integration")
    assert "payload format 1.0" in said


async def test_a_route_that_asks_aws_for_a_signature_is_open_here_and_that_is_said(
    cloud: Cloud, context: Context, serve: Serve, api: HttpApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.route("GET /mine", "echo")
    api.stage()
    gateway = cloud.client("apigatewayv2")
    (route,) = gateway.get_routes(ApiId=api.id)["Items"]
    gateway.update_route(ApiId=api.id, RouteId=route["RouteId"], AuthorizationType="AWS_IAM")
    assert await serve() is True
    async with client(context, api) as http:
        assert (await http.get("/mine")).status_code == 200
    assert (
        f"API shop ({api.id}): route 'GET /mine' has no JWT authorizer; "
        "what it asks for on AWS, it does not here." in caplog.messages
    )


async def test_a_route_with_an_authorizer_opens_to_tokens_of_its_issuer_for_its_clients(
    cloud: Cloud, context: Context, serve: Serve, api: HttpApi
) -> None:
    api.route("GET /mine", "echo")
    api.route("$default", "echo")
    api.stage()
    with issuing() as issuer, issuing() as other:
        api.protect("GET /mine", issuer.url, issuer.client_id)
        assert await serve() is True
        refused = [
            {},
            {"authorization": "Bearer nonsense"},
            {"authorization": f"Bearer {issuer.token(client_id='another')}"},
            {"authorization": f"Bearer {issuer.token(exp=1)}"},
            other.bearer(),
        ]
        subject = uuid.uuid4()
        async with client(context, api) as http:
            answers = [await http.get("/mine", headers=headers) for headers in refused]
            opened = await http.get("/mine", headers=issuer.bearer(subject, "admin", "support"))
            public = await http.get("/theirs")

    assert {(answer.status_code, answer.text) for answer in answers} == {(401, '{"message":"Unauthorized"}')}
    claims = opened.json()["requestContext"]["authorizer"]["jwt"]["claims"]
    assert (claims["sub"], claims["cognito:groups"]) == (str(subject), "[admin support]")
    assert claims["exp"].isdecimal()
    assert public.status_code == 200
    assert "authorizer" not in public.json()["requestContext"]
    assert issuer.reads == 1
