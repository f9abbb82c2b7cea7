"""The lifecycle script, against instance metadata, a service and an AWS CLI of our own."""

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.instance import lifecycle

COMPLETE = "aws autoscaling complete-lifecycle-action --region eu-central-1 "
COMPLETE += "--auto-scaling-group-name blueprint-dev-shop --instance-id i-0abc --lifecycle-hook-name {} "
COMPLETE += "--lifecycle-action-result CONTINUE"


class Metadata(http.server.BaseHTTPRequestHandler):
    """Answers as instance metadata version 2 does, and as a service at /live."""

    states: tuple[str, ...] = ()
    unwell = 0
    """How often the service answers that it is not alive yet."""

    def do_PUT(self) -> None:
        self._answer(200, "token")

    def do_GET(self) -> None:
        if self.path == "/live":
            type(self).unwell -= 1
            self._answer(503 if self.unwell >= 0 else 200, "")
        elif self.headers["X-aws-ec2-metadata-token"] != "token":
            self._answer(401, "")
        else:
            state, *others = self.states
            type(self).states = tuple(others) or (state,)
            self._answer(200 if state else 404, state)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
        """Say nothing."""

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


class Machine:
    """An instance: its disk, its metadata, and what it called."""

    def __init__(self, root: Path, port: int, metadata: type[Metadata]) -> None:
        self.root = root
        self.port = port
        self.metadata = metadata
        self.calls: list[str] = []
        self.pauses: list[float] = []
        (root / "etc/blueprint").mkdir(parents=True)
        (root / "var/lib/cloud/data").mkdir(parents=True)
        (root / "var/lib/cloud/data/instance-id").write_text("i-0abc\n")
        self.configure(launch_hook=False)

    def configure(self, *, launch_hook: bool) -> None:
        instance = {
            "service": "shop",
            "region": "eu-central-1",
            "port": self.port,
            "group": "blueprint-dev-shop",
            "health_path": "/live",
            "launch_hook": launch_hook,
        }
        (self.root / "etc/blueprint/instance.json").write_text(json.dumps(instance))

    def live(self, *states: str) -> None:
        """Run the script while the group wants these states, one after another."""
        self.metadata.states = states
        lifecycle.live(self.root, f"127.0.0.1:{self.port}")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    own = type("OwnMetadata", (Metadata,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), own) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        machine = Machine(tmp_path, server.server_address[1], own)

        def run(command: list[str], *, check: bool) -> None:
            assert not check, "a refusal must not end the script"
            machine.calls.append(" ".join(command))

        monkeypatch.setattr("infra.instance.lifecycle.subprocess.run", run)
        monkeypatch.setattr("infra.instance.lifecycle.time.sleep", machine.pauses.append)
        yield machine
        server.shutdown()


def test_an_instance_that_is_to_end_stops_its_service_and_then_says_that_it_may_go(machine: Machine) -> None:
    machine.live("InService", "InService", "Terminated")
    assert machine.calls == ["/usr/bin/systemctl stop shop.service", COMPLETE.format("drain")]
    assert machine.pauses == [lifecycle.POLL, lifecycle.POLL, lifecycle.LEAVE]


def test_the_last_requests_arrive_before_the_service_stops(machine: Machine) -> None:
    machine.live("Terminated")
    assert machine.pauses == [lifecycle.LEAVE]


def test_a_group_that_waits_is_told_once_the_service_answers(machine: Machine) -> None:
    machine.configure(launch_hook=True)
    machine.metadata.unwell = 2
    machine.live("Warmed:Stopped", "Warmed:Terminated")
    assert machine.calls[0] == COMPLETE.format("launch")
    assert machine.calls[1:] == ["/usr/bin/systemctl stop shop.service", COMPLETE.format("drain")]
    assert machine.pauses[:2] == [lifecycle.POLL] * 2


def test_metadata_that_does_not_answer_ends_nothing(machine: Machine) -> None:
    machine.live("", "", "Terminated")
    assert machine.pauses[:2] == [lifecycle.POLL] * 2


def test_nobody_listening_is_no_answer() -> None:
    assert lifecycle.ask("127.0.0.1:1", "GET", "/live") == (0, "")


def test_the_script_imports_nothing_of_this_project() -> None:
    script = Path(lifecycle.__file__)
    command = [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({str(script)!r})"]
    assert subprocess.run(command, check=False, capture_output=True).stderr == b""
