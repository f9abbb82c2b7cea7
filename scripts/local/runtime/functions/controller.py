"""The deployed Lambda functions as processes on this machine."""

import asyncio
import re
import signal
import time
from typing import Any

from scripts.local import environment
from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.functions import lambda_runtime
from scripts.local.runtime.functions.deployed import DeployedFunction, unpack
from scripts.local.runtime.functions.environment import reserved_variables
from scripts.local.runtime.functions.invocation import (
    MAX_PAYLOAD,
    FunctionNotFoundError,
    Invocation,
    Request,
)
from scripts.local.runtime.functions.period import Period
from scripts.local.runtime.functions.pool import Plan, Pool
from scripts.local.runtime.functions.trouble import Trouble
from scripts.local.runtime.interpreter import base_interpreter
from scripts.local.runtime.supervisor import ProcessSpec
from scripts.local.runtime.tally import Tally
from scripts.local.runtime.unpacked import FUNCTIONS, Unpacked

# Seconds before the first restart of a process that ended; the supervisor doubles it from there.
RESTART_DELAY = 0.2
# Lambda API, Invoke, FunctionName: a name, a partial or a full ARN, each with an optional qualifier.
FUNCTION_NAME = re.compile(r"(?:.*:?function:)?([\w-]+)(?::[\w$-]+)?")


class Functions:
    """Keeps the processes of every deployed function, and invokes them.

    One version of a function runs here, `$LATEST`: every version and alias stands for it.
    """

    name = "functions"
    after: tuple[str, ...] = ("databases", "caches")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._unpacked = Unpacked(context.state / FUNCTIONS)
        self._runtime = context.state / "functions" / "runtime"
        self._client: tuple[str, ...] = ()
        self._listed: dict[str, Any] = {}
        self._functions: dict[str, DeployedFunction] = {}
        self._pools: dict[str, Pool] = {}
        self._invocations: set[asyncio.Task[Invocation]] = set()
        self.tally = Tally(Period)

    async def reconcile(self) -> bool:
        """Have every deployed function's processes run its present code and settings.

        Raises `LocalRuntimeError` for functions that cannot run here, after all others were seen to.
        """
        if not self._client:
            self._client = await asyncio.to_thread(lambda_runtime.build, self._runtime)
        listed = {item["FunctionName"]: item for item in await self._list()}
        for name in self._pools.keys() - listed.keys():
            await self._remove(name)
        problems = []
        for name, item in listed.items():
            try:
                await self._apply(name, item)
            except LocalRuntimeError as error:
                problems.append(str(error))
            else:
                problems += self._pools[name].problems
        if problems:
            raise LocalRuntimeError("\n".join(problems))
        return all(pool.is_healthy for pool in self._pools.values())

    async def invoke(self, name_or_arn: str, payload: bytes) -> Invocation:
        """Invoke a function with a JSON document and return what came of it, be it an error.

        The invocation goes on when the caller is cancelled, as Lambda's do. One that never began raises
        `FunctionNotFoundError` or `FunctionThrottledError`.
        """
        name = self._resolve(name_or_arn)
        request = Request(payload=payload, arn=self._functions[name].arn)
        if len(payload) > MAX_PAYLOAD:
            message = f"A payload of {len(payload)} bytes is too large for Invoke (limit {MAX_PAYLOAD} bytes)"
            return Invocation.ended(request, "RequestEntityTooLargeException", message)
        task = asyncio.create_task(self._invoke(name, request), name=f"invoke {name}")
        self._invocations.add(task)
        task.add_done_callback(self._invocations.discard)
        return await asyncio.shield(task)

    async def _invoke(self, name: str, request: Request) -> Invocation:
        started = time.monotonic()
        invocation = await self._pools[name].invoke(request)
        took = (time.monotonic() - started) * 1000
        self.tally.of(name).note(took, failed=invocation.error is not None)
        return invocation

    def note_age(self, name_or_arn: str, seconds: float) -> None:
        """Note how long ago the last record of a stream's batch had come in, which the function is given."""
        self.tally.of(self._resolve(name_or_arn)).ages.append(seconds * 1000)

    def trouble(self, name: str, trouble: Trouble | None) -> list[str]:
        """Have functions that are called so, or end so, suffer from now on, or nothing; return their names.

        Raises:
            FunctionNotFoundError: none is called so.
        """
        found = [known for known in sorted(self._pools) if known == name or known.endswith(name)]
        if not found:
            raise self._not_found(name)
        for known in found:
            self._pools[known].trouble = trouble
        return found

    def has(self, name_or_arn: str) -> bool:
        """Tell whether a function can be invoked by this name or ARN."""
        return self._find(name_or_arn) is not None

    def role(self, name_or_arn: str) -> str:
        """Return the ARN of the role that a function runs under. Raises `FunctionNotFoundError`."""
        return self._functions[self._resolve(name_or_arn)].role

    async def close(self) -> None:
        """End all functions; invocations that still run end with an error."""
        await asyncio.gather(*(self._remove(name) for name in list(self._pools)))
        await asyncio.gather(*self._invocations, return_exceptions=True)

    def _find(self, name_or_arn: str) -> str | None:
        match = FUNCTION_NAME.fullmatch(name_or_arn)
        return match[1] if match is not None and match[1] in self._pools else None

    def _resolve(self, name_or_arn: str) -> str:
        name = self._find(name_or_arn)
        if name is not None:
            return name
        raise self._not_found(name_or_arn)

    def _not_found(self, name: str) -> FunctionNotFoundError:
        deployed = ", ".join(sorted(self._pools)) or "none"
        return FunctionNotFoundError(f"Function not found: {name}. Deployed are: {deployed}.")

    async def _list(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        marker: dict[str, str] = {}
        while True:
            page = await self._context.aws.call("lambda", "list_functions", **marker)
            found += page["Functions"]
            if not page.get("NextMarker"):
                return found
            marker = {"Marker": page["NextMarker"]}

    async def _apply(self, name: str, item: dict[str, Any]) -> None:
        if self._listed.get(name) != item:
            answer = await self._context.aws.call("lambda", "get_function", FunctionName=name)
            self._functions[name] = DeployedFunction.of(answer)
            self._listed[name] = item
        plan = await self._plan(self._functions[name])
        if name not in self._pools:
            self._pools[name] = Pool(name, self._context.supervisor, plan)
        await self._pools[name].apply(plan)

    async def _plan(self, function: DeployedFunction) -> Plan:
        context = self._context
        code = await asyncio.to_thread(unpack, function, context.aws, self._unpacked)
        own = {name: context.addresses.translate(value) for name, value in function.variables.items()}

        def make_spec(api: str) -> ProcessSpec:
            return ProcessSpec(
                name=f"function-{function.name}",
                role="function",
                command=[*base_interpreter(), *self._client, function.handler],
                directory=code,
                environment={
                    **own,
                    **environment(context.aws.endpoint, function.name),
                    **reserved_variables(function, code=code, runtime=self._runtime, api=api),
                },
                restart_delay=RESTART_DELAY,
                # Lambda developer guide, "Lambda execution environment lifecycle: shutdown phase": without
                # extensions, the process gets no time to shut down.
                stop_signal=signal.SIGKILL,
            )

        return Plan(timeout=function.timeout, concurrency=function.concurrency, make_spec=make_spec)

    async def _remove(self, name: str) -> None:
        self._listed.pop(name, None)
        pool = self._pools.pop(name, None)
        if pool is not None:
            await pool.close()
