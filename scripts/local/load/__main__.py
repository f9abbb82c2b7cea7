"""Makes load until its input ends: each line is the number of visitors from then on; each second it reports.

`python -m scripts.local.load http://127.0.0.1:8000`
"""

import json
import sys
from urllib.parse import urlsplit

import gevent
from gevent.fileobject import FileObjectThread
from locust.env import Environment
from locust.runners import LocalRunner

from scripts.local.load import MOST
from scripts.local.load.visitors import Buyer, Visitor
from scripts.local.runtime.ports import HOST

REPORT = 1.0  # seconds


def main() -> None:
    """Follow the input."""
    [address] = sys.argv[1:]
    if urlsplit(address).hostname != HOST:
        sys.exit(f"{address} is not on this machine: load is made on 127.0.0.1 alone.")
    environment = Environment(user_classes=[Visitor, Buyer], host=address)
    runner = environment.create_local_runner()
    reporting = gevent.spawn(_report, environment, runner)
    for line in FileObjectThread(sys.stdin.fileno(), "r", closefd=False):
        _set(runner, min(int(line), MOST))
    reporting.kill()
    runner.quit()


def _set(runner: LocalRunner, users: int) -> None:
    if users:
        runner.start(users, spawn_rate=max(users / 2, 1))
    else:
        runner.stop()


def _report(environment: Environment, runner: LocalRunner) -> None:
    failures = 0
    while True:
        gevent.sleep(REPORT)
        total = environment.stats.total
        told = {
            "users": runner.user_count,
            "requests": total.current_rps,
            "failures": total.num_failures - failures,
            "p95": total.get_current_response_time_percentile(0.95),
        }
        failures = total.num_failures
        sys.stdout.write(f"{json.dumps(told)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
