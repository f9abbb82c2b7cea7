"""Who gets a request: by stickiness, by the algorithm of the target group, and after a failure."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from scripts.local.runtime.balancers import Balancers
from scripts.local.runtime.context import Context
from tests.scripts.local.runtime import backend
from tests.scripts.local.runtime.balancers.load_balancer import Deployed, forward, path
from tests.waiting import until, until_async

SLOW = "/least_outstanding_requests/slow"

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
