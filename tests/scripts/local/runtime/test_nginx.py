"""nginx is the real one, in a folder of its own."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import Ports
from scripts.local.runtime.servers import nginx
from tests.waiting import PATIENCE, wait_until

ANSWER = 'server {{ listen 127.0.0.1:{port}; location / {{ return 200 "{text}"; }} }}'


def test_a_rewritten_configuration_is_taken_over_without_a_restart(tmp_path: Path) -> None:
    port = Ports().take("site")
    url = f"http://127.0.0.1:{port}/"
    with nginx.running(tmp_path, ANSWER.format(port=port, text="one"), port) as master:
        assert httpx.get(url, timeout=PATIENCE).text == "one"
        assert nginx.write(tmp_path, ANSWER.format(port=port, text="two"))
        assert not nginx.write(tmp_path, ANSWER.format(port=port, text="two"))
        os.kill(master, signal.SIGHUP)
        wait_until(lambda: httpx.get(url, timeout=PATIENCE).text == "two")
    assert not nginx.listens(port)


def test_a_machine_without_nginx_gets_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(nginx, "WHEEL", "no_such_package")
    with pytest.raises(LocalRuntimeError, match="No nginx: it is not on the PATH"):
        nginx.find()
