"""The load step: four times as many visitors, and how the group of instances follows them.

The visitors that a laptop can make ask little of an instance's CPU: where four times that is no burst, the
drill has a lower target and a lower threshold of the burst's alarm, and puts both back afterwards.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from scripts.drill.errors import DrillError
from scripts.drill.stack import Stack, await_health
from scripts.local import REGION
from scripts.local.console.load import Load
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control import points, tracking
from scripts.local.runtime.control.minute import MINUTE
from scripts.local.runtime.control.tracking import CPU, Policy

STEP = 4
LOWERED = 1.2  # times the CPU before the step, a part of which visitors do not cause: it grows less than they
# Periods of load before the step; that the group has to follow it; of load after it has.
BEFORE, PATIENCE, AFTER = 6, 36, 6
PERIODS = 3  # of which the latest that was measured is shown
LOOK = 1.0  # seconds
METRIC_WITHIN = 180.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was seen at a moment, in seconds since the step; `p95` in ms, `cpu` in percent of a core."""

    second: float
    visitors: int
    requests: float
    p95: float | None
    desired: int
    healthy: int
    cpu: float | None
    failures: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of the step.

    `decided` and `served` are the seconds after the step at which more instances were wanted, and at which
    all of them were healthy in the load balancer; None for never.
    """

    target: float
    rows: Sequence[Row]
    decided: float | None
    served: float | None

    def latency(self, begin: float, end: float) -> float | None:
        """Return the greatest 95th percentile between two moments, in ms."""
        found = [row.p95 for row in self.rows if begin <= row.second < end and row.p95 is not None]
        return max(found, default=None)


@dataclass
class Drill:
    """Makes the load and looks at the group that a policy lets follow its CPU."""

    stack: Stack
    visitors: int
    told: Callable[[str], None]
    _load: Load = field(default_factory=Load)

    async def hold(self) -> Outcome:
        """Hold the drill.

        Raises:
            DrillError: no group follows its CPU, or that is not measured yet.
        """
        aws = Aws(self.stack.endpoint, REGION)
        found = await tracking.policies(aws)
        policy = next((it for it in found if it.series.metric == "CPUUtilization"), None)
        if policy is None:
            raise DrillError(f"no policy of the type {CPU} is deployed, so that nothing follows the load.")
        watch = _Watch(aws, policy, await _bursts(aws, policy), self._load)
        try:
            await watch.await_metric()
            return await self._step(watch)
        finally:
            await self._load.close()
            await watch.set_target(policy.target)

    async def _step(self, watch: "_Watch") -> Outcome:
        site = await_health(self.stack.state)["site"]
        await self._load.set(self.visitors, site)
        self.told(f"{self.visitors} visitors for {BEFORE * MINUTE:g} s")
        stepped_at = time.monotonic() + BEFORE * MINUTE
        rows = [row async for row in _rows(watch, stepped_at, BEFORE * MINUTE)]
        before = rows[-1].desired
        target = reachable(rows[-1].cpu or 0.0, watch.policy.target, watch.limit)
        await watch.set_target(target)
        self.told(f"the target is {target:.3g} % of a core, the CPU {rows[-1].cpu or 0.0:.3g} %")
        await self._load.set(self.visitors * STEP, site)
        self.told(f"{self.visitors * STEP} visitors from now on; {before} instances")
        decided = served = None
        end = PATIENCE * MINUTE
        async for row in _rows(watch, stepped_at, end):
            rows.append(row)
            if decided is None and row.desired > before:
                decided = row.second
                self.told(f"after {decided:.0f} s {row.desired} instances are wanted")
            if decided is not None and served is None and row.healthy >= row.desired:
                served = row.second
                end = served + AFTER * MINUTE
                self.told(f"after {served:.0f} s all {row.healthy} are healthy")
            if row.second >= end:
                break
        return Outcome(target=target, rows=rows, decided=decided, served=served)


class _Watch:
    """Looks at a policy's group, as AWS describes it, and at what the visitors say."""

    def __init__(self, aws: Aws, policy: Policy, bursts: Sequence[Mapping[str, Any]], load: Load) -> None:
        self._aws = aws
        self.policy = policy
        self._bursts = bursts
        self._load = load

    @property
    def limit(self) -> float:
        """What the CPU has to pass: where a burst begins, or the target where nothing answers bursts."""
        return max((alarm["Threshold"] for alarm in self._bursts), default=self.policy.target)

    async def await_metric(self) -> None:
        """Wait until the policy has what it goes by: nothing is measured while a stack comes up."""
        deadline = time.monotonic() + METRIC_WITHIN
        while (await self.look(0)).cpu is None:
            if time.monotonic() > deadline:
                raise DrillError(
                    f"the CPU of {self.policy.group} has not been measured for {METRIC_WITHIN:g} s: the"
                    " stack is not healthy for long enough. See: make status."
                )
            await asyncio.sleep(LOOK)

    async def set_target(self, target: float) -> None:
        """Give the policy a target, where it has another one, and its bursts' alarms one to match."""
        named = {"AutoScalingGroupName": self.policy.group, "PolicyNames": [self.policy.name]}
        answer = await self._aws.call("autoscaling", "describe_policies", **named)
        kept = answer["ScalingPolicies"][0]["TargetTrackingConfiguration"]
        if kept["TargetValue"] != target:
            await self._aws.call(
                "autoscaling",
                "put_scaling_policy",
                AutoScalingGroupName=self.policy.group,
                PolicyName=self.policy.name,
                PolicyType="TargetTrackingScaling",
                TargetTrackingConfiguration=kept | {"TargetValue": target},
            )
        for alarm in self._bursts:
            threshold = alarm["Threshold"] * target / self.policy.target
            await self._aws.call("cloudwatch", "put_metric_alarm", **{**alarm, "Threshold": threshold})

    async def look(self, second: float) -> Row:
        answer = await self._aws.call(
            "autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[self.policy.group]
        )
        (group,) = answer["AutoScalingGroups"]
        end = time.time() // MINUTE * MINUTE
        (own,) = await points.read(self._aws, [self.policy.series], PERIODS, end)
        latest: Mapping[str, Any] = self._load.latest
        return Row(
            second=round(second, 1),
            visitors=latest.get("users", 0),
            requests=latest.get("requests", 0.0),
            p95=latest.get("p95"),
            desired=group["DesiredCapacity"],
            healthy=await self._healthy(group["TargetGroupARNs"]),
            cpu=own[-1].value if own else None,
            failures=latest.get("failures", 0),
        )

    async def _healthy(self, target_groups: Sequence[str]) -> int:
        """Return how many instances are healthy in all the group's target groups; asked anew each time."""
        counts = []
        for arn in target_groups:
            answer = await asyncio.to_thread(
                self._aws.client("elbv2").describe_target_health, TargetGroupArn=arn
            )
            states = [one["TargetHealth"]["State"] for one in answer["TargetHealthDescriptions"]]
            counts.append(states.count("healthy"))
        return min(counts, default=0)


async def _bursts(aws: Aws, policy: Policy) -> list[dict[str, Any]]:
    """Return the alarms of step scaling on the metric that a policy tracks, as one puts them."""
    answer = await aws.call(
        "autoscaling",
        "describe_policies",
        AutoScalingGroupName=policy.group,
        PolicyTypes=["StepScaling"],
    )
    put = aws.client("cloudwatch").meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    found = []
    for step in answer["ScalingPolicies"]:
        alarms = await aws.call("cloudwatch", "describe_alarms", ActionPrefix=step["PolicyARN"])
        found += [it for it in alarms["MetricAlarms"] if it["MetricName"] == policy.series.metric]
    return [{key: value for key, value in alarm.items() if key in put} for alarm in found]


async def _rows(watch: _Watch, stepped_at: float, seconds: float) -> AsyncIterator[Row]:
    """Give a row each second for so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield await watch.look(time.monotonic() - stepped_at)
        await asyncio.sleep(LOOK)


def reachable(cpu: float, target: float, limit: float) -> float:
    """Return the policy's target if a step from a load of `cpu` percent passes `limit`, else a lower one."""
    return target if cpu * STEP > limit else max(cpu * LOWERED, 1.0)


def table(outcome: Outcome) -> Table:
    """Return what was seen, a period a row."""
    table = Table(box=None, pad_edge=False)
    for column in ("second", "visitors", "requests/s", "p95 ms", "wanted", "healthy", "CPU %", "failed"):
        table.add_column(column, justify="right")
    shown = float("-inf")
    failed = 0
    for row in outcome.rows:
        failed += row.failures
        if row.second < shown + MINUTE:
            continue
        shown = row.second
        table.add_row(
            f"{row.second:+.0f}",
            str(row.visitors),
            f"{row.requests:.0f}",
            _number(row.p95),
            str(row.desired),
            str(row.healthy),
            _number(row.cpu),
            str(failed),
        )
    return table


def summary(outcome: Outcome) -> Iterator[str]:
    """Yield what it comes to."""
    if outcome.decided is None:
        highest = max((row.cpu for row in outcome.rows if row.cpu is not None), default=0.0)
        yield (
            f"The group did not scale out: its CPU was at most {highest:.0f} %, its target is"
            f" {outcome.target:g} %. More visitors: --visitors."
        )
        return
    periods = outcome.decided / MINUTE
    yield (
        f"Scaled out {outcome.decided:.0f} s after the step: {periods:.1f} periods of {MINUTE:g} s, which are"
        f" {periods:.1f} minutes at AWS. Target tracking alone takes three at least."
    )
    if outcome.served is not None:
        before, during, after = (
            outcome.latency(begin, end)
            for begin, end in (
                (-2 * MINUTE, 0),
                (0, outcome.served),
                (outcome.served + 2 * MINUTE, float("inf")),
            )
        )
        yield f"All served after {outcome.served:.0f} s."
        yield f"p95: {_number(before)} ms before, {_number(during)} ms during, {_number(after)} ms after."


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"
