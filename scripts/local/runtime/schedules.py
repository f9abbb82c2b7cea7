"""EventBridge rules that run by the clock: their functions are invoked when it is time."""

import asyncio
import functools
import json
import logging
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from scripts.local.runtime.context import Context
from scripts.local.runtime.destinations import timestamp
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.functions.asynchronous import deliver
from scripts.local.runtime.notes import FOLDER, Notes

logger = logging.getLogger(__name__)

# EventBridge user guide, "Rate-based schedules": the unit is singular where the value is 1.
RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}


class Due(NamedTuple):
    """When a rule with this expression is to run next, on the machine's clock that never goes back."""

    expression: str
    at: float


class Schedules:
    """Invokes functions as the rules say: for the first time one period after a rule was seen.

    Nothing is made up for: what was due while this machine slept runs once. What a runtime had not delivered
    when it died is due for the next one.
    """

    name = "schedules"
    after: tuple[str, ...] = ("functions",)

    def __init__(self, context: Context, functions: Functions) -> None:
        self._context = context
        self._functions = functions
        self._notes = Notes(context.state / FOLDER / "schedules.json")
        self._due = {arn: Due(*due) for arn, due in self._notes.known().items()}
        self._deliveries: set[asyncio.Task[None]] = set()

    async def reconcile(self) -> bool:
        """Run what is due.

        Raises `LocalRuntimeError` for rules and targets that are of a kind that this machine does not know,
        after all others were seen to.
        """
        rules = {rule["Arn"]: rule for rule in await self._rules()}
        self._due = {arn: due for arn, due in self._due.items() if arn in rules}
        problems = []
        for arn, rule in rules.items():
            try:
                await self._follow(arn, rule)
            except LocalRuntimeError as error:
                problems.append(f"Rule {rule['Name']}: {error}")
        if problems:
            raise LocalRuntimeError("\n".join(problems))
        return True

    async def close(self) -> None:
        """Let go of events that functions still work on, or wait to be tried with again."""
        deliveries = list(self._deliveries)
        for delivery in deliveries:
            delivery.cancel()
        await asyncio.gather(*deliveries, return_exceptions=True)

    async def _rules(self) -> list[Mapping[str, Any]]:
        """The rules by the clock that are on; all stand on the default bus."""
        answer = await self._context.aws.collect("events", "list_rules")
        return [
            rule for rule in answer["Rules"] if rule.get("ScheduleExpression") and rule["State"] != "DISABLED"
        ]

    async def _follow(self, arn: str, rule: Mapping[str, Any]) -> None:
        expression, now = rule["ScheduleExpression"], time.monotonic()
        seconds = period(expression)
        due = self._due.get(arn)
        if due is None or due.expression != expression:
            self._due[arn] = Due(expression, now + seconds)
            self._notes.note(arn, self._due[arn])
        elif now >= due.at:
            self._due[arn] = Due(expression, now + seconds)
            await self._run(arn, rule)

    async def _run(self, arn: str, rule: Mapping[str, Any]) -> None:
        answer = await self._context.aws.collect("events", "list_targets_by_rule", Rule=rule["Name"])
        strange = [target["Arn"] for target in answer["Targets"] if not self._functions.has(target["Arn"])]
        for target in answer["Targets"]:
            if target["Arn"] not in strange:
                payload = target.get("Input") or json.dumps(event(arn))
                self._deliver(arn, target["Arn"], payload.encode())
        if strange:
            raise LocalRuntimeError(
                f"its targets {', '.join(strange)} are no functions that run here, which is all that a"
                " schedule invokes on this machine."
            )

    def _deliver(self, rule: str, function: str, payload: bytes) -> None:
        work = deliver(self._context.aws, self._functions, function, payload)
        delivery = asyncio.create_task(work, name=f"deliver to {function}")
        self._deliveries.add(delivery)
        delivery.add_done_callback(functools.partial(self._end, rule))

    def _end(self, rule: str, delivery: asyncio.Task[None]) -> None:
        self._deliveries.discard(delivery)
        if delivery.cancelled():
            return
        if rule in self._due:
            self._notes.note(rule, self._due[rule])
        if error := delivery.exception():
            logger.error("a scheduled event was lost: %s", error)


def period(expression: str) -> int:
    """Return the seconds between two runs of a `rate(...)`.

    Raises:
        LocalRuntimeError: it is another expression, or none.
    """
    match = RATE.fullmatch(expression)
    if match is None or not int(match[1]):
        raise LocalRuntimeError(
            f"it runs by {expression}, and this machine only follows rates such as rate(5 minutes)."
        )
    return int(match[1]) * SECONDS[match[2]]


def event(rule: str) -> dict[str, Any]:
    """Return what a target without an input of its own is told (EventBridge, "Scheduled event")."""
    _, _, _, region, account, _ = rule.split(":", 5)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": f"{timestamp(time.time())[:19]}Z",
        "region": region,
        "resources": [rule],
        "detail": {},
    }
