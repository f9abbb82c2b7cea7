"""`blueprint local up`: build, deploy, start, seed, wait until all is healthy; all of it, or nothing runs."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import signal
import threading
import time
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from rich.console import Console

from scripts.build import build
from scripts.errors import UserError
from scripts.local import REGION
from scripts.local.daemons import is_led, last_words, running_aws, start_aws, start_runtime
from scripts.local.instances import run_on_instance
from scripts.local.ledger import Ledger
from scripts.local.people import add_people
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.election import FILE as LEADER_LOCK
from scripts.local.runtime.ports import Ports
from scripts.local.runtime.preparation import find_programs
from scripts.local.runtime.servers.unprivileged import remove_scratch
from scripts.local.runtime.unpacked import FUNCTIONS, RELEASES, Unpacked
from scripts.local.status import read_status
from scripts.media.key import make_key
from scripts.project import Project
from scripts.site.publishing import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from scripts.local.engine import Deployment

# What outlives `down`: what was said, what need not be unpacked again, and locks: one that is made anew is
# another one.
KEPT = ("logs", "cache", "lock", LEADER_LOCK)
HEALTHY_DEADLINE = 300.0  # seconds; a warm start takes about 20, one on a machine at its limit minutes


class UpError(UserError):
    """The local cloud did not come up."""


class Progress:
    """Prints a line for each step when it is done, and keeps how long each took (`seconds`, by step)."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._console = Console(stderr=True, highlight=False)

    @contextmanager
    def step(self, name: str, doing: str) -> Iterator[list[str]]:
        """Show `doing` while the step runs; then print what the step appended to the list it was given."""
        said: list[str] = []
        started = time.monotonic()
        with self._console.status(f"{name:<13} {doing}"):
            yield said
        self.seconds[name] = round(time.monotonic() - started, 2)
        self._console.print(
            f"{name:<13} {'; '.join(said)} [dim]({self.seconds[name]:.1f} s)[/]", soft_wrap=True
        )

    def say(self, line: str) -> None:
        self._console.print(line)


def bring_up(
    *, root: Path, stack: str, state: Path, ports: Mapping[str, int], progress: Progress
) -> dict[str, Any]:
    """Bring the stack to life below `state` and return its status, or raise UserError and leave nothing."""
    with _exclusively(state):
        if is_led(state):
            progress.say("already up: this is what runs and where; `make down` ends it")
            return _wait_until_healthy(state, progress)
        _clear(state, progress)
        Ports(ports).check()
        with _all_or_nothing(lambda: _end_all(state)):
            return _bring_up(root, stack, state, ports, progress)


def _bring_up(
    root: Path, stack: str, state: Path, ports: Mapping[str, int], progress: Progress
) -> dict[str, Any]:
    Project.load(root).config(stack)  # an unknown stack is told before anything is built or started
    find_programs()
    # Pulumi takes seconds to import: it does so while the artifacts are built and the local AWS starts.
    importing = threading.Thread(target=_import_program, daemon=True)
    importing.start()
    with progress.step("artifacts", "building") as said:
        said.append(_build(root))
    with progress.step("local AWS", "starting") as said:
        endpoint = start_aws(state, ports)
        said.append(endpoint)
    # Started before the deploy: PostgreSQL initialises while the resources are created.
    start_runtime(state, endpoint, ports)
    with progress.step("deploy", f"creating the resources of stack {stack}") as said:
        importing.join()
        deployment = _deploy(root, stack, endpoint)
        said.append(f"{deployment.resources} resources of stack {stack}")
    status = _wait_until_healthy(state, progress, since=time.time())
    with progress.step("shop", "publishing the storefront and seeding products") as said:
        bucket = str(deployment.outputs["site_bucket"])
        said.append(f"{len(publish(Aws(endpoint, REGION).client('s3'), bucket).files)} files published")
        said.append(run_on_instance(state, "app.seed"))
    with progress.step("people", "making accounts to try the shop with") as said:
        pool = str(deployment.outputs["identity_issuer"]).rpartition("/")[2]
        said.append(add_people(Aws(endpoint, REGION).client("cognito-idp"), pool))
    return status


def bring_down(state: Path) -> int:
    """End every process recorded below `state`, remove the data, keep the logs; return how many."""
    with _exclusively(state):
        return _end_all(state)


def start_local_aws(state: Path, ports: Mapping[str, int]) -> str:
    """Return the endpoint of the local AWS, started if it does not run yet."""
    with _exclusively(state):
        return running_aws(state) or start_aws(state, ports)


def bring_to_life(
    state: Path, ports: Mapping[str, int], endpoint: str | None, progress: Progress
) -> dict[str, Any]:
    """Start the runtime on what is deployed at `endpoint`, by default the local AWS of `state`."""
    with _exclusively(state):
        endpoint = endpoint or running_aws(state)
        if endpoint is None:
            raise UpError(
                "no local AWS runs here. Start one with `blueprint local aws`, deploy into it, then rerun."
            )
        if is_led(state):
            return _wait_until_healthy(state, progress)
        with _all_or_nothing(lambda: _end_runtime(state)):
            start_runtime(state, endpoint, ports)
            return _wait_until_healthy(state, progress)


@contextmanager
def _exclusively(state: Path) -> Iterator[None]:
    """Hold the lock of the state folder: two `up` or `down` at once would end each other's processes."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = (state / "lock").open("w")
    except OSError as error:
        raise UpError(
            f"cannot write {error.filename}: {error.strerror}. Use a folder that is yours (--state FOLDER)."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UpError(
                f"another `blueprint local` command works in {state}. Wait for it to end, then try again."
            ) from error
        yield


@contextmanager
def _all_or_nothing(end: Callable[[], object]) -> Iterator[None]:
    """Call `end` when the block fails or is interrupted, by Ctrl-C or SIGTERM."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except BaseException:
        end()
        raise
    finally:
        signal.signal(signal.SIGTERM, previous)


def _clear(state: Path, progress: Progress) -> None:
    """End what an earlier, killed run left behind, so that this one starts from nothing."""
    if running_aws(state) and not (state / "status.json").exists():
        raise UpError(
            "a local AWS runs here by itself, perhaps with a deployment of yours. Bring that to life with "
            "`blueprint local run`, or end it with `blueprint local down`."
        )
    ended = _end_all(state)
    if ended:
        progress.say(f"cleared       {ended} processes that an earlier run left behind")
    shutil.rmtree(state / "logs", ignore_errors=True)
    for folder in (RELEASES, FUNCTIONS):
        Unpacked(state / folder).prune()


def _end_all(state: Path) -> int:
    """End every recorded process, remove their data, and return how many there were."""
    ledger = Ledger(state)
    ended = sum(ledger.is_alive(entry) for entry in ledger.entries())
    ledger.end_all()
    remove_scratch(state)
    for path in state.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return ended


def _end_runtime(state: Path) -> None:
    """End the runtime and what it started; the local AWS and what is deployed there stay."""
    ledger = Ledger(state)
    ledger.end_runtimes()
    ledger.end([entry for entry in ledger.entries() if entry.role != "aws"])


def _build(root: Path) -> str:
    said: list[str] = []
    build("local", root, root / "dist", on_progress=said.append)
    return ", ".join(said)


def _import_program() -> None:
    with contextlib.suppress(Exception):  # the deployment imports it again, and says what is wrong with it
        import_module("infra.stack")


def _deploy(root: Path, stack: str, endpoint: str) -> Deployment:
    import pulumi  # noqa: PLC0415 - takes seconds, and every other command does without

    from scripts.local.engine import deploy  # noqa: PLC0415

    # What an operator makes once for a stack: a key for private media.
    key = make_key(Aws(endpoint, REGION).client("secretsmanager"), "media-key")
    try:
        return deploy(stack=stack, root=root, endpoint=endpoint, added={"cdn": {"media_keys": [key]}})
    except pulumi.RunError as error:  # how the program itself says what its user can mend
        raise UpError(str(error)) from None


def _wait_until_healthy(state: Path, progress: Progress, since: float = 0.0) -> dict[str, Any]:
    """Return the status once all is healthy that was deployed at `since` (seconds since the epoch).

    Raises UpError when a process gives up or the deadline passes.
    """
    deadline = time.monotonic() + HEALTHY_DEADLINE
    with progress.step("runtime", "waiting until all is healthy") as said:
        status = read_status(state)
        while not (status["healthy"] and status["seen_at"] >= since):
            _require_progress(state, status, deadline)
            time.sleep(0.1)
            status = read_status(state)
        said.append(f"{len(status['processes'])} processes, all healthy")
    return status


def _require_progress(state: Path, status: dict[str, Any], deadline: float) -> None:
    """Raise UpError when waiting longer is in vain, with the reason where there is one."""
    if not is_led(state):
        log = state / "logs" / "runtime.log"
        raise UpError(f"the runtime ended while it started (log: {log}):\n{last_words(str(log))}")
    for process in status["processes"]:
        if process["state"] == "failed":
            raise UpError(f"{process['name']} does not start: {process['detail']}\nIts log: {process['log']}")
    if time.monotonic() > deadline:
        waiting = [process["name"] for process in status["processes"] if not process["healthy"]]
        raise UpError(
            f"not healthy within {HEALTHY_DEADLINE:.0f} s: {', '.join(waiting) or 'nothing started'}. "
            f"Read why with `blueprint local logs`, or in {state / 'logs'}."
        )
