"""Health checks of targets, by the settings of their target group.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from scripts.local.runtime.balancers.deployed import HealthCheck

State = Literal["initial", "healthy", "unhealthy"]

AGENT = "ELB-HealthChecker/2.0"
# Seconds between the checks of a target that has not answered yet: a start is not waited for by the interval.
INITIAL_INTERVAL = 0.1


@dataclass(frozen=True)
class Failure:
    """Why a check failed, for people here, and as `DescribeTargetHealth` has it."""

    detail: str
    reason: str
    description: str


STARTING = Failure("is starting", "Elb.InitialHealthChecking", "Initial health checks in progress")


class TargetHealth:
    """What is known of one target: its state, and how often in a row a check came out differently."""

    def __init__(self, check: HealthCheck) -> None:
        self.state: State = "initial"
        self.failure: Failure | None = STARTING
        self._check = check
        self._contrary = 0

    @property
    def detail(self) -> str:
        """What failed last, "" for a target that is healthy."""
        return self.failure.detail if self.failure else ""

    def observe(self, failure: Failure | None) -> bool:
        """Take the result of a check, None where it is good; return whether the state changed.

        A new target needs one good check; after that, as many in a row as the thresholds say. Until its first
        good check a target is initial for as long as it takes.
        """
        before = self.state
        succeeded = failure is None
        if succeeded == (self.state == "healthy"):
            self._contrary = 0
        else:
            self._contrary += 1
        if self.state == "initial":
            self.state = "healthy" if succeeded else "initial"
        elif succeeded and self._contrary >= self._check.healthy_threshold:
            self.state = "healthy"
        elif not succeeded and self._contrary >= self._check.unhealthy_threshold:
            self.state = "unhealthy"
        if failure is not None or self.state == "healthy":
            self.failure = failure
        if self.state != before:
            self._contrary = 0
        return self.state != before


class Checker:
    """Checks one target at its local `host:port`, until it is closed; `changed` is called at each change."""

    def __init__(self, check: HealthCheck, address: str, changed: Callable[[], None]) -> None:
        self.health = TargetHealth(check)
        self._asked = 0
        self._check = check
        self._address = address
        self._changed = changed
        self._task = asyncio.create_task(self._run(), name=f"health of {address}")

    @property
    def is_sure(self) -> bool:
        """Whether the target has answered as it should, or failed as often as one must to be unhealthy."""
        return self.health.state != "initial" or self._asked >= self._check.unhealthy_threshold

    def close(self) -> None:
        """Check no more."""
        self._task.cancel()

    async def _run(self) -> None:
        while True:
            failure = await probe(self._check, self._address)
            self._asked += 1
            if self.health.observe(failure):
                self._changed()
            initial = self.health.state == "initial"
            await asyncio.sleep(INITIAL_INTERVAL if initial else self._check.interval)


async def probe(check: HealthCheck, address: str) -> Failure | None:
    """Ask the target once; return None when it answers as the matcher wants, else what failed."""
    asked = f"GET {check.path}"
    try:
        async with asyncio.timeout(check.timeout):
            status = await _status(check.path, address)
    except TimeoutError:
        detail = f"{asked}: no answer within {check.timeout:g} s"
        return Failure(detail, "Target.Timeout", "Request timed out")
    except (OSError, ValueError) as error:
        told = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        return Failure(f"{asked}: {told}", "Target.FailedHealthChecks", "Health checks failed")
    if matches(check.matcher, status):
        return None
    description = f"Health checks failed with these codes: [{status}]"
    return Failure(f"{asked}: status {status}", "Target.ResponseCodeMismatch", description)


def matches(matcher: str, status: int) -> bool:
    """Tell whether a status is among those of a matcher: `200`, `200,204` or `200-399`."""
    ranges = [part.strip().partition("-") for part in matcher.split(",")]
    return any(int(first) <= status <= int(last or first) for first, _, last in ranges)


async def _status(path: str, address: str) -> int:
    """Return the status of the answer; raises `OSError` or `ValueError` when there is none."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        request = (
            f"GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: {AGENT}\r\nConnection: close\r\n\r\n"
        )
        writer.write(request.encode())
        line = await reader.readline()
        protocol, _, rest = line.decode("latin-1").partition(" ")
        if not protocol.startswith("HTTP/"):
            raise ValueError(f"no HTTP answer but {line[:40]!r}")
        return int(rest[:3])
    finally:
        writer.close()
