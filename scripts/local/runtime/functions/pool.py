"""The execution environments of one function: started ahead, added when all are busy, ended when idle."""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from scripts.local.runtime.functions.invocation import (
    FunctionThrottledError,
    Invocation,
    Request,
    describe,
)
from scripts.local.runtime.functions.trouble import SLOW, Trouble, failed, timed_out
from scripts.local.runtime.functions.worker import Worker
from scripts.local.runtime.supervisor import ProcessSpec, Supervisor

# Seconds that a request waits for a busy process before another one is started: that takes longer still.
GROW_AFTER = 0.1
# Seconds after which an additional process without work is ended.
KEEP_IDLE = 60.0
# Seconds that a request waits for a process. Lambda gives the initialisation ten; a busy laptop needs more.
START_PATIENCE = 180.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a function's processes are run.

    A request gets `timeout` seconds; there are `concurrency` processes at most; `make_spec` gives the
    specification of the process whose Runtime API is at the given `host:port`.
    """

    timeout: float
    concurrency: int
    make_spec: Callable[[str], ProcessSpec]


class Pool:
    """Hands requests to the processes of one function.

    One process is started ahead. While all are busy, another one is started for a request that has waited for
    a moment, up to the plan's concurrency; from there on requests wait for a while, where AWS answers
    TooManyRequestsException at once.
    """

    def __init__(self, name: str, supervisor: Supervisor, plan: Plan) -> None:
        self._name = name
        self._supervisor = supervisor
        self._plan = plan
        self._workers: list[Worker] = []
        self._idle: list[Worker] = []
        self._waiting: deque[asyncio.Future[Worker]] = deque()
        self._is_closed = False
        self.trouble: Trouble | None = None
        """What each invocation is made to suffer."""

    async def apply(self, plan: Plan) -> None:
        """Have the processes run by this plan; one that is busy is replaced by a later call."""
        self._plan = plan
        if not self._workers:
            self._add_worker()
        for worker in list(self._workers):
            await worker.ensure(plan.make_spec)
        self._notice_failed_starts()
        await self._end_surplus()

    async def invoke(self, request: Request) -> Invocation:
        """Run the request and return what comes of it. Raises `FunctionThrottledError`."""
        try:
            worker = await self._take()
        except _CannotStartError as error:
            return Invocation.raised(request, error.document)
        except TimeoutError as error:
            raise FunctionThrottledError(
                f"No process of function {self._name} became free within {START_PATIENCE:.0f} seconds: all"
                f" {len(self._workers)} are busy. Give it more reserved concurrency, or less to do."
            ) from error
        if self.trouble is not None:
            return await self._suffer(worker, request, self.trouble)
        return await worker.run(request, self._plan.timeout)

    async def _suffer(self, worker: Worker, request: Request, trouble: Trouble) -> Invocation:
        """Keep a worker busy for as long as the trouble takes, and return what comes of the request."""
        timeout = self._plan.timeout
        if trouble != "fail":
            await asyncio.sleep(timeout if trouble == "hang" else min(SLOW, timeout))
        if trouble == "slow" and timeout > SLOW and worker.is_idle:
            return await worker.run(request, timeout - SLOW)
        self.on_ready(worker)
        return failed(request) if trouble == "fail" else timed_out(request, timeout)

    @property
    def is_healthy(self) -> bool:
        """Whether a process has loaded the function."""
        return any(worker.status is not None and worker.status.healthy for worker in self._workers)

    @property
    def problems(self) -> list[str]:
        """Why no process can load the function; empty while one may."""
        document = self._start_error()
        return [f"Function {self._name} cannot be loaded: {describe(document)}"] if document else []

    async def close(self) -> None:
        """End all processes; requests end with an error."""
        self._is_closed = True
        self._refuse_waiting()
        await asyncio.gather(*(worker.close() for worker in self._workers))

    # What workers tell.

    def on_ready(self, worker: Worker) -> None:
        """Hand the worker to the request that waits longest, else keep it for the next one."""
        with contextlib.suppress(ValueError):
            self._idle.remove(worker)  # it was idle, died, and comes back
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(worker)
                return
        self._idle.append(worker)

    def on_init_error(self, worker: Worker) -> None:  # noqa: ARG002 - all count, whichever tells
        """Refuse the requests that wait when no process is left that may serve them."""
        if self._start_error() is not None:
            self._refuse_waiting()

    # Finding a worker for a request.

    async def _take(self) -> Worker:
        while True:
            while self._idle:
                worker = self._idle.pop()  # the one that worked last: the others may idle out
                if worker.is_idle:
                    return worker
            document = self._start_error()
            if document is not None:
                raise _CannotStartError(document)
            worker = await self._wait()
            if worker.is_idle:
                return worker

    async def _wait(self) -> Worker:
        waiting: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            if not (await asyncio.wait({waiting}, timeout=GROW_AFTER))[0]:
                await self._grow()
            async with asyncio.timeout(START_PATIENCE):
                return await waiting
        except BaseException:
            if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                self.on_ready(waiting.result())
            raise

    async def _grow(self) -> None:
        starting = sum(
            not (worker.is_idle or worker.is_busy or worker.init_error) for worker in self._workers
        )
        waiting = sum(not future.done() for future in self._waiting)
        if starting < waiting and len(self._workers) < self._plan.concurrency:
            await self._add_worker().ensure(self._plan.make_spec)

    def _add_worker(self) -> Worker:
        taken = {worker.name for worker in self._workers}
        names = (f"function-{self._name}-{number}" for number in range(len(taken) + 1))
        worker = Worker(next(name for name in names if name not in taken), self._supervisor, self)
        self._workers.append(worker)
        return worker

    async def _end_surplus(self) -> None:
        now = time.monotonic()
        for number, worker in enumerate(list(self._workers)):
            surplus = number >= self._plan.concurrency or (number > 0 and now - worker.idle_since > KEEP_IDLE)
            if surplus and worker.is_idle:
                self._workers.remove(worker)
                await worker.close()

    # Processes that do not come up.

    def _notice_failed_starts(self) -> None:
        """Learn of processes that end while they load the function, without a word to the Runtime API."""
        for worker in self._workers:
            status = worker.status
            if status and status.state == "failed" and not worker.init_error and not worker.is_busy:
                message = f"Runtime exited while it loaded the function: {status.detail}"
                worker.init_error = _document("Runtime.ExitError", message)
                self.on_init_error(worker)

    def _start_error(self) -> bytes | None:
        """Return why no process can serve requests, None while one may."""
        if self._is_closed:
            return _document("Runtime.ExitError", "The function was deleted")
        errors = [worker.init_error for worker in self._workers]
        return errors[0] if errors and all(errors) else None

    def _refuse_waiting(self) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_exception(_CannotStartError(self._start_error() or b""))


class _CannotStartError(Exception):
    """No process can load the function; `document` is the error document of the last that tried."""

    def __init__(self, document: bytes) -> None:
        super().__init__(document)
        self.document = document


def _document(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()
