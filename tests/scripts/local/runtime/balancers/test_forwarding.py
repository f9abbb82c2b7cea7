"""Load balancers that were deployed forward by their rules, to healthy targets only."""

from collections.abc import Callable
from typing import Any

import httpx

from scripts.local.runtime.balancers import Balancers
from scripts.local.runtime.balancers.access_log import AccessLog, Answered
from scripts.local.runtime.context import Context
from tests.scripts.local.runtime import backend
from tests.scripts.local.runtime.balancers.load_balancer import NOT_FOUND, Deployed, forward, path
from tests.waiting import PATIENCE, until, until_async


def page(title: str) -> str:
    """The page by which a load balancer of AWS says that no target answered."""
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )


async def test_rules_decide_by_path_host_header_method_and_query_in_the_order_of_their_priority(
    context: Context, deployed: Deployed, balancers: Balancers, client: Callable[..., Any]
) -> None:
    with backend.running("orders") as orders, backend.running("admin") as admin:
        orders_group, admin_group = deployed.group("orders", [orders]), deployed.group("admin", [admin])
        header = {
            "Field": "http-header",
            "HttpHeaderConfig": {"HttpHeaderName": "X-Role", "Values": ["adm*"]},
        }
        host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["admin.example.com"]}}
        method = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["DELETE"]}}
        query = {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2*"}]}}
        redirect = {"Host": "#{host}", "Path": "/new/#{path}", "StatusCode": "HTTP_301"}
        deployed.rule([path("/orders*"), header], forward(admin_group))
        deployed.rule([host], forward(admin_group))
        deployed.rule([path("/old/*")], {"Type": "redirect", "RedirectConfig": redirect})
        deployed.rule([method, query], forward(admin_group))
        deployed.rule([path("/orders*", "/item-?")], forward(orders_group))
        await until_async(balancers.reconcile)

        async def reached(target: str, **arguments: Any) -> str:
            name: str = (await client(target, **arguments)).json()["name"]
            return name

        assert await reached("/orders/7") == "orders"
        assert await reached("/item-1?a=b") == "orders"
        assert await reached("/orders/7", headers={"X-Role": "ADMIN"}) == "admin"
        assert await reached("/anything", headers={"Host": "Admin.example.com"}) == "admin"
        assert await reached("/anything?a=1&V=21", method="DELETE") == "admin"
        assert (await client("/item-12")).status_code == 404
        assert (await client("/Orders")).status_code == 404
        assert (await client("/anything?v=12", method="DELETE")).status_code == 404
        assert (await client("/old/page")).headers["Location"].endswith("/new/old/page")
        moved = await client("/old/page?x=1")
        base = context.addresses.named()["load_balancer"]
        assert (moved.status_code, moved.headers["Location"]) == (301, f"{base}/new/old/page?x=1")
        missing = await client("/nothing")
        assert (missing.text, missing.headers["Content-Type"]) == (
            NOT_FOUND["MessageBody"],
            "application/json",
        )


async def test_targets_are_told_who_asked_and_get_the_request_unchanged(
    deployed: Deployed, balancers: Balancers, client: Callable[..., Any]
) -> None:
    with backend.running("shop") as shop:
        deployed.rule([path("*")], forward(deployed.group("shop", [shop])))
        await until_async(balancers.reconcile)
        answer = await client(
            "/a%2Fb//c?q=%20x",
            method="POST",
            content="body",
            headers={"Host": "shop.example.com:81", "X-Forwarded-For": "203.0.113.9"},
        )
    seen = answer.json()
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/a%2Fb//c?q=%20x", "body")
    headers = seen["headers"]
    assert headers["host"] == "shop.example.com:81"
    assert headers["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-port"] == str(answer.url.port)
    assert headers["x-amzn-trace-id"].startswith("Root=1-")


async def test_the_access_log_tells_each_request_as_aws_does(
    deployed: Deployed, balancers: Balancers, client: Callable[..., Any]
) -> None:
    with backend.running("shop") as shop:
        shop.statuses["/broken"] = 500
        group = deployed.group("shop", [shop])
        deployed.rule([path("/*ok", "/broken", "/gone")], forward(group))
        await until_async(balancers.reconcile)
        (log,) = (AccessLog(path) for path in balancers.logs().values())
        for asked in ("/ok", "/broken", "/missing"):
            await client(asked, headers={"User-Agent": 'one "two"', "X-Amzn-Trace-Id": "Root=1-2-3"})
    assert (await client("/gone")).status_code == 502
    answers: list[Answered] = []

    def all_written() -> bool:
        answers.extend(log.read())
        return len(answers) == 4

    await until(all_written)
    told = [(one.status, one.target_status, one.group) for one in answers]
    assert told == [(200, 200, group), (500, 500, group), (404, None, ""), (502, None, group)]
    assert all((one.seconds is not None) == (one.target_status is not None) for one in answers)


def described(context: Context) -> list[str]:
    """Return the states of all targets as AWS describes them, each with its reason, sorted."""
    elb = context.aws.client("elbv2")
    found = [
        one["TargetHealth"]
        for group in elb.describe_target_groups()["TargetGroups"]
        for one in elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])[
            "TargetHealthDescriptions"
        ]
    ]
    return sorted(": ".join([one["State"], *filter(None, [one.get("Reason")])]) for one in found)


async def test_requests_are_spread_and_an_unhealthy_target_leaves_until_it_is_healthy_again(
    context: Context, deployed: Deployed, balancers: Balancers, client: Callable[..., Any], quick_checks: None
) -> None:
    async def answering() -> set[str]:
        return {(await client("/")).json()["name"] for _ in range(4)}

    async def only_two() -> bool:
        return await answering() == {"two"}

    async def both() -> bool:
        return await answering() == {"one", "two"}

    with backend.running("one") as one, backend.running("two") as two:
        deployed.rule([path("*")], forward(deployed.group("shop", [one, two])))
        await until_async(balancers.reconcile)
        assert await both()
        assert described(context) == ["healthy", "healthy"]
        one.statuses["/live"] = 500
        await until_async(only_two)
        assert not await balancers.reconcile()
        assert described(context) == ["healthy", "unhealthy: Target.ResponseCodeMismatch"]
        two.statuses["/live"] = 500  # no healthy target is left: now all of them are used
        await until_async(both)
        one.statuses.clear()
        two.statuses.clear()
        await until_async(balancers.reconcile)


async def test_weights_share_the_requests_out(
    deployed: Deployed, balancers: Balancers, client: Callable[..., Any]
) -> None:
    with backend.running("new") as new, backend.running("old") as old:
        groups = [
            {"TargetGroupArn": deployed.group("new", [new]), "Weight": 0},
            {"TargetGroupArn": deployed.group("old", [old]), "Weight": 10},
        ]
        deployed.rule([path("*")], {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}})
        await until_async(balancers.reconcile)
        assert {(await client("/")).json()["name"] for _ in range(8)} == {"old"}


async def test_services_behind_paths_and_hosts_have_groups_of_their_own_and_weights_that_add_up(
    deployed: Deployed, balancers: Balancers, client: Callable[..., Any]
) -> None:
    with (
        backend.running("carts") as carts,
        backend.running("blue") as blue,
        backend.running("green") as green,
        backend.running("spare") as spare,
    ):
        weights = [
            {"TargetGroupArn": deployed.group("blue", [blue]), "Weight": 1},
            {"TargetGroupArn": deployed.group("green", [green]), "Weight": 1},
            {"TargetGroupArn": deployed.group("spare", [spare]), "Weight": 0},
        ]
        split = {"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}
        unweighted = {"Type": "forward", "ForwardConfig": {"TargetGroups": weights[2:]}}
        host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.orders.example.com"]}}
        deployed.rule([path("/carts", "/carts/*")], forward(deployed.group("carts", [carts])))
        deployed.rule([host, path("/orders/*")], split)
        deployed.rule([host], unweighted)
        await until_async(balancers.reconcile)

        async def reached(target: str, times: int = 1) -> set[str]:
            headers = {"Host": "eu.orders.example.com"}
            return {(await client(target, headers=headers)).json()["name"] for _ in range(times)}

        assert await reached("/carts/7") == {"carts"}
        assert await reached("/orders/7", times=64) == {"blue", "green"}
        assert (await client("/other", headers={"Host": "eu.orders.example.com"})).status_code == 503
        assert (await client("/orders/7")).status_code == 404


async def test_a_redirect_to_https_leads_to_where_that_listener_is_here(
    context: Context, deployed: Deployed, balancers: Balancers
) -> None:
    elb = context.aws.client("elbv2")
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    elb.modify_listener(
        ListenerArn=deployed.listener, DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}]
    )
    certificate = context.aws.client("acm").request_certificate(DomainName="shop.example.com")
    with backend.running("shop") as shop:
        elb.create_listener(
            LoadBalancerArn=deployed.balancer["LoadBalancerArn"],
            Port=443,
            Protocol="HTTPS",
            Certificates=[{"CertificateArn": certificate["CertificateArn"]}],
            DefaultActions=[forward(deployed.group("shop", [shop]))],
        )
        await until_async(balancers.reconcile)
        named, dns_name = context.addresses.named(), deployed.balancer["DNSName"]
        plain = context.addresses.translate(f"http://{dns_name}")
        secure = context.addresses.translate(f"https://{dns_name}")
        async with httpx.AsyncClient(timeout=PATIENCE) as browser:
            moved = await browser.get(f"{plain}/carts?x=1")
            assert (moved.status_code, moved.headers["Location"]) == (301, f"{secure}/carts?x=1")
            assert (await browser.get(moved.headers["Location"])).json()["name"] == "shop"
        assert named["load_balancer"] == secure != plain


async def test_failures_of_targets_have_the_statuses_that_aws_gives_them(
    context: Context, deployed: Deployed, balancers: Balancers, client: Callable[..., Any]
) -> None:
    context.aws.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=deployed.balancer["LoadBalancerArn"],
        Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "1"}],
    )
    with backend.running("shop") as shop:
        shop.hung_up.add("/broken")
        shop.slow["/slow"] = 3.0
        deployed.rule([path("/empty")], forward(deployed.group("empty")))
        deployed.rule([path("*")], forward(deployed.group("shop", [shop])))
        await until_async(balancers.reconcile)
        (log,) = balancers.logs().values()
        for answer, title in (
            (await client("/empty"), "503 Service Temporarily Unavailable"),
            (await client("/broken", method="POST"), "502 Bad Gateway"),
            (await client("/slow"), "504 Gateway Time-out"),
        ):
            assert (answer.status_code, answer.text) == (int(title[:3]), page(title))
            assert (answer.headers["Server"], answer.headers["Content-Type"]) == ("awselb/2.0", "text/html")
        shop.statuses["/own"] = 502
        own = await client("/own")
        assert (own.json()["path"], own.headers["Server"][:10]) == ("/own", "BaseHTTP/0")
    assert (await client("/")).status_code == 502
    await until(lambda: log.read_text().count("http ") == 5)
    # Target, times of request, target and answer, the statuses of both, and the method.
    told = [line.split(" ") for line in log.read_text().splitlines() if line.startswith("http ")]
    assert [[*fields[5:10], fields[12]] for fields in told] == [
        ["-1", "-1", "-1", "503", "-", '"GET'],
        ["0.000", "-1", "-1", "502", "-", '"POST'],
        ["0.000", "-1", "-1", "504", "-", '"GET'],
        ["0.000", told[3][6], "0.000", "502", "502", '"GET'],
        ["0.000", "-1", "-1", "502", "-", '"GET'],
    ]
    assert [fields[4] for fields in told] == ["-", *[shop.address] * 4]
