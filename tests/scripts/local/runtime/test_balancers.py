"""Load balancers that were deployed forward by their rules, to healthy targets only."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import httpx
import pytest

from scripts.local.runtime.balancers import Balancers
from scripts.local.runtime.balancers import deployed as deployed_model
from scripts.local.runtime.balancers.access_log import AccessLog, Answered
from scripts.local.runtime.balancers.deployed import HealthCheck
from scripts.local.runtime.balancers.health import Failure, TargetHealth, matches, probe
from scripts.local.runtime.context import Context
from tests.scripts.local.runtime import backend
from tests.scripts.local.runtime.backend import Backend
from tests.scripts.local.runtime.streams import Streams
from tests.waiting import PATIENCE, until, until_async

SLOW = "/least_outstanding_requests/slow"
NOT_FOUND = {"StatusCode": "404", "ContentType": "application/json", "MessageBody": '{"price": "$5"}'}


class Deployed:
    """A load balancer in the local AWS, whose rules and targets a test adds."""

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._elb = context.aws.client("elbv2")
        self._priority = 0
        subnets = context.aws.client("ec2").describe_subnets()["Subnets"]
        self.vpc = subnets[0]["VpcId"]
        self.balancer = self._elb.create_load_balancer(
            Name=name, Subnets=[subnet["SubnetId"] for subnet in subnets[:2]], Type="application"
        )["LoadBalancers"][0]
        self.listener = self._elb.create_listener(
            LoadBalancerArn=self.balancer["LoadBalancerArn"],
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": NOT_FOUND}],
        )["Listeners"][0]["ListenerArn"]

    def group(self, name: str, targets: Sequence[Backend | Streams] = ()) -> str:
        arn: str = self._elb.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=8080,
            VpcId=self.vpc,
            TargetType="ip",
            HealthCheckPath="/live",
            HealthCheckIntervalSeconds=5,
            HealthCheckTimeoutSeconds=2,
            HealthyThresholdCount=2,
            UnhealthyThresholdCount=2,
            Matcher={"HttpCode": "200-299"},
        )["TargetGroups"][0]["TargetGroupArn"]
        for target in targets:
            self.register(arn, target)
        return arn

    def register(self, group: str, target: Backend | Streams) -> None:
        """Register a target by an address of its own, and say that the backend stands for it."""
        address = f"10.0.0.{target.port % 251}"
        self._context.addresses.publish(f"{address}:{target.port}", target.address)
        self._elb.register_targets(TargetGroupArn=group, Targets=[{"Id": address, "Port": target.port}])

    def rule(self, conditions: Sequence[dict[str, Any]], action: dict[str, Any]) -> None:
        self._priority += 1
        self._elb.create_rule(
            ListenerArn=self.listener, Priority=self._priority, Conditions=list(conditions), Actions=[action]
        )

    def delete(self) -> None:
        self._elb.delete_load_balancer(LoadBalancerArn=self.balancer["LoadBalancerArn"])
        for group in self._elb.describe_target_groups()["TargetGroups"]:
            self._elb.delete_target_group(TargetGroupArn=group["TargetGroupArn"])


def path(*patterns: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}


def forward(group: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": group}


def page(title: str) -> str:
    """The page by which a load balancer of AWS says that no target answered."""
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )


@pytest.fixture
def deployed(context: Context) -> Any:
    deployed = Deployed(context, "shop")
    yield deployed
    deployed.delete()


@pytest.fixture
async def balancers(context: Context) -> AsyncIterator[Balancers]:
    balancers = Balancers(context)
    yield balancers
    await balancers.close()


@pytest.fixture
async def client(context: Context) -> AsyncIterator[Callable[..., Any]]:
    """Asks the load balancer, at its local address."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:

        async def ask(target: str, method: str = "GET", **arguments: Any) -> httpx.Response:
            client.cookies.clear()
            url = context.addresses.named()["load_balancer"] + target
            return await client.request(method, url, **arguments)

        yield ask


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


@pytest.fixture
def quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check every 50 ms: AWS's least interval of 5 s is too long to wait for here."""
    read = deployed_model._health_check

    def quick(described: Mapping[str, Any]) -> HealthCheck:
        return dataclasses.replace(read(described), interval=0.05)

    monkeypatch.setattr(deployed_model, "_health_check", quick)


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


STICKY = {"stickiness.enabled": "true", "stickiness.type": "lb_cookie"}


def sticky(context: Context, group: str, **attributes: str) -> None:
    """Have clients stay with a target of a group; `attributes` with underscores for dots."""
    told = STICKY | {f"stickiness.{name}": value for name, value in attributes.items()}
    context.aws.client("elbv2").modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": key, "Value": value} for key, value in told.items()]
    )


def cookies(answer: httpx.Response) -> dict[str, str]:
    """The cookies that an answer sets, each with its attributes."""
    found = (header.partition("=") for header in answer.headers.get_list("Set-Cookie"))
    return {name: rest for name, _, rest in found}


async def test_a_client_stays_with_its_target_for_as_long_as_that_is_there(
    context: Context, deployed: Deployed, balancers: Balancers, client: Callable[..., Any], quick_checks: None
) -> None:
    with backend.running("one") as one, backend.running("two") as two:
        group = deployed.group("shop", [one, two])
        sticky(context, group, **{"lb_cookie.duration_seconds": "60"})
        deployed.rule([path("*")], forward(group))
        await until_async(balancers.reconcile)
        first = await client("/")
        told = cookies(first)
        value = told["AWSALB"].partition(";")[0]
        assert told["AWSALB"] == f"{value}; Max-Age=60; Path=/"
        assert told["AWSALBCORS"] == f"{value}; Max-Age=60; Path=/; SameSite=None; Secure"
        stays = {"Cookie": f"a=b; AWSALB={value}; c=d"}
        name = first.json()["name"]
        assert {(await client("/", headers=stays)).json()["name"] for _ in range(6)} == {name}
        assert {(await client("/")).json()["name"] for _ in range(6)} == {"one", "two"}

        async def moved() -> bool:
            answer = await client("/", headers=stays)
            return answer.json()["name"] != name and cookies(answer)["AWSALB"] != told["AWSALB"]

        (one if name == "one" else two).statuses["/live"] = 500
        await until_async(moved)


async def test_a_client_stays_from_when_the_application_has_set_its_cookie(
    context: Context, deployed: Deployed, balancers: Balancers, client: Callable[..., Any]
) -> None:
    with backend.running("one") as one, backend.running("two") as two:
        group = deployed.group("shop", [one, two])
        own = {"app_cookie.cookie_name": "SESSION", "app_cookie.duration_seconds": "60"}
        sticky(context, group, type="app_cookie", **own)
        deployed.rule([path("*")], forward(group))
        await until_async(balancers.reconcile)
        assert cookies(await client("/")) == {}
        one.headers = two.headers = {"Set-Cookie": "SESSION=7; Path=/"}
        first = await client("/")
        told = cookies(first)
        assert told.keys() == {"SESSION", "AWSALBAPP-0"}
        stays = {"Cookie": f"SESSION=7; AWSALBAPP-0={told['AWSALBAPP-0'].partition(';')[0]}"}
        assert {(await client("/", headers=stays)).json()["name"] for _ in range(6)} == {first.json()["name"]}


async def test_a_client_stays_with_its_variant_where_the_rule_says_so(
    deployed: Deployed, balancers: Balancers, client: Callable[..., Any]
) -> None:
    with backend.running("old") as old, backend.running("new") as new:
        groups = [
            {"TargetGroupArn": deployed.group(target.name, [target]), "Weight": 1} for target in (old, new)
        ]
        stays = {"Enabled": True, "DurationSeconds": 60}
        config = {"TargetGroups": groups, "TargetGroupStickinessConfig": stays}
        deployed.rule([path("*")], {"Type": "forward", "ForwardConfig": config})
        await until_async(balancers.reconcile)
        first = await client("/")
        value = cookies(first)["AWSALBTG"].partition(";")[0]
        kept = {(await client("/", headers={"Cookie": f"AWSALBTG={value}"})).json()["name"] for _ in range(8)}
        assert kept == {first.json()["name"]}
        assert {(await client("/")).json()["name"] for _ in range(32)} == {"old", "new"}


async def test_the_algorithm_is_that_of_the_target_group_and_a_tag_has_paths_hashed(
    context: Context, deployed: Deployed, balancers: Balancers, client: Callable[..., Any]
) -> None:
    elb = context.aws.client("elbv2")
    with backend.running("one") as one, backend.running("two") as two:
        names = ("least_outstanding_requests", "weighted_random", "hashed")
        for name in names:
            group = deployed.group(name.replace("_", "-"), [one, two])
            if name == "hashed":
                tag = {"Key": "blueprint:consistent-hash", "Value": "path"}
                elb.add_tags(ResourceArns=[group], Tags=[tag])
            else:
                attribute = {"Key": "load_balancing.algorithm.type", "Value": name}
                elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[attribute])
            deployed.rule([path(f"/{name}/*")], forward(group))
        await until_async(balancers.reconcile)
        for name in names[:2]:
            assert {(await client(f"/{name}/1")).json()["name"] for _ in range(32)} == {"one", "two"}
        one.slow[SLOW] = two.slow[SLOW] = 1.0
        slow = asyncio.create_task(client(SLOW))
        await until(lambda: one.count(SLOW) + two.count(SLOW) > 0)
        free = "two" if one.count(SLOW) else "one"
        quick = "/least_outstanding_requests/2"
        assert {(await client(quick)).json()["name"] for _ in range(4)} == {free}
        await slow
        by_path = {number: (await client(f"/hashed/{number}")).json()["name"] for number in range(32)}
        assert set(by_path.values()) == {"one", "two"}
        assert by_path == {n: (await client(f"/hashed/{n}?again")).json()["name"] for n in by_path}


async def test_a_request_goes_to_another_target_only_where_none_may_have_acted_on_it(
    deployed: Deployed, balancers: Balancers, client: Callable[..., Any]
) -> None:
    with backend.running("one") as one:
        with backend.running("two") as two:
            deployed.rule([path("*")], forward(deployed.group("shop", [one, two])))
            await until_async(balancers.reconcile)
            for target in (one, two):
                target.hung_up.add("/orders")
            for _ in range(4):  # each was sent once, and no more
                assert (await client("/orders", method="POST")).status_code == 502
            assert one.count("/orders") + two.count("/orders") == 4
        # A refused connection is safe to try elsewhere.
        answers = [await client("/others", method="POST") for _ in range(4)]
        assert {answer.json()["name"] for answer in answers} == {"one"}


def check(**changes: Any) -> HealthCheck:
    settings = {
        "enabled": True,
        "path": "/live",
        "interval": 5.0,
        "timeout": PATIENCE,
        "healthy_threshold": 3,
        "unhealthy_threshold": 2,
        "matcher": "200",
    }
    return HealthCheck(**{**settings, **changes})


def test_a_target_changes_its_state_by_the_thresholds_and_a_new_one_by_its_first_good_check() -> None:
    health = TargetHealth(check())
    results = ["refused", "refused", "", "", "500", "", "500", "500", "", "", "500", "", "", ""]
    states = []
    for failure in results:
        health.observe(Failure(failure, "Target.FailedHealthChecks", "") if failure else None)
        states.append(health.state)
    assert states == ["initial"] * 2 + ["healthy"] * 5 + ["unhealthy"] * 6 + ["healthy"]


async def test_a_check_says_what_failed() -> None:
    with backend.running("shop") as shop:
        shop.statuses["/live"] = 503
        shop.slow["/slow"] = 1.0
        assert await probe(check(), shop.address) == Failure(
            "GET /live: status 503",
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [503]",
        )
        assert await probe(check(path="/fine"), shop.address) is None
        assert await probe(check(path="/slow", timeout=0.2), shop.address) == Failure(
            "GET /slow: no answer within 0.2 s", "Target.Timeout", "Request timed out"
        )
    assert await probe(check(), shop.address) == Failure(
        "GET /live: Connection refused", "Target.FailedHealthChecks", "Health checks failed"
    )


@pytest.mark.parametrize(
    ("matcher", "status", "expected"),
    [("200", 200, True), ("200,204", 204, True), ("200-399", 302, True), ("200-399", 400, False)],
)
def test_a_matcher_is_a_list_of_statuses_and_ranges(matcher: str, status: int, expected: bool) -> None:  # noqa: FBT001
    assert matches(matcher, status) is expected
