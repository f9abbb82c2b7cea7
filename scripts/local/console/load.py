"""The load that somebody asks for on the page: a process of its own, which ends with the console."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


class Load:
    """Visitors of the shop; `latest` is what they last said of it."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self.wanted = 0
        self.latest: dict[str, Any] = {}

    async def set(self, visitors: int, site: str) -> None:
        """Have so many visitors at an address from now on."""
        if self._process is None or self._process.returncode is not None:
            await self._start(site)
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.write(f"{visitors}\n".encode())
            await process.stdin.drain()
        self.wanted = visitors

    async def close(self) -> None:
        """Have all leave."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()
        if self._listening is not None:
            await self._listening

    async def _start(self, site: str) -> None:
        command = [sys.executable, "-m", "scripts.local.load", site]
        self._process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdin=PIPE, stdout=PIPE, env={}
        )
        self._listening = asyncio.create_task(self._listen(self._process))

    async def _listen(self, process: Process) -> None:
        if process.stdout is not None:
            async for line in process.stdout:
                self.latest = json.loads(line)
        self.latest, self.wanted = {}, 0
