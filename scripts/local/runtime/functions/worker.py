"""One execution environment: a supervised process, and the Runtime API that it alone talks to.

The Lambda developer guide describes it in "Using the Lambda runtime API for custom runtimes". Its client is
told a `host:port` and no path, so each process has a port of its own: that tells who asks.
"""

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from scripts.local.runtime import logs
from scripts.local.runtime.functions.http_server import (
    Headers,
    HttpServer,
    Receive,
    Scope,
    Send,
    read_body,
    respond,
    wait_for_disconnect,
)
from scripts.local.runtime.functions.invocation import MAX_PAYLOAD, Invocation, Request, describe
from scripts.local.runtime.functions.trouble import timed_out
from scripts.local.runtime.supervisor import ProcessSpec, ProcessStatus, Supervisor

logger = logging.getLogger(__name__)

PREFIX = "/2018-06-01/runtime/"
# Seconds between looks at whether the process that works on a request still lives.
WATCH_INTERVAL = 0.1
# Bytes. Lambda API, Invoke: "LogResult: the last 4 KB of the execution log".
LOG_TAIL = 4 * 2**10


class Owner(Protocol):
    """Who hands requests to workers."""

    def on_ready(self, worker: "Worker") -> None:
        """Learn that the worker waits for a request."""

    def on_init_error(self, worker: "Worker") -> None:
        """Learn that the worker's process could not load the function; `worker.init_error` says why."""


@dataclasses.dataclass(frozen=True)
class _Task:
    """A request that the process works on; the deadline is in milliseconds since the epoch."""

    request: Request
    deadline_ms: int
    outcome: asyncio.Future[Invocation]

    def end(self, invocation: Invocation) -> None:
        if not self.outcome.done():
            self.outcome.set_result(invocation)


class Worker:
    """One process of a function. It works on one request at a time, as Lambda's environments do."""

    def __init__(self, name: str, supervisor: Supervisor, owner: Owner) -> None:
        self.name = name
        self.init_error: bytes | None = None
        """The error document of the process that could not load the function, until one can."""
        self.idle_since = time.monotonic()
        self._supervisor = supervisor
        self._owner = owner
        self._spec: ProcessSpec | None = None
        self._server = HttpServer(self._serve)
        self._poll: asyncio.Future[_Task] | None = None
        self._task: _Task | None = None

    @property
    def is_idle(self) -> bool:
        """Whether the process waits for a request."""
        return self._poll is not None

    @property
    def is_busy(self) -> bool:
        """Whether the process works on a request."""
        return self._task is not None

    @property
    def status(self) -> ProcessStatus | None:
        """What the supervisor knows of the process; None before its first start."""
        return next((status for status in self._supervisor.statuses() if status.name == self.name), None)

    async def ensure(self, make_spec: Callable[[str], ProcessSpec]) -> None:
        """Have the process run as `make_spec(address of the Runtime API)` says; a changed one is replaced.

        A busy process may finish first: call this again later.
        """
        spec = dataclasses.replace(make_spec(self._server.address), name=self.name)
        if spec != self._spec and not self.is_busy:
            self._spec, self._poll, self.init_error = spec, None, None
            await self._supervisor.ensure(spec)

    async def close(self) -> None:
        """End the process and its Runtime API."""
        self._poll = None
        await self._supervisor.stop(self.name)
        await self._server.close()

    async def run(self, request: Request, seconds: float) -> Invocation:
        """Have the idle process work on the request, for so many seconds at most.

        A process that takes longer is killed and replaced, as Lambda does.
        """
        if self._poll is None:
            raise RuntimeError(f"{self.name} is not idle")
        deadline_ms = int((time.time() + seconds) * 1000)
        task = _Task(request, deadline_ms, asyncio.get_running_loop().create_future())
        log, start = self._log_end()
        self._task, poll, self._poll = task, self._poll, None
        poll.set_result(task)
        try:
            async with asyncio.timeout(seconds):
                invocation = await self._watch(task)
        except TimeoutError:
            invocation = timed_out(request, seconds)
            await self._restart()
        finally:
            self._task = None
        return dataclasses.replace(invocation, log=_tail(log, start))

    async def _watch(self, task: _Task) -> Invocation:
        """Return what comes of the task, also when its process ends without a word."""
        before = self.status
        while True:
            await asyncio.wait([task.outcome], timeout=WATCH_INTERVAL)
            if task.outcome.done():
                return task.outcome.result()
            now = self.status
            if before is None or now is None or now.pid != before.pid:
                return _exited(task.request, now.detail if now else "")

    async def _restart(self) -> None:
        await self._supervisor.stop(self.name)
        if self._spec is not None:
            await self._supervisor.ensure(self._spec)

    def _log_end(self) -> tuple[Path, int]:
        status = self.status
        path = Path(status.log) if status else Path()
        return path, logs.size(path)

    # The Runtime API.

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(PREFIX).split("/")
        match scope["method"], path:
            case "GET", ["invocation", "next"]:
                await self._serve_next(receive, send)
            case "POST", ["invocation", request_id, ("response" | "error") as kind]:
                await self._serve_outcome(request_id, kind, await read_body(receive), send)
            case "POST", ["init", "error"]:
                await self._serve_init_error(await read_body(receive), send)
            case _:
                await respond(send, 404, b"")

    async def _serve_next(self, receive: Receive, send: Send) -> None:
        """Answer the process's question for work when there is some; this may take forever."""
        if self._task is not None:  # a process that has not answered and asks again is a new one
            self._task.end(_exited(self._task.request, ""))
        poll: asyncio.Future[_Task] = asyncio.get_running_loop().create_future()
        self._poll, self.init_error, self.idle_since = poll, None, time.monotonic()
        self._supervisor.report_health(self.name, healthy=True)
        self._owner.on_ready(self)
        gone = asyncio.create_task(wait_for_disconnect(receive))
        try:
            either: set[asyncio.Future[Any]] = {poll, gone}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if self._poll is poll:
                self._poll = None
        if poll.done():
            task = poll.result()
            await respond(send, 200, task.request.payload, _headers(task))

    async def _serve_outcome(self, request_id: str, kind: str, body: bytes, send: Send) -> None:
        task = self._task
        if task is None or task.request.id != request_id:
            await respond(
                send, 400, b'{"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"}'
            )
        elif len(body) > MAX_PAYLOAD:
            message = (
                f"Response payload size ({len(body)} bytes) exceeded maximum allowed payload size"
                f" ({MAX_PAYLOAD} bytes)."
            )
            task.end(Invocation.ended(task.request, "Function.ResponseSizeTooLarge", message))
            await respond(send, 413, b'{"errorType": "RequestEntityTooLarge", "errorMessage": ""}')
        else:
            raised = kind == "error"
            request = task.request
            task.end(
                Invocation.raised(request, body)
                if raised
                else Invocation(request_id=request.id, payload=body)
            )
            await respond(send, 202, b'{"status": "OK"}')

    async def _serve_init_error(self, body: bytes, send: Send) -> None:
        logger.warning("%s could not load its function: %s", self.name, describe(body))
        self.init_error = body
        self._supervisor.report_health(self.name, healthy=False, detail=describe(body))
        self._owner.on_init_error(self)
        await respond(send, 202, b'{"status": "OK"}')


def _headers(task: _Task) -> Headers:
    request = task.request
    return [
        (b"content-type", b"application/json"),
        (b"lambda-runtime-aws-request-id", request.id.encode()),
        (b"lambda-runtime-deadline-ms", str(task.deadline_ms).encode()),
        (b"lambda-runtime-invoked-function-arn", request.arn.encode()),
        (b"lambda-runtime-trace-id", request.trace.encode()),
    ]


def _exited(request: Request, detail: str) -> Invocation:
    reason = f"with error: {detail}" if detail else "without providing a reason"
    return Invocation.ended(request, "Runtime.ExitError", f"Runtime exited {reason}")


def _tail(log: Path, start: int) -> str:
    """Return the last 4 KB of what was logged from byte `start` on, unless the log was emptied meanwhile."""
    end = logs.size(log)
    if end == 0:
        return ""
    with log.open("rb") as file:
        file.seek(max(start if start <= end else 0, end - LOG_TAIL))
        return file.read().decode(errors="replace")
