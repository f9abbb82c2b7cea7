"""Health checks of targets, by the settings of their target group.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

import asyncio
import os
from collections.abc import Callable
from typing import Literal

from scripts.local.runtime.balancers.deployed import HealthCheck

State = Literal["initial", "healthy", "unhealthy"]

AGENT = "ELB-HealthChecker/2.0"
# Seconds between the checks of a target that has not answered yet: a start is not waited for by the interval.
INITIAL_INTERVAL = 0.1


class TargetHealth:
    """What is known of one target: its state, and how often in a row a check came out differently."""

    def __init__(self, check: HealthCheck) -> None:
        self.state: State = "initial"
        self.detail = "is starting"
        self._check = check
        self._contrary = 0

    def observe(self, failure: str) -> bool:
        """Take the result of a check, "" or what failed; return whether the state changed.

        A new target needs one good check; after that, as many in a row as the thresholds say. Until its first
        good check a target is initial for as long as it takes.
        """
        before = self.state
        succeeded = not failure
        self.detail = failure
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
        if self.state != before:
            self._contrary = 0
        return self.state != before


class Checker:
    """Checks one target at its local `host:port`, until it is closed; `changed` is called at each change."""

    def __init__(self, check: HealthCheck, address: str, changed: Callable[[], None]) -> None:
        self.health = TargetHealth(check)
        self._check = check
        self._address = address
        self._changed = changed
        self._task = asyncio.create_task(self._run(), name=f"health of {address}")

    def close(self) -> None:
        """Check no more."""
        self._task.cancel()

    async def _run(self) -> None:
        while True:
            if self.health.observe(await probe(self._check, self._address)):
                self._changed()
            initial = self.health.state == "initial"
            await asyncio.sleep(INITIAL_INTERVAL if initial else self._check.interval)


async def probe(check: HealthCheck, address: str) -> str:
    """Ask the target once; return "" when it answers as the matcher wants, else what failed."""
    try:
        async with asyncio.timeout(check.timeout):
            status = await _status(check.path, address)
    except TimeoutError:
        return f"GET {check.path}: no answer within {check.timeout:g} s"
    except OSError as error:
        return f"GET {check.path}: {os.strerror(error.errno) if error.errno else error}"
    except ValueError as error:
        return f"GET {check.path}: {error}"
    return "" if matches(check.matcher, status) else f"GET {check.path}: status {status}"


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
