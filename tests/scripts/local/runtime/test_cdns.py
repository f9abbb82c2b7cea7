"""Distributions that were deployed serve by their behaviours, and keep what their policies let them keep."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import httpx
import pytest

from scripts.local.runtime.cdns import Cdns
from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from tests.scripts.local.runtime import backend
from tests.scripts.local.runtime.backend import Backend
from tests.waiting import PATIENCE, until_async

OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
SERVICE = "shop.elb.example.com"
READS = ["GET", "HEAD"]
EVERYTHING = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]


def items(values: Sequence[Any]) -> dict[str, Any]:
    return {"Quantity": len(values), "Items": list(values)}


def behaviour(origin: str, policy: str, methods: Sequence[str] = READS, **more: Any) -> dict[str, Any]:
    return {
        "TargetOriginId": origin,
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {**items(methods), "CachedMethods": items(READS)},
        "CachePolicyId": policy,
        "Compress": True,
        **more,
    }


def service(pattern: str, policy: str, **more: Any) -> dict[str, Any]:
    return behaviour("service", policy, EVERYTHING, PathPattern=pattern, **more)


def cache_policy(context: Context, name: str, ttls: tuple[int, int, int], **parameters: Any) -> str:
    """Deploy a cache policy with its least, default and greatest TTL, and return its id."""
    least, default, greatest = ttls
    selections = {
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
        "EnableAcceptEncodingGzip": True,
        **parameters,
    }
    answer = context.aws.client("cloudfront").create_cache_policy(
        CachePolicyConfig={
            "Name": name,
            "MinTTL": least,
            "DefaultTTL": default,
            "MaxTTL": greatest,
            "ParametersInCacheKeyAndForwardedToOrigin": selections,
        }
    )
    identifier: str = answer["CachePolicy"]["Id"]
    return identifier


def deploy(context: Context, behaviours: Sequence[Mapping[str, Any]], **more: Any) -> str:
    """Deploy a distribution before a bucket and a service with these behaviours; return its address."""
    s3 = context.aws.client("s3")
    s3.create_bucket(Bucket="site")
    allowed = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::site/*",
    }
    s3.put_bucket_policy(Bucket="site", Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    for key, text in (("index.html", "<h1>shop</h1>"), ("media/a b.css", "body {}" * 300)):
        content_type = "text/css" if key.endswith("css") else "text/html"
        s3.put_object(Bucket="site", Key=key, Body=text.encode(), ContentType=content_type)
    bucket = {
        "Id": "site",
        "DomainName": "site.s3.us-east-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": "E1",
    }
    ports = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}
    proof = {"HeaderName": "X-Proof", "HeaderValue": 'it is "me" for $1'}
    balancer = {
        "Id": "service",
        "DomainName": SERVICE,
        "CustomOriginConfig": ports,
        "CustomHeaders": items([proof]),
    }
    distribution = context.aws.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "test",
            "Comment": "",
            "Enabled": True,
            "DefaultRootObject": "index.html",
            "Origins": items([bucket, balancer]),
            "DefaultCacheBehavior": behaviour("site", OPTIMIZED),
            "CacheBehaviors": items(behaviours),
            **more,
        }
    )["Distribution"]
    return f"https://{distribution['DomainName']}"


class Edge:
    """Asks a distribution at its local address."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def ask(self, path: str, method: str = "GET", **arguments: Any) -> httpx.Response:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            return await client.request(method, self._url + path, **arguments)

    async def result(self, path: str, **arguments: Any) -> str:
        """Return the first word of X-Cache."""
        return (await self.ask(path, **arguments)).headers["X-Cache"].removesuffix(" from cloudfront")


@pytest.fixture(autouse=True)
def empty(endpoint: str) -> None:
    """Start each test with nothing deployed: a distribution cannot just be deleted."""
    httpx.post(f"{endpoint}/moto-api/reset", timeout=PATIENCE).raise_for_status()


@pytest.fixture
def origin(context: Context) -> Iterator[Backend]:
    """Stands for the service behind the load balancer."""
    with backend.running("service") as origin:
        context.addresses.publish(f"{SERVICE}:80", origin.address)
        yield origin


@pytest.fixture
async def edge(context: Context, origin: Backend) -> AsyncIterator[Edge]:
    short = cache_policy(context, "short", (0, 0, 60))
    keyed = cache_policy(
        context,
        "keyed",
        (0, 60, 60),
        HeadersConfig={"HeaderBehavior": "whitelist", "Headers": items(["X-Country"])},
        CookiesConfig={"CookieBehavior": "whitelist", "Cookies": items(["currency"])},
        QueryStringsConfig={"QueryStringBehavior": "whitelist", "QueryStrings": items(["page", "sort-by"])},
    )
    held = cache_policy(context, "held", (60, 60, 600))
    url = deploy(
        context,
        [
            service("/keyed*", keyed),
            service("/held*", held, OriginRequestPolicyId=ALL_VIEWER),
            service("/products*", short, OriginRequestPolicyId=ALL_VIEWER),
            service("/orders*", DISABLED, OriginRequestPolicyId=ALL_VIEWER),
        ],
    )
    cdns = Cdns(context)
    await until_async(cdns.reconcile)
    yield Edge(context.addresses.translate(url))
    assert context.addresses.named() == {"site": context.addresses.translate(url)}


async def test_files_come_from_the_bucket_compressed_and_from_the_cache_the_second_time(edge: Edge) -> None:
    page = await edge.ask("/")
    assert (page.text, page.headers["Content-Type"]) == ("<h1>shop</h1>", "text/html")
    assert page.headers["X-Cache"] == "Miss from cloudfront"
    assert await edge.result("/") == "Hit"
    style = await edge.ask("/media/a%20b.css?ignored=1")
    assert style.text == "body {}" * 300
    assert style.headers["Content-Encoding"] == "gzip"
    assert await edge.result("/media/a%20b.css?ignored=2") == "Hit"
    missing = await edge.ask("/nothing.html")
    assert (missing.status_code, missing.headers["X-Cache"]) == (403, "Error from cloudfront")
    assert (await edge.ask("/", "POST")).status_code == 403


@pytest.mark.usefixtures("origin")
async def test_what_a_distribution_has_served_since_the_last_time_is_told_once(context: Context) -> None:
    url = deploy(context, [])
    cdns = Cdns(context)
    await until_async(cdns.reconcile)
    edge = Edge(context.addresses.translate(url))
    answers = [await edge.ask("/"), await edge.ask("/nothing.html", "HEAD")]
    found: list[Any] = []

    async def has_come() -> bool:  # the log is written after the answer
        for served in cdns.take().values():
            found.extend(served)
        return len(found) >= len(answers)

    await until_async(has_come)
    assert [(one.method, one.status, one.result) for one in found] == [
        ("GET", 200, "Miss"),
        ("HEAD", 403, "Error"),
    ]
    assert found[0].sent > len(answers[0].content)  # with its headers
    assert list(cdns.take().values()) == [[]]
    await cdns.close()


async def test_answers_are_kept_as_the_origin_says_within_the_limits_of_the_policy(
    edge: Edge, origin: Backend
) -> None:
    async def second(path: str, cache_control: str | None) -> str:
        origin.headers = {"Cache-Control": cache_control} if cache_control else {}
        assert await edge.result(path) == "Miss"
        return await edge.result(path)

    assert await second("/products?page=1", "public, max-age=30") == "Hit"
    assert await second("/products?page=2", None) == "Miss"
    assert await second("/products?page=3", "max-age=30, s-maxage=0") == "Miss"
    assert await second("/products?page=4", "max-age=0, s-maxage=30") == "Hit"
    assert await second("/products?page=5", "private, max-age=30") == "Miss"
    assert await second("/products?page=6", "max-age=100000000") == "Hit"
    # The least TTL of this policy is above all that.
    assert await second("/held/1", "no-store") == "Hit"
    assert await second("/held/2", "max-age=1") == "Hit"
    assert await second("/keyed/1", None) == "Hit"


async def test_an_answer_outlives_the_greatest_ttl_never(context: Context, origin: Backend) -> None:
    policy = cache_policy(context, "brief", (0, 0, 1))
    url = deploy(context, [service("/products*", policy, OriginRequestPolicyId=ALL_VIEWER)])
    cdns = Cdns(context)
    await until_async(cdns.reconcile)
    edge = Edge(context.addresses.translate(url))
    origin.headers = {"Cache-Control": "max-age=86400"}
    assert await edge.result("/products") == "Miss"

    async def asked_again() -> bool:
        await edge.ask("/products")
        return origin.count("/products") > 1

    await until_async(asked_again)


async def test_writes_and_paths_without_caching_reach_the_origin_every_time(
    edge: Edge, origin: Backend
) -> None:
    origin.headers = {"Cache-Control": "max-age=60"}
    for method in ("POST", "PUT", "DELETE"):
        for _ in range(2):
            answer = await edge.ask("/products", method, content="body")
            assert (answer.json()["method"], answer.json()["body"]) == (method, "body")
            assert answer.headers["X-Cache"] == "Miss from cloudfront"
    assert [await edge.result("/orders/1") for _ in range(2)] == ["Miss", "Miss"]
    assert origin.count("/products") == 6
    assert origin.count("/orders/1") == 2


async def test_the_origin_gets_the_whole_request_where_the_policy_forwards_everything(
    edge: Edge, origin: Backend
) -> None:
    sent = {
        "Idempotency-Key": "k-1",
        "Cookie": "a=b",
        "Host": "shop.example.com",
        "X-Forwarded-For": "203.0.113.9",
    }
    seen = (await edge.ask("/orders/a%2Fb?x=%20y", "POST", headers=sent, content="{}")).json()
    assert seen["path"] == "/orders/a%2Fb?x=%20y"
    assert seen["headers"]["idempotency-key"] == "k-1"
    assert seen["headers"]["cookie"] == "a=b"
    assert seen["headers"]["host"] == "shop.example.com"
    assert seen["headers"]["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"


async def test_only_what_the_cache_policy_names_reaches_the_origin_and_tells_answers_apart(
    edge: Edge, origin: Backend
) -> None:
    sent = {"X-Country": "de", "X-Other": "1", "Authorization": "secret", "Cookie": "a=b; currency=eur"}
    seen = (await edge.ask("/keyed?utm=1&page=2&sort-by=price", headers=sent)).json()
    assert seen["path"].strip("&") == "/keyed?page=2&sort-by=price"
    assert seen["headers"]["x-country"] == "de"
    assert seen["headers"]["cookie"].strip("; ") == "currency=eur"
    assert seen["headers"]["host"] == SERVICE
    assert not {"x-other", "authorization"} & seen["headers"].keys()

    async def result(query: str, **headers: str) -> str:
        return await edge.result(f"/keyed?{query}", headers={**sent, **headers})

    assert await result("page=2&sort-by=price&utm=9", **{"X-Other": "2"}) == "Hit"
    assert await result("page=3&sort-by=price") == "Miss"
    assert await result("page=2&sort-by=price", **{"X-Country": "fr"}) == "Miss"
    assert await result("page=2&sort-by=price", Cookie="currency=usd") == "Miss"


async def test_the_origin_can_tell_that_a_request_passed_the_distribution(edge: Edge) -> None:
    seen = (await edge.ask("/orders/1", headers={"X-Proof": "forged"})).json()
    assert seen["headers"]["x-proof"] == 'it is "me" for $1'


async def test_a_page_stands_for_files_that_are_not_there_and_for_no_answer_of_the_service(
    context: Context, origin: Backend
) -> None:
    page = {
        "ErrorCode": 403,
        "ResponsePagePath": "/404.html",
        "ResponseCode": "404",
        "ErrorCachingMinTTL": 10,
    }
    url = deploy(
        context,
        [service("/orders*", DISABLED, OriginRequestPolicyId=ALL_VIEWER)],
        CustomErrorResponses=items([page]),
    )
    s3 = context.aws.client("s3")
    s3.put_object(Bucket="site", Key="404.html", Body=b"<h1>gone</h1>", ContentType="text/html")
    cdns = Cdns(context)
    await until_async(cdns.reconcile)
    edge = Edge(context.addresses.translate(url))

    missing = await edge.ask("/nothing.html")
    assert (missing.status_code, missing.text) == (404, "<h1>gone</h1>")
    origin.statuses["/orders/9"] = 404
    answer = await edge.ask("/orders/9")
    assert (answer.status_code, answer.json()["path"]) == (404, "/orders/9")


def headers_policy(context: Context) -> str:
    """Deploy a response headers policy and return its id."""
    answer = context.aws.client("cloudfront").create_response_headers_policy(
        ResponseHeadersPolicyConfig={
            "Name": "safe",
            "SecurityHeadersConfig": {
                "StrictTransportSecurity": {
                    "Override": True,
                    "AccessControlMaxAgeSec": 60,
                    "IncludeSubdomains": True,
                    "Preload": True,
                },
                "ContentSecurityPolicy": {
                    "Override": False,
                    "ContentSecurityPolicy": "default-src 'self'; img-src \"$x\"",
                },
                "ContentTypeOptions": {"Override": True},
                "FrameOptions": {"Override": True, "FrameOption": "DENY"},
                "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "no-referrer"},
                "XSSProtection": {"Override": True, "Protection": True, "ModeBlock": True},
            },
            "CustomHeadersConfig": items([{"Header": "X-Shop", "Value": "ours", "Override": True}]),
            "RemoveHeadersConfig": items([{"Header": "X-Powered-By"}]),
        }
    )
    identifier: str = answer["ResponseHeadersPolicy"]["Id"]
    return identifier


async def test_viewers_get_the_headers_of_the_policy_and_those_of_the_origin_where_it_says_so(
    context: Context, origin: Backend
) -> None:
    policy = headers_policy(context)
    short = cache_policy(context, "brief", (0, 60, 60))
    behaviour_of_products = service("/products*", short, ResponseHeadersPolicyId=policy)
    url = deploy(context, [behaviour_of_products])
    cdns = Cdns(context)
    await until_async(cdns.reconcile)
    edge = Edge(context.addresses.translate(url))

    wanted = {
        "Strict-Transport-Security": "max-age=60; includeSubDomains; preload",
        "Content-Security-Policy": "default-src 'self'; img-src \"$x\"",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "X-XSS-Protection": "1; mode=block",
        "X-Shop": "ours",
    }
    for cached in ("Miss", "Hit"):
        answer = await edge.ask("/products/1")
        assert answer.headers["X-Cache"] == f"{cached} from cloudfront"
        assert {name: answer.headers.get_list(name) for name in wanted} == {
            name: [value] for name, value in wanted.items()
        }

    own = {"Content-Security-Policy": "default-src 'none'", "X-Shop": "theirs", "X-Powered-By": "magic"}
    origin.headers = own
    for _ in ("Miss", "Hit"):
        answer = await edge.ask("/products/2")
        assert answer.headers.get_list("Content-Security-Policy") == ["default-src 'none'"]
        assert answer.headers.get_list("X-Shop") == ["ours"]
        assert "X-Powered-By" not in answer.headers


async def test_an_unreachable_origin_is_an_error_and_what_was_kept_is_still_served(
    edge: Edge, origin: Backend
) -> None:
    origin.headers = {"Cache-Control": "max-age=60"}
    assert await edge.result("/products/1") == "Miss"
    origin.hung_up.update({"/products/1", "/products/2"})
    assert await edge.result("/products/1") == "Hit"
    failed = await edge.ask("/products/2")
    assert (failed.status_code, failed.headers["X-Cache"]) == (502, "Error from cloudfront")
    origin.hung_up.clear()
    assert await edge.result("/products/2") == "Miss"


async def test_an_origin_that_is_not_on_this_machine_is_named(context: Context) -> None:
    deploy(context, [])
    with pytest.raises(LocalRuntimeError, match=f"The origin {SERVICE}:80 of a distribution"):
        await Cdns(context).reconcile()
